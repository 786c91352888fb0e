"""What the check of a draft finds, like a careful colleague: what, why, and what to write instead."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Severity(StrEnum):
    """Errors stop the insert, hints do not."""

    ERROR = "error"
    HINT = "hint"


class Span(msgspec.Struct, frozen=True):
    """Where it stands: characters `start` to `end` of the subject or the body as they were given."""

    where: Literal["subject", "body"]
    start: int
    end: int


class Finding(msgspec.Struct, frozen=True):
    """One finding. `words` are what the rule's sentence names; the sentences themselves are the screens'."""

    rule: str  # an id of server.replies.check
    severity: Severity
    place: Span
    quote: str = ""  # the text it is about, at most 60 characters
    replacement: str | None = None  # what to put in its place; None where a person must decide, "" takes it out
    words: dict[str, str] = {}
    rank: int = 0  # lower is more serious, errors before hints

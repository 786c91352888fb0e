"""What was worked out from one incoming mail: all that is kept of it besides its subject and snippet."""

from __future__ import annotations

from typing import Literal

import msgspec

Feeling = Literal["dissatisfied", "urgent", "churn"]


class Sign(msgspec.Struct, frozen=True):
    """How sure one head is (0 to 1) and the sentence that decided it, at most 120 characters."""

    score: float
    sentence: str = ""


class Mood(msgspec.Struct, frozen=True):
    """The three heads' words. Thresholds stand beside the heads (server.replies.mood)."""

    dissatisfied: Sign = Sign(0.0)
    urgent: Sign = Sign(0.0)
    churn: Sign = Sign(0.0)  # about to leave


class Deadline(msgspec.Struct, frozen=True):
    """A time by which the customer wants something, as the mail says it (`text`) and as seconds since the epoch.

    `timed` is False where only a day was named: then it is the end of that day.
    """

    text: str
    at: int
    timed: bool = False


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """One incoming mail, read by the model named here. Vectors of different models are never compared."""

    model: str
    vector: bytes  # int16, little-endian, one unit vector times 32767 (server.replies.vectors)
    language: str = ""
    category: str = ""  # an id of server.domain.categories, "" when none fits
    mood: Mood = Mood()
    deadlines: tuple[Deadline, ...] = ()
    present: dict[str, str] = {}  # details the mail gives: kind -> value (server.replies.details)
    missing: tuple[str, ...] = ()  # kinds of details that an answer needs and the mail lacks
    corrected: tuple[Feeling, ...] = ()  # what an agent said is not so

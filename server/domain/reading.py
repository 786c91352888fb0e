"""What is waiting to be read of a mail, and what is known of it at an open: beside the conversation, never part of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from server.domain.understanding import Understood

Use = Literal["as_is", "edited"]


class ToRead(msgspec.Struct, frozen=True):
    """A mail's new text on its way to the worker. It is kept sealed, and goes when it has been read."""

    subject: str
    text: str  # at most 8,000 characters
    date: int  # seconds, as the mail says
    language: str
    teams: tuple[str, ...]
    told: bool = True  # open panes want to know; an import tells nobody


class Pick(msgspec.Struct, frozen=True):
    """Somebody answered a mail with a template. `changed` is how much of the filled text was edited, in thousandths."""

    id: str
    by: str
    at: int
    template: str
    how: Use
    changed: int = 0
    team: str = ""
    conversation: str = ""
    model: str = ""  # whose vector was learned, "" when nothing was


class Solved(msgspec.Struct, frozen=True):
    """A conversation like the open one that the team has brought to an end, and what answered it."""

    id: str
    subject: str
    customer: str
    snippet: str = ""
    active: int = 0
    handler: str = ""
    template: str = ""  # that its last answer was made of
    reply: str = ""  # the answer itself, sealed, where the workspace keeps answers


class Reading(msgspec.Struct, frozen=True):
    """What the records say about answering the open mail. The two numbers tell a copy that what it holds in memory is old."""

    model: str = ""  # that reads mails now; "" before a worker has ever run
    templates: int = 0
    learned: int = 0  # by the conversation's own team
    waiting: bool = False  # the mail is on its way to the worker
    picks: tuple[Pick, ...] = ()
    understood: Understood | None = None
    given: tuple[str, ...] = ()  # ids of benefits that the customer had in the last thirty days, one for each time
    similar: tuple[Solved, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether the mail must be read again: it never was, or by another model."""
        return bool(self.model) and not self.waiting and (not self.understood or self.understood.model != self.model)

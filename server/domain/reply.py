"""A reply before it is a draft: whom it goes to, what it says, and which mail it answers."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from server.domain.mail import Address


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to one mail, as plain text. Ids stand as the answered mail wrote them, brackets included."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str  # the whole body, signature and quoted original included; LF line ends
    sender: Address | None = None  # None: as the mailbox's own account
    in_reply_to: str = ""
    references: tuple[str, ...] = ()  # oldest first, the answered mail's own id last
    thread: str = ""  # the mailbox's name for the thread it belongs to


class Drafted(msgspec.Struct, frozen=True):
    """Where a draft lies in the agent's mailbox."""

    id: str
    thread: str

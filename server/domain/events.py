"""What arrives: who is asking (Identity) and what happened in their mail client (Event), the same for every host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from server.domain.crm import Attachment
from server.domain.mail import Address, Mail
from server.domain.reply import Drafted, Reply


@dataclass(frozen=True, slots=True)
class Identity:
    """One verified account. Only (provider, tenant, subject) identify it; the rest is what the token says besides."""

    provider: Literal["google", "entra"]
    tenant: str  # Google: verified hd ("" for consumer accounts); Entra: tid
    subject: str  # Google: sub; Entra: oid
    email: str  # Google: verified e-mail; Entra: preferred_username; lower-cased; "" when absent
    name: str = ""
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a mail lies in one mailbox; good only there, and only to find again what was read once."""

    host: str  # "gmail" | "outlook"
    mailbox: str  # the account's subject
    id: str


MailSource = Callable[[], Mail]
"""Reads the open mail, at most once per call; raises MailUnavailable."""


@dataclass(frozen=True, slots=True)
class Files:
    """The attachments of a mail; `left`: names of those that were too large, or could not be had."""

    files: tuple[Attachment, ...] = ()
    left: tuple[str, ...] = ()


FILES_MOST: int = 4 * 1024 * 1024
"""Bytes of attachments that go along together."""

FileSource = Callable[[], Files]
"""Reads the open mail's attachments, as many as fit into FILES_MOST; raises MailUnavailable, ConsentNeeded."""


Need = Literal["read", "draft", "recipients"]
"""What an agent may or may not grant, one by one."""


class Mailbox(Protocol):
    """What a host lets us do, for one request, in the mailbox of the agent who made it."""

    def require(self, need: Need) -> None:
        """Raise ConsentNeeded when it is known already that the agent has not granted this."""

    def draft(self, reply: Reply) -> Drafted:
        """Make a draft in the open thread. Raises DraftUnavailable, ConsentNeeded."""

    def files(self) -> Files:
        """Return the open mail's attachments, as many as fit. Raises MailUnavailable, ConsentNeeded."""

    def sent(self) -> tuple[Mail, ...]:
        """Return what this account has sent in the open thread, without texts. Raises MailUnavailable, ConsentNeeded."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the agent sits: language ("ja", "en" or "" when the host does not say) and IANA time zone ("" likewise)."""

    language: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """An agent looks at a mail. `thread` is the mailbox's name for its thread, good in this mailbox only."""

    place: Place
    mail: MailSource = field(compare=False)
    pointer: Pointer | None = field(default=None, compare=False)
    thread: Pointer | None = field(default=None, compare=False)
    mailbox: Mailbox | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Home:
    """An agent looks at the sidebar with no mail open."""

    place: Place


@dataclass(frozen=True, slots=True)
class Window:
    """An open compose window: to whom it writes, and which mail it answers, as far as the client says.

    `answers` is the answered Message-ID, normalised; `thread` points at the thread in this mailbox; `replying`: words are being written.
    """

    recipients: tuple[Address, ...] = ()
    answers: str = ""
    thread: Pointer | None = None
    subject: str = ""
    replying: bool = False
    known: bool = True  # False: the client may not tell the recipients (a permission was not granted)


@dataclass(frozen=True, slots=True)
class Compose:
    """An agent looks at the sidebar of a compose window."""

    place: Place
    window: Window


@dataclass(frozen=True, slots=True)
class Settings:
    """An agent looks at their settings."""

    place: Place


@dataclass(frozen=True, slots=True)
class Send:
    """An agent has pressed "send" and the client waits for our word. `can_ask`: it can put a question to the agent.

    `missed` counts earlier sends that could not be checked, by reason.
    """

    place: Place
    window: Window
    can_ask: bool = False
    missed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Click:
    """An agent pressed a button: the sealed action, what was typed (names to values), and the mail or compose window that was open."""

    place: Place
    token: str
    form: Mapping[str, tuple[str, ...]]
    mail: MailSource | None = field(default=None, compare=False)
    pointer: Pointer | None = field(default=None, compare=False)
    thread: Pointer | None = field(default=None, compare=False)
    mailbox: Mailbox | None = field(default=None, compare=False)
    window: Window | None = field(default=None, compare=False)
    files: FileSource | None = field(default=None, compare=False)


Event = Open | Home | Compose | Settings | Send | Click

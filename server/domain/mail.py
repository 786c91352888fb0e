"""What a mail is to us: the parts of an RFC 5322 message that conversations, customers and teams are found by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MailKind(StrEnum):
    """Who or what wrote a mail; only an ordinary mail or a form can be a customer's question."""

    ORDINARY = "ordinary"
    AUTO_REPLY = "auto_reply"  # RFC 3834 Auto-Submitted, vacation notices
    BOUNCE = "bounce"  # RFC 3464 delivery reports, null return path
    BULK = "bulk"  # Precedence bulk/list, newsletters


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header. `email` is lower-cased, "" when the header names nobody; `name` is decoded and cleaned."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part after the last @, "" without one."""
        return self.email.rpartition("@")[2] if "@" in self.email else ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, parsed. All text is decoded, free of control characters and cut to the lengths named here."""

    message_id: str  # normalised by domain.ids; the fingerprint ("fp:...") when the mail has no usable id
    references: tuple[
        str, ...
    ]  # normalised In-Reply-To first, then References, newest first, at most 40, without itself
    date: int  # seconds since the epoch from the Date header; 0 when there is none that can be read
    sender: Address  # From, first mailbox
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()  # Delivered-To and X-Original-To, e-mail addresses, lower-cased
    original_from: Address | None = None  # X-Original-From, else X-Original-Sender: set by a group that rewrote From
    on_behalf_of: Address | None = None  # Sender, when it is another address than From
    subject: str = ""  # decoded, one line, at most 1,000 characters, prefixes kept
    kind: MailKind = MailKind.ORDINARY
    text: str = ""  # the new text only (quotes and signature cut as far as we can), at most 20,000 characters
    body: str = ""  # the whole text, quotes, signature and forwarded originals included, at most 20,000 characters; never stored
    language: str = ""  # "ja", "en" or "" when unsure
    fingerprinted: bool = False  # True when message_id is our fingerprint
    written_id: str = (
        ""  # Message-ID as the mail wrote it, brackets included; "" when it is none: for a reply's headers
    )
    written_references: tuple[str, ...] = ()  # References (else In-Reply-To) as written, oldest first, at most 40
    thread: str = ""  # the mailbox's own name for the thread, where it has one (Gmail: hex threadId)

    @property
    def snippet(self) -> str:
        """The first 140 characters of the new text, on one line."""
        return " ".join(self.text.split())[:140]

"""What arrives: who is asking (Identity) and what happened in their mail client (Event), the same for every host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from server.domain.mail import Mail


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
class Place:
    """Where the agent sits: language ("ja", "en" or "" when the host does not say) and IANA time zone ("" likewise)."""

    language: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """An agent looks at a mail."""

    place: Place
    mail: MailSource = field(compare=False)
    pointer: Pointer | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Home:
    """An agent looks at the sidebar with no mail open."""

    place: Place


@dataclass(frozen=True, slots=True)
class Click:
    """An agent pressed a button: the sealed action, what was typed (names to values), and the mail that was open, if any."""

    place: Place
    token: str
    form: Mapping[str, tuple[str, ...]]
    mail: MailSource | None = field(default=None, compare=False)
    pointer: Pointer | None = field(default=None, compare=False)


Event = Open | Home | Click

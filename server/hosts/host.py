"""What the sidebar's pipeline asks of a mail client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cards.model import Card, Effect, Kept, Seal
from server.domain.events import Event, Identity


class Entry(StrEnum):
    """Which question a route answers."""

    MESSAGE = "message"
    HOME = "home"
    COMPOSE = "compose"
    QUEUE = "queue"  # from a menu of the host's own, whatever is open
    SETTINGS = "settings"
    SEND = "send"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Received:
    """A request that has proved who sends it and what it says."""

    identity: Identity
    event: Event


class Headers(Protocol):
    """The headers of a request."""

    def get(self, key: str, default: str, /) -> str:
        """Return a header's value, whatever the case of its name."""


class Host(Protocol):
    """One mail client: request in, answer out; both pure but for the verification of tokens."""

    @property
    def name(self) -> str:
        """Say "gmail" or "outlook"; the first part of its routes."""

    @property
    def follows(self) -> bool:
        """Whether this client asks for changes by itself (web/changes.py), and needs a token for that with each card."""

    @property
    def routes(self) -> Mapping[str, Entry]:
        """Absolute paths, all POST."""

    def most(self, path: str, headers: Headers) -> int:
        """How many bytes a request on this path may bring, where that is more than the usual; 0 elsewhere.

        Asked before any of them is read: whoever may bring more is verified first. Raises Unauthenticated.
        """

    def receive(self, entry: Entry, path: str, headers: Headers, body: bytes) -> Received:
        """Verify first, then translate. Header names are looked up whatever their case.

        Raises Unauthenticated, BadEvent.
        """

    def respond(self, entry: Entry, effect: Effect, seal: Seal, live: str = "") -> bytes:
        """The JSON body that shows this effect in this host, for this kind of request. `live`: what to wait for changes with."""

    def keep(self, card: Card, secret: str) -> Kept | None:
        """The lasting sections of the card as this host draws them, None when nothing is to be kept (cards.kept.keep)."""

    def status_of(self, status: int) -> int:
        """The HTTP status for a problem card whose own status is this one: some hosts show a card only on 200."""

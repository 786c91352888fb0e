"""What the routes of one page share: who asks, and how it says that something cannot be done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from flask import Response

from server.domain.errors import RecordsUnavailable
from server.domain.events import Place
from server.domain.workspace import Viewer
from server.screens.queue_page import voice_of
from server.screens.words import Voice
from server.web.pages.door import Door, DoorState
from server.web.pages.language import spoken
from server.web.pages.rendering import Renderer
from server.web.pages.signin import Ended, Guest, SignIn


class Desk(NamedTuple):
    """Who asks, how the page speaks to them, and where they are."""

    viewer: Viewer
    voice: Voice
    place: Place

    @property
    def workspace(self) -> str:
        """The id of their workspace."""
        return self.viewer.workspace.id


class Refusal(NamedTuple):
    """How it is said that nothing was done."""

    status: int
    label: str  # a sentence among the page's own words
    door: DoorState | None = None  # instead of it, for who only looks


@dataclass(frozen=True, slots=True)
class SignedInSite(ABC):
    """One page: its ports, and what every route does with them."""

    name: ClassVar[str]
    """The first part of its addresses, and the name of its blueprint."""
    headers: ClassVar[Mapping[str, str]]
    refusals: ClassVar[Mapping[type[Exception], Refusal]] = {
        Ended: Refusal(403, "kept_closed", "closed"),
        RecordsUnavailable: Refusal(503, "trouble", "trouble"),
    }
    """What of all that can go wrong has an answer of ours."""

    signin: SignIn
    door: Door
    renderer: Renderer
    clock: Callable[[], float]  # seconds since the epoch

    @property
    def base(self) -> str:
        """The path of the page that everything begins with."""
        return f"{self.signin.root}/{self.name}"

    @property
    def now(self) -> int:
        """The time, in ms."""
        return int(self.clock() * 1000)

    def voice(self, guest: Guest, now: int) -> Voice:
        """Return how the page speaks to them at this time (ms)."""
        return voice_of(guest.viewer, spoken(), guest.session.time_zone, now)

    @abstractmethod
    def refuse(self, refusal: Refusal) -> Response:
        """Answer what could not be done."""

    @abstractmethod
    def left(self) -> Response:
        """Answer who has signed out."""

"""Pages of plain forms: every one has the same layout, is drawn anew after each click, and says in a sentence what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar, Final, Protocol

from flask import Response, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from server.domain.events import Place
from server.domain.roles import may
from server.screens.page_head import head_of
from server.screens.words import Voice
from server.web.pages.assets import read_assets
from server.web.pages.door import Door, DoorState
from server.web.pages.headers import WITH_FORMS
from server.web.pages.language import for_strangers
from server.web.pages.rendering import STATIC, Renderer
from server.web.pages.site import Desk, Refusal, SignedInSite

_AFTERWARDS: Final = 303
"""See other: loading the page again must not send the form again."""


class NotForYou(Exception):
    """The viewer's role may not do what this page is for."""


class Words(Protocol):
    """A module of server.screens that has a page's words."""

    def labels_of(self, language: str, /) -> Mapping[str, str]:
        """Return the page's own words."""

    def said_of(self, voice: Voice, code: str, /) -> str:
        """Return what the last click has done, "" for anything that is no such word."""


@dataclass(frozen=True, slots=True)
class FormSite(SignedInSite):
    """One page of forms."""

    headers: ClassVar[Mapping[str, str]] = WITH_FORMS
    refusals: ClassVar[Mapping[type[Exception], Refusal]] = {
        **SignedInSite.refusals,
        NotForYou: Refusal(403, "not_for_you"),
        RequestEntityTooLarge: Refusal(413, "too_large"),
        NotFound: Refusal(404, "not_here"),
    }
    wording: ClassVar[Words]
    back: ClassVar[str]
    """The label of the link that leads from a refusal to the page's beginning."""
    deed: ClassVar[str] = "work"
    """What the page is for, as domain.roles names it."""
    at_door: ClassVar[frozenset[DoorState]] = frozenset({"closed"})
    """What the door says in place of the page, to who only looks."""

    def desk(self) -> Desk:
        """Return who asks, when they may. Raises Ended, NotForYou, RecordsUnavailable."""
        guest = self.signin.guest()
        if not may(guest.viewer.role, self.deed):
            raise NotForYou
        voice = self.voice(guest, self.now)
        return Desk(guest.viewer, voice, Place(voice.language, guest.session.time_zone))

    def page(self, name: str, at: Desk, status: int = 200, /, **values: object) -> Response:
        """Draw a whole page."""
        said = self.wording.said_of(at.voice, request.args.get("said", "")) if request.method == "GET" else ""
        common: Mapping[str, object] = {"head": head_of(at.voice, at.viewer), "said": said}
        return self.part(name, at.voice.language, status, **{**common, **values})

    def part(self, name: str, language: str, status: int = 200, /, **values: object) -> Response:
        """Draw a page of nobody's, or a part of one."""
        text = self.renderer.draw(name, language, w=self.wording.labels_of(language), **values)
        return Response(text, status, mimetype="text/html")

    def see(self, path: str, said: str = "") -> Response:
        """Lead to a page that says what was done."""
        return Response(status=_AFTERWARDS, headers={"Location": f"{path}?said={said}" if said else path})

    def refuse(self, refusal: Refusal) -> Response:
        """Say it in one sentence; at the door, when who only looks is not signed in."""
        if request.method != "POST" and refusal.door in self.at_door:
            return self.door.page(refusal.door, refusal.status)
        return self.part("plain", for_strangers(), refusal.status, message=refusal.label, back=self.back)

    def left(self) -> Response:
        """Lead to the page, which is closed now."""
        return self.see(self.base)


def form_renderer(door: Door, name: str, *files: str) -> Renderer:
    """Return what draws pages of forms: their templates and `files` lie in server/web/<name>, in html and static."""
    folder = resources.files(f"server.web.{name}")
    assets = {**read_assets(STATIC, "forms.css"), **read_assets(folder.joinpath("static"), *files)}
    return Renderer(door.root, name, folder.joinpath("html"), assets, links=door.colours)

"""What the routes of the templates' pages share: who asks, what they may know of, and how a page goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import quote

from flask import Response, abort, request

from server.domain.events import Place
from server.domain.template import Template
from server.domain.workspace import Viewer
from server.screens import template_page as words
from server.screens.queue_page import voice_of
from server.screens.words import Voice
from server.usecases.preview_template import Glances
from server.usecases.templates import Saved, Templates
from server.web.signin import SignIn, spoken
from server.web.templates.listing import seen_by
from server.web.templates.pages import Pages

_AFTERWARDS: Final = 303
"""See other: loading the page again must not send the form again."""


class Desk(NamedTuple):
    """Who asks, how the page speaks to them, and where they are."""

    viewer: Viewer
    voice: Voice
    place: Place


@dataclass(frozen=True, slots=True)
class Site:
    """The pages' ports, and what every route does with them."""

    signin: SignIn
    pages: Pages
    templates: Templates
    conversations: Glances
    clock: Callable[[], float]  # seconds since the epoch

    @property
    def base(self) -> str:
        """The path of the list."""
        return f"{self.signin.root}/templates"

    def desk(self) -> Desk:
        """Return who asks. Raises Ended, RecordsUnavailable."""
        viewer, session = self.signin.guest()
        voice = voice_of(viewer, spoken(), session.time_zone, int(self.clock() * 1000))
        return Desk(viewer, voice, Place(voice.language, session.time_zone))

    def known(self, at: Desk) -> dict[str, Template]:
        """Return every template that the viewer may know of, by id."""
        return seen_by(at.viewer, self.templates.all(at.viewer.workspace))

    def template(self, at: Desk, id_: str) -> Template:
        """Return this one. Another workspace's, or a private team's, does not exist here."""
        found = self.known(at).get(id_)
        if found is None:
            abort(404)
        return found

    def page(self, name: str, at: Desk, status: int = 200, /, **values: object) -> Response:
        """Draw a whole page."""
        said = words.said_of(at.voice, request.args.get("said", "")) if request.method == "GET" else ""
        common: Mapping[str, object] = {"head": words.head_of(at.voice, at.viewer), "said": said}
        return self.part(name, at.voice.language, status, **{**common, **values})

    def part(self, name: str, language: str, status: int = 200, /, **values: object) -> Response:
        """Draw a page of nobody's, or a part of one."""
        return Response(self.pages.draw(name, language, **values), status, mimetype="text/html")

    def edits(self, id_: str) -> str:
        """Return the path of a template's editor."""
        return f"{self.base}/edit/{quote(id_, safe='')}"

    def see(self, path: str, said: str) -> Response:
        """Lead to a page that says what was done."""
        return Response(status=_AFTERWARDS, headers={"Location": f"{path}?said={said}"})


def acting(viewer: Viewer, person: str) -> Viewer | None:
    """Return who acts: at an account that several people use, whom they name; None when they name nobody."""
    if viewer.person is not None:
        return viewer
    found = viewer.workspace.person_by_id.get(person)
    return viewer.named(found) if found and not found.archived else None


def outcome(saved: Saved) -> str:
    """Return what came of a click that changes no text, as a word that a page can say."""
    return {"stale": "meanwhile", "not_allowed": "not_allowed", "refused": "unfit", "unknown_value": "meanwhile"}.get(
        saved.code, ""
    )

"""What the routes of the templates' pages share: what the viewer may know of, and what becomes of a text that was not saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote

from flask import Response, abort, request

from server.domain.template import Template
from server.domain.workspace import Viewer
from server.screens import template_page as words
from server.usecases.preview_template import Glances
from server.usecases.templates import Saved, Templates
from server.web.pages import Desk, FormSite, Refusal
from server.web.pages.door import DoorState
from server.web.pages.forms import Words
from server.web.pages.language import for_strangers
from server.web.templates.form import typed
from server.web.templates.listing import seen_by

SAVE: Final = "templates.save"
"""The endpoint whose form must come back whatever happens."""


@dataclass(frozen=True, slots=True)
class Site(FormSite):
    """The pages' ports, and what every route does with them."""

    name: ClassVar[str] = "templates"
    wording: ClassVar[Words] = words
    back: ClassVar[str] = "all_templates"
    deed: ClassVar[str] = "write_templates"
    at_door: ClassVar[frozenset[DoorState]] = frozenset({"closed", "trouble"})

    templates: Templates
    conversations: Glances

    def known(self, at: Desk) -> dict[str, Template]:
        """Return every template that the viewer may know of, by id."""
        return seen_by(at.viewer, self.templates.all(at.viewer.workspace))

    def template(self, at: Desk, id_: str) -> Template:
        """Return this one. Another workspace's, or a private team's, does not exist here."""
        found = self.known(at).get(id_)
        if found is None:
            abort(404)
        return found

    def edits(self, id_: str) -> str:
        """Return the path of a template's editor."""
        return f"{self.base}/edit/{quote(id_, safe='')}"

    def refuse(self, refusal: Refusal) -> Response:
        """As on every page; a text that was to be saved comes back, to be sent again."""
        if request.endpoint == SAVE and refusal.door:
            form, again = typed(request.form), f"{self.signin.root}{request.path}"
            return self.part("kept", for_strangers(), refusal.status, form=form, again=again, message=refusal.label)
        return FormSite.refuse(self, refusal)  # super() does not know the class that slots have made anew


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

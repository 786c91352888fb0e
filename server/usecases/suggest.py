"""The answers that fit the open mail, each filled in for it: the team's own templates, ranked by what the team picked before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from server.domain.conversation import Customer, View
from server.domain.errors import RecordsUnavailable
from server.domain.events import Place
from server.domain.outcomes import Ask, HistoryPage, Outcome, TimelinePage, Writing
from server.domain.reading import Reading
from server.domain.suggestion import Kind, Suggestion, Suggestions
from server.domain.template import Link, Situation, Template
from server.domain.understanding import Understood
from server.domain.workspace import Benefit, Viewer, Workspace
from server.replies.carp import clarifying, skeleton
from server.replies.details import KINDS
from server.replies.facts import Benefit as Given
from server.replies.facts import facts_of
from server.replies.filling import fill, variables_in
from server.replies.shelf import TeamShelf

MOST: Final = 3


class Shelves(Protocol):
    """What is held in memory of every team's templates. Both raise RecordsUnavailable."""

    def shelf(self, workspace: Workspace, team: str, reading: Reading) -> TeamShelf:
        """Return the team's matrix; from memory unless the numbers in `reading` have moved."""

    def templates(self, workspace: Workspace) -> Mapping[str, Template]:
        """Return the living templates by id, at most a minute old."""


def with_suggestions(shelves: Shelves, viewer: Viewer, place: Place, outcome: Outcome) -> Outcome:
    """Return the outcome with what its card proposes. A card that was kept has its suggestions in it already."""
    if isinstance(outcome, Writing):
        if outcome.composed.view is None:
            return outcome
        view = suggested(shelves, viewer, place, outcome.composed.view)
        return msgspec.structs.replace(outcome, composed=msgspec.structs.replace(outcome.composed, view=view))
    seen = getattr(outcome, "view", None)
    if isinstance(outcome, Ask | HistoryPage | TimelinePage):
        return outcome  # these cards propose nothing
    if not isinstance(seen, View) or seen.kept or seen.message is None:
        return outcome
    return msgspec.structs.replace(outcome, view=suggested(shelves, viewer, place, seen))


def suggested(shelves: Shelves, viewer: Viewer, place: Place, view: View) -> View:
    """Work out what fits. Suggestions are a convenience: when the store cannot give them, the card comes without."""
    message, reading = view.message, view.reading
    if message is None or not message.asks or not (reading.model or reading.waiting):
        return view
    if reading.understood is None or not reading.model or reading.understood.model != reading.model:
        why = Suggestions(why="waiting") if reading.waiting else Suggestions(why="not_read")
        return msgspec.structs.replace(view, suggestions=why)
    try:
        shelf = shelves.shelf(viewer.workspace, _team(view), reading)
    except RecordsUnavailable:
        return view
    return msgspec.structs.replace(view, suggestions=best(shelf, viewer, place, view, reading.understood))


def best(shelf: TeamShelf, viewer: Viewer, place: Place, view: View, understood: Understood) -> Suggestions:
    """Rank and fill: at most three, questions for what is missing in the last place."""
    ranking = shelf.ranked(understood.vector, understood.language or viewer.workspace.language, MOST)
    clarify = _clarifying(viewer, place, view, understood)
    if not ranking.best and not clarify:
        return Suggestions(why="no_templates")
    upset = "dissatisfied" in view.conversation.moods
    rows = []
    if ranking.fits:
        for place_, found in enumerate(ranking.best):
            template = shelf.templates[found.id]
            # Who is upset is met by the form of an apology around the answer that fits best; the others are there as they are.
            kind: Kind = "upset" if upset and not place_ and template.situation is not Situation.WRAP_UP else "template"
            rows.append(made(viewer, place, view, template, kind, found.picks))
    if clarify:
        rows[MOST - 1 :] = [clarify]
    return Suggestions(tuple(rows), "" if rows else "nothing_fits")


def made(
    viewer: Viewer, place: Place, view: View, template: Template, kind: Kind = "template", picks: int = 0
) -> Suggestion:
    """Fill one template for the conversation at hand."""
    understood = view.reading.understood
    facts = known(viewer, place, view, template.language, template)
    filled = skeleton(template.language, facts, understood, template) if kind == "upset" else fill(template, facts)
    present = understood.present if understood else {}
    used = (*variables_in(template.body), *variables_in(template.subject))
    return Suggestion(
        template=template.id,
        kind=kind,
        title=template.title,
        situation=template.situation,
        subject=filled.subject,
        text=filled.body,
        unfilled=filled.unfilled,
        picks=picks,
        present=tuple(kind for kind in KINDS if kind in present and kind in used),
    )


def known(
    viewer: Viewer,
    place: Place,
    view: View,
    language: str,
    template: Template | None = None,
    benefit: Benefit | None = None,
) -> Mapping[str, str]:
    """Return what a template can be filled with here."""
    workspace = viewer.workspace
    return facts_of(
        workspace=workspace,
        team=workspace.team_by_id.get(_team(view)),
        person=viewer.person,
        customer=_customer(view),
        company=view.company,
        understood=view.reading.understood,
        now=view.now,
        zone=place.time_zone or workspace.time_zone,
        language=language,
        subject=view.conversation.subject,
        links=_links(workspace, template, language, _unused(view)) if template else (),
        questions=_questions(view.reading.understood, language),
        benefit=Given(benefit.code, benefit.name.in_(language)) if benefit else None,
    )


def _unused(view: View) -> frozenset[str]:
    """Return the features that the customer has and has never used, as their CRMs say."""
    entries = view.crm.entries if view.crm else ()
    return frozenset(feature for entry in entries if entry.record for feature in entry.record.unused)


def _links(workspace: Workspace, template: Template, language: str, unused: frozenset[str]) -> tuple[Link, ...]:
    """The template's own pages, then the company's for its category."""
    pages = (
        Link(one.title, one.url)
        for one in workspace.help_pages
        if one.category == template.category
        and one.language in {"", language}
        and (not one.feature or one.feature in unused)
    )
    return tuple(dict.fromkeys((*template.links, *pages)))


def _customer(view: View) -> Customer | None:
    """The record; for somebody we have none of, the name that the mail came with."""
    if view.customer and view.customer.name:
        return view.customer
    message = view.message
    if message and message.direction == "in" and message.name:
        return msgspec.structs.replace(view.customer or Customer(""), name=message.name)
    return view.customer


def _questions(understood: Understood | None, language: str) -> tuple[str, ...]:
    if understood is None:
        return ()
    return tuple(KINDS[kind].question.in_(language) for kind in understood.missing if kind in KINDS)


def _clarifying(viewer: Viewer, place: Place, view: View, understood: Understood) -> Suggestion | None:
    language = understood.language or viewer.workspace.language
    questions = _questions(understood, language)
    if not questions:
        return None
    filled = clarifying(language, known(viewer, place, view, language), questions)
    return Suggestion(
        template="",
        kind="clarify",
        title="",
        situation=Situation.DETAIL_MISSING,
        text=filled.body,
        unfilled=filled.unfilled,
    )


def suggestion_of(
    shelves: Shelves, viewer: Viewer, place: Place, view: View, template: str, kind: str
) -> Suggestion | None:
    """Fill the template that a button named; None when it is gone by now, or named none."""
    if kind == "clarify":
        return _clarifying(viewer, place, view, view.reading.understood) if view.reading.understood else None
    found = shelves.shelf(viewer.workspace, _team(view), view.reading).templates.get(template) if template else None
    return made(viewer, place, view, found, "upset" if kind == "upset" else "template") if found else None


def _team(view: View) -> str:
    return view.conversation.teams[0] if view.conversation.teams else ""

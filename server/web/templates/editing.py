"""The editor: a form, and beside it what the template would say and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, abort, request

from server.domain.addresses import one_line
from server.domain.roles import may
from server.domain.template import Revision, Statistics, Template
from server.replies.filling import problems as problems_in
from server.screens import template_page as words
from server.usecases import templates as deeds
from server.usecases.preview_template import look_at, newest, preview
from server.web.pages import Desk
from server.web.templates.form import LONGEST_WHY, Form, for_another, mistakes_in, shown, template_of, typed
from server.web.templates.site import Site, acting

VERSIONS_BESIDE: Final = 5
_SPARE_LINKS: Final = 2
_NOTHING_YET: Final = Statistics()
_NEW: Final = Template(id="", title="", body="")


def add(routes: Blueprint, site: Site) -> None:
    """Add the editor's routes."""

    @routes.get("/new")
    def new() -> Response:
        at = site.desk()
        form = Form(language=at.viewer.workspace.language)
        if other := request.args.get("other", ""):
            form = for_another(shown(site.template(at, other)))
        return _editor(site, at, _NEW, form)

    @routes.get("/edit/<template>")
    def edit(template: str) -> Response:
        at = site.desk()
        before = site.template(at, template)
        return _editor(site, at, before, shown(before))

    @routes.post("/new")
    @routes.post("/edit/<template>")
    def save(template: str = "") -> Response:
        at = site.desk()
        before = site.template(at, template) if template else _NEW
        form = typed(request.form)
        if request.form.get("do", "save") != "save":
            return _editor(site, at, before, form)
        draft = template_of(form, before, at.viewer)
        mistakes = mistakes_in(draft, form, before, at.viewer)
        actor = acting(at.viewer, form.person)
        if mistakes or actor is None:
            mistakes = mistakes if actor else (*mistakes, "person")
            return _editor(site, at, before, form, status=422, mistakes=mistakes)
        # Compared as a form would bring it: a file may have brought blanks that no form keeps.
        if template and form.seen == before.version and draft == template_of(shown(before), before, at.viewer):
            return site.see(site.edits(template), "same")
        saved = deeds.save(site.templates, actor, draft, form.seen, one_line(form.why, LONGEST_WHY))
        match saved.code:
            case "stale":
                now = saved.template
                rival = site.templates.latest(at.viewer.workspace, [now.id])[now.id]
                return _editor(site, at, now, replace(form, seen=now.version), status=409, rival=rival)
            case "refused":
                return _editor(site, at, before, form, status=422)
            case "unknown_value":
                abort(404)
            case "not_allowed":
                abort(403)
            case "ok":
                pass
        return site.see(site.edits(saved.template.id), "saved")

    @routes.post("/preview")
    def draw_preview() -> Response:
        at = site.desk()
        form = typed(request.form)
        return site.part("preview", at.voice.language, **_preview(site, at, template_of(form, _NEW, at.viewer), form))


def _editor(
    site: Site,
    at: Desk,
    before: Template,
    form: Form,
    *,
    status: int = 200,
    mistakes: Sequence[str] = (),
    rival: Revision | None = None,
) -> Response:
    known = site.known(at)
    revisions: tuple[Revision, ...] = ()
    statistics = _NOTHING_YET
    if before.id:
        revisions = site.templates.revisions(at.viewer.workspace, before.id)
        statistics = site.templates.statistics(at.viewer.workspace).get(before.id, _NOTHING_YET)
    draft = template_of(form, before, at.viewer)
    pairs = [one for one in known.values() if before.pair and one.pair == before.pair and one.id != before.id]
    own = [one.category for one in known.values()]
    return site.page(
        "editor",
        at,
        status,
        template=before,
        form=form,
        unsaved=request.method == "POST",
        mistakes=[words.mistake_of(at.voice, code) for code in mistakes],
        stale=words.stale_words(at.voice, rival) if rival else "",
        differences=words.differences_of(at.voice, rival.template, draft) if rival else (),
        categories=words.categories_of(at.voice, own, draft.category),
        languages=words.languages_of(at.voice, draft.language),
        situations=words.situations_of(at.voice, draft.situation.value),
        people=words.people_of(at.voice, form.owner),
        teams=words.teams_of(at.viewer, form.teams),
        links=[*((one.title, one.url) for one in form.links), *[("", "")] * _SPARE_LINKS],
        variables=words.variables_of(at.voice),
        conversations=_offered(site, at, form.conversation),
        figures=words.figures_of(at.voice, statistics),
        versions=[words.version_of(at.voice, one, before.version) for one in revisions[:VERSIONS_BESIDE]],
        pair=pairs[0] if pairs else None,
        may_archive=may(at.viewer.role, "archive_templates"),
        persons=words.persons_of(at.voice, at.viewer, form.person),
        **_preview(site, at, draft, form),
    )


def _offered(site: Site, at: Desk, chosen: str) -> list[words.Choice]:
    """The conversations that the template can be tried on."""
    return [
        words.Choice(
            row.conversation.id,
            words.conversation_words(at.voice, row.customer.name if row.customer else "", row.conversation),
            row.conversation.id == chosen,
        )
        for row in newest(site.conversations, at.viewer)
    ]


def _preview(site: Site, at: Desk, draft: Template, form: Form) -> Mapping[str, object]:
    view = look_at(site.conversations, at.viewer, form.conversation) if form.conversation else None
    seen = preview(at.viewer, at.place, draft, view)
    filled = seen.filled
    # Places are those of the fields as they were typed, and not of the text that was tidied for saving.
    problems = problems_in(form.subject, "subject") + problems_in(form.body) if filled.problems else ()
    field = {"subject": form.subject, "body": form.body}
    warned = (
        *(words.problem_of(at.voice, one, field[one.place.where]) for one in problems or filled.problems),
        *(words.finding_of(at.voice, one) for one in seen.findings),
        *words.unfilled_of(at.voice, () if filled.problems else filled.unfilled),
    )
    return {
        "warned": warned,
        "warned_words": words.warnings_words(at.voice, warned),
        "elsewhere": words.said_of(at.voice, "elsewhere") if form.conversation and view is None else "",
        "filled_subject": words.pieces_of(filled.subject, filled.unfilled, draft.language),
        "filled_body": words.pieces_of(filled.body, filled.unfilled, draft.language),
        "filled_language": draft.language,
    }

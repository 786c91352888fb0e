"""What a template said before: all versions, what changed between two, an earlier one again; and out of use, and back."""

from __future__ import annotations

from typing import Final

import msgspec
from flask import Blueprint, Response, abort, request

from server.domain.addresses import one_line
from server.screens import template_page as words
from server.usecases import templates as deeds
from server.web.templates.form import LONGEST_WHY, number
from server.web.templates.site import Site, acting, outcome

ROWS: Final = 50


def add(routes: Blueprint, site: Site) -> None:
    """Add the routes of a template's past."""

    @routes.get("/history/<template>")
    def history(template: str) -> Response:
        at = site.desk()
        now = site.template(at, template)
        revisions = site.templates.revisions(at.viewer.workspace, template)
        by_number = {one.template.version: one for one in revisions}
        asked = request.args.get("version", "")
        chosen = by_number.get(number(asked)) if asked else None
        if asked and chosen is None:
            abort(404)
        start = (max(1, number(request.args.get("page", ""))) - 1) * ROWS
        before = by_number.get(chosen.template.version - 1) if chosen else None
        return site.page(
            "history",
            at,
            template=now,
            versions=[words.version_of(at.voice, one, now.version) for one in revisions[start : start + ROWS]],
            newer=start // ROWS if start else 0,
            older=start // ROWS + 2 if len(revisions) > start + ROWS else 0,
            chosen=words.version_of(at.voice, chosen, now.version) if chosen else None,
            chosen_title=words.version_title(at.voice, chosen.template.version) if chosen else "",
            differences=words.differences_of(at.voice, before.template, chosen.template) if chosen and before else (),
            is_first=chosen is not None and before is None,
            persons=words.persons_of(at.voice, at.viewer),
        )

    @routes.post("/restore/<template>")
    def restore(template: str) -> Response:
        at = site.desk()
        now = site.template(at, template)
        wanted = number(request.form.get("version", ""))
        old = next(
            (
                one.template
                for one in site.templates.revisions(at.viewer.workspace, template)
                if one.template.version == wanted
            ),
            None,
        )
        if old is None:
            abort(404)
        actor = acting(at.viewer, request.form.get("person", ""))
        if actor is None:
            return site.see(site.edits(template), "person")
        # Whether it is archived is a decision of its own, and so is who may know of it.
        again = msgspec.structs.replace(old, archived=now.archived, teams=now.teams, version=now.version)
        why = words.restored_why(at.voice, wanted, one_line(request.form.get("why", ""), LONGEST_WHY))
        saved = deeds.save(site.templates, actor, again, number(request.form.get("seen", "")), why)
        return site.see(site.edits(template), outcome(saved) or "restored")

    @routes.post("/archive/<template>")
    def archive(template: str) -> Response:
        at = site.desk()
        now = site.template(at, template)
        actor = acting(at.viewer, request.form.get("person", ""))
        if actor is None:
            return site.see(site.edits(template), "person")
        archived = request.form.get("do", "archive") == "archive"
        why = one_line(request.form.get("why", ""), LONGEST_WHY)
        saved = deeds.archive(site.templates, actor, now, why, archived=archived)
        done = "archived" if archived else "brought_back"
        return site.see(site.edits(template), outcome(saved) or done)

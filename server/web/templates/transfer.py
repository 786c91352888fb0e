"""All templates as a file, and a file of templates: looked at first, then brought in.

Between the two the file lies nowhere: the page of the first step carries it to the second (web/pages/files.py), where it is
read and sorted anew. So no copy of the service needs to remember it, and what somebody changes on the way is checked like any file.
"""

from __future__ import annotations

from typing import Final, Literal

from flask import Blueprint, Response, request

from server.domain.addresses import one_line
from server.replies.exchange import MAX_BYTES, Read, read_csv, read_json, write_csv, write_json
from server.screens import template_page as words
from server.usecases.import_templates import Plan, carry_out, plan
from server.web.pages import Desk
from server.web.pages.files import FileForms, packed
from server.web.templates.form import LONGEST_WHY, number
from server.web.templates.site import Site, acting

_FILES: Final = FileForms(MAX_BYTES)
_SHOWN: Final = 200
"""Lines of each list of the report."""


def add(routes: Blueprint, site: Site) -> None:
    """Add import and export."""

    @routes.get("/export.<any('csv', 'json'):kind>")
    def export(kind: Literal["csv", "json"]) -> Response:
        at = site.desk()
        rows = sorted(site.known(at).values(), key=lambda one: (one.pair, one.language, one.title, one.id))
        body, content_type = (write_csv(rows), "text/csv") if kind == "csv" else (write_json(rows), "application/json")
        name = f"attachment; filename=sobani-templates.{kind}"
        return Response(body, mimetype=content_type, headers={"Content-Disposition": name})

    @routes.get("/import")
    def ask() -> Response:
        at = site.desk()
        done = request.args.get("done", "")
        return site.page(
            "import",
            at,
            plan=None,
            done=words.brought_in(at.voice, number(done), number(request.args.get("left", ""))) if done else "",
        )

    @routes.post("/import")
    def look() -> Response:
        at = site.desk()
        data, name = _FILES.uploaded()
        return _report(site, at, data, name)

    @routes.post("/import/commit")
    def commit() -> Response:
        at = site.desk()
        data, name = _FILES.carried(), request.form.get("name", "")
        made = _plan(site, at, _read(data, name))
        if request.form.get("mark", "") != made.mark:
            return _report(site, at, data, name, "meanwhile")
        actor = acting(at.viewer, request.form.get("person", ""))
        if actor is None:
            return _report(site, at, data, name, "person")
        saved = carry_out(site.templates, actor, made, one_line(request.form.get("why", ""), LONGEST_WHY))
        done = sum(one.code == "ok" for one in saved)
        return Response(status=303, headers={"Location": f"{site.base}/import?done={done}&left={len(saved) - done}"})


def _report(site: Site, at: Desk, data: bytes, name: str, said: str = "") -> Response:
    read = _read(data, name)
    made = _plan(site, at, read)
    broken = [*words.broken_of(at.voice, read.broken), *words.refused_of(at.voice, made.refused)]
    return site.page(
        "import",
        at,
        422 if said else 200,
        done="",
        problem=words.said_of(at.voice, said),
        plan=made,
        counts=words.plan_counts(at.voice, made, len(broken)),
        lists=words.plan_lists(at.voice, made, _SHOWN),
        broken=broken[:_SHOWN],
        more=words.more_words(at.voice, len(broken) - _SHOWN),
        packed=packed(data),
        name=name,
        persons=words.persons_of(at.voice, at.viewer),
    )


def _read(data: bytes, name: str) -> Read:
    looks_like_json = name.lower().endswith(".json") or data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in {b"{", b"["}
    return read_json(data) if looks_like_json else read_csv(data)


def _plan(site: Site, at: Desk, read: Read) -> Plan:
    return plan(at.viewer, site.templates.all(at.viewer.workspace), read.templates)

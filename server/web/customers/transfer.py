"""Customers as a file: looked at first, then brought in; and all of them out again.

Between the steps the file lies nowhere: each page carries it to the next one (web/pages/files.py), where it is read anew. So no copy of the
service needs to remember it, and what is written is exactly what was looked at (server.usecases.import_customers, its mark).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from itertools import chain
from typing import Final

from flask import Blueprint, Response, request

from server.domain.customer_file import COLUMNS, MAX_BYTES, BadFile, Table, guess, mapped_twice, read
from server.screens import customers_page as words
from server.screens.times import zone
from server.usecases.import_customers import Plan, carry_out, export, plan
from server.web.customers.site import Site
from server.web.pages import Desk
from server.web.pages.files import FileForms, packed

_FILES: Final = FileForms(MAX_BYTES)
_SHOWN: Final = 200
"""Rows that the report names."""


def add(routes: Blueprint, site: Site) -> None:
    """Add import and export."""

    @routes.get("/export.csv")
    def out() -> Response:
        at = site.desk()
        # As it comes out of the store: nobody waits for fifty thousand customers, and no copy holds them all. A store that does
        # not answer is noticed before the first line.
        lines = export(site.records, at.workspace)
        begun = chain([next(lines)], lines)
        headers = {"Content-Disposition": "attachment; filename=sobani-customers.csv"}
        return Response(begun, mimetype="text/csv", headers=headers)

    @routes.get("/import")
    @routes.get("/import/look")
    @routes.get("/import/commit")
    def begin() -> Response:
        # A page that a form has drawn, loaded by its address: there is no file any more.
        return site.see(f"{site.base}#import")

    @routes.post("/import")
    def choose() -> Response:
        at = site.desk()
        data = _FILES.uploaded().data
        try:
            table = read(data)
        except BadFile as error:
            return site.first(at, 422, problem=words.file_problem(at.voice, error.why))
        return _columns(site, at, data, table, guess(table.header))

    @routes.post("/import/look")
    def look() -> Response:
        at, data = _carried(site)
        try:
            table = read(data)
        except BadFile as error:
            return site.first(at, 422, problem=words.file_problem(at.voice, error.why))
        mapping = _mapping(table)
        if request.form.get("do") == "columns":
            return _columns(site, at, data, table, mapping)
        if twice := mapped_twice(mapping):
            return _columns(site, at, data, table, mapping, words.twice_words(at.voice, twice))
        if not {"id", "addresses"} & {*mapping}:
            return _columns(site, at, data, table, mapping, words.unknown_words(at.voice))
        made = plan(site.records, at.viewer.workspace, table, mapping, _zone(at))
        return _report(site, at, data, mapping, made)

    @routes.post("/import/commit")
    def commit() -> Response:
        at, data = _carried(site)
        try:
            table = read(data)
        except BadFile as error:
            return site.first(at, 422, problem=words.file_problem(at.voice, error.why))
        mapping, mark = _mapping(table), request.form.get("mark", "")
        made, is_written = carry_out(site.records, at.viewer.workspace, table, mapping, _zone(at), mark)
        if not is_written:
            return _report(site, at, data, mapping, made, words.said_of(at.voice, "meanwhile"))
        return site.see(f"{site.base}?new={made.new}&changed={made.changed}")


def _carried(site: Site) -> tuple[Desk, bytes]:
    """Who asks, and the file that the page before has brought along."""
    return site.desk(), _FILES.carried()


def _columns(site: Site, at: Desk, data: bytes, table: Table, mapping: Sequence[str], problem: str = "") -> Response:
    return site.page(
        "columns",
        at,
        422 if problem else 200,
        problem=problem,
        columns=words.columns_of(at.voice, table, mapping),
        packed=packed(data),
    )


def _report(site: Site, at: Desk, data: bytes, mapping: Sequence[str], made: Plan, problem: str = "") -> Response:
    return site.page(
        "report",
        at,
        422 if problem else 200,
        problem=problem,
        counts=words.plan_counts(at.voice, made),
        examples=words.examples_of(made.examples),
        wrong=words.wrong_of(at.voice, made.wrong[:_SHOWN]),
        more=words.more_words(at.voice, len(made.wrong) - _SHOWN),
        bring_in=words.bring_in_words(at.voice, made) if made.new or made.changed else "",
        mapping=mapping,
        mark=made.mark,
        packed=packed(data),
    )


def _mapping(table: Table) -> tuple[str, ...]:
    """What the form says of each column; whatever it does not say is left out."""
    said = [field if field in COLUMNS or field == "more" else "" for field in request.form.getlist("field")]
    return tuple((said + [""] * len(table.header))[: len(table.header)])


def _zone(at: Desk) -> tzinfo:
    return zone(at.viewer.workspace.time_zone)

"""Customers as a file: looked at first, then brought in; and all of them out again.

Between the steps the file lies nowhere: each page carries it, packed, to the next one, where it is read anew. So no copy of the
service needs to remember it, and what is written is exactly what was looked at (server.usecases.import_customers, its mark).
"""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import tzinfo
from itertools import chain
from typing import Final

from flask import Blueprint, Response, request

from server.domain.customer_file import COLUMNS, MAX_BYTES, BadFile, Table, guess, mapped_twice, read
from server.screens import customers_page as words
from server.screens.times import zone
from server.usecases.import_customers import Plan, carry_out, export, plan
from server.web.customers.site import Desk, Site

_ROOM: Final = 200_000
"""Bytes of a form around its file."""
_PACKED: Final = MAX_BYTES * 4 // 3 + _ROOM
"""The most that a packed file can come to: one that zlib cannot make smaller, in letters."""
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
        request.max_content_length = MAX_BYTES + _ROOM
        at = site.desk()
        file = request.files.get("file")
        data = file.read() if file else b""
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
    request.max_content_length = request.max_form_memory_size = _PACKED
    return site.desk(), _unpacked(request.form.get("file", ""))


def _columns(site: Site, at: Desk, data: bytes, table: Table, mapping: Sequence[str], problem: str = "") -> Response:
    return site.page(
        "columns",
        at,
        422 if problem else 200,
        problem=problem,
        columns=words.columns_of(at.voice, table, mapping),
        packed=_packed(data),
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
        packed=_packed(data),
    )


def _mapping(table: Table) -> tuple[str, ...]:
    """What the form says of each column; whatever it does not say is left out."""
    said = [field if field in COLUMNS or field == "more" else "" for field in request.form.getlist("field")]
    return tuple((said + [""] * len(table.header))[: len(table.header)])


def _zone(at: Desk) -> tzinfo:
    return zone(at.viewer.workspace.time_zone)


def _packed(data: bytes) -> str:
    return b64encode(zlib.compress(data)).decode()


def _unpacked(text: str) -> bytes:
    """What the page carried; nothing for what is no such thing. Never more than a file may have."""
    try:
        return zlib.decompressobj().decompress(b64decode(text, validate=True), MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        return b""

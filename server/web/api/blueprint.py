"""The routes of the API. One key belongs to one workspace, which therefore stands in no address.

    PUT, PATCH  /customers/<id>     the whole customer, or some of its fields      GET  /customers?address=   who has it
    GET, DELETE /customers/<id>     with everything that belongs to it             GET  /openapi.json         all of this
    POST /customers, /orders, /subscriptions, /events, /usage                      many rows, each reported

Everything may be sent again: rows carry the caller's ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec
import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from server.domain.addresses import clean_email
from server.domain.errors import RecordsUnavailable
from server.domain.own import Brought, Records, Wrong, id_of
from server.domain.workspace import Workspace
from server.usecases.keep_customers import Change, keep
from server.web.api.openapi import document
from server.web.api.problems import REASONS, REFUSED, Refused, response_of, unreadable, wrong
from server.web.api.shapes import (
    MAX_ROWS,
    CustomerFields,
    CustomerRow,
    EventRow,
    FieldProblem,
    Found,
    ItemRow,
    OrderRow,
    Report,
    RowReport,
    SubscriptionRow,
    UsageRow,
    brought_of,
    change_of,
    profile_of,
    row_of,
)

PREFIX: Final = "/api/v1"
MAX_BYTES: Final = 1_000_000

_read_fields: Final = msgspec.json.Decoder(CustomerFields).decode
_read_customer: Final = msgspec.json.Decoder(CustomerRow).decode
_read_batch: Final = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode
_READ_ITEM: Final[Mapping[str, Callable[[msgspec.Raw], ItemRow]]] = {
    "orders": msgspec.json.Decoder(OrderRow).decode,
    "subscriptions": msgspec.json.Decoder(SubscriptionRow).decode,
    "events": msgspec.json.Decoder(EventRow).decode,
    "usage": msgspec.json.Decoder(UsageRow).decode,
}
_CUSTOMER: Final = "/customers/<path:id_>"
"""Ids are the caller's own: one may be an address with all its slashes."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

T = TypeVar("T")

log = structlog.get_logger()


class Access(Protocol):
    """A key that was shown and is good (store.api_keys)."""

    @property
    def workspace(self) -> str: ...
    @property
    def wait(self) -> int: ...


class Keys(Protocol):
    """Knows keys again. Raises RecordsUnavailable."""

    def verify(self, token: str) -> Access | None: ...


class _Row(NamedTuple):
    """A row of a batch that could be read."""

    at: int
    path: str


def blueprint(
    public_url: str,
    keys: Keys,
    workspace_of: Callable[[str], Workspace | None],
    records: Records,
    count: Callable[[str], None],
) -> Blueprint:
    """Return everything under /api/v1. `workspace_of` raises RecordsUnavailable."""
    routes = Blueprint("api", __name__, url_prefix=PREFIX)
    described = msgspec.json.encode(document(f"{public_url}{PREFIX}"))

    def caller() -> Workspace:
        """Return the workspace whose key was sent. Before anything of the body is read."""
        request.max_content_length = MAX_BYTES
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        access = keys.verify(token.strip()) if scheme.lower() == "bearer" else None
        workspace = workspace_of(access.workspace) if access else None
        if access is None or workspace is None:
            log.info("refused", path=PREFIX, reason="no key")
            raise Refused("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="sobani"'})
        if access.wait:
            raise Refused("busy", headers={"Retry-After": str(access.wait)})
        return workspace

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return Response(described, mimetype="application/json")

    @routes.get("/customers")
    def find() -> Response:
        workspace = caller()
        given = request.args.get("address", "").strip()[:400]
        address = clean_email(given)
        if not address or " " in given:  # a plus sign that was not encoded: a+b@x is not b@x
            raise Refused("invalid", FieldProblem(path="?address", detail=REASONS["address"]))
        found = records.find(workspace.id, [address], "")
        return _json(Found(customers=[row_of(one) for one in found]))

    @routes.get(_CUSTOMER, merge_slashes=False)
    def show(id_: str) -> Response:
        whole = records.load(caller().id, id_)
        if whole is None:
            raise Refused("not_found")
        return _json(profile_of(whole))

    @routes.put(_CUSTOMER, merge_slashes=False)
    def replace(id_: str) -> Response:
        return _one(records, caller(), id_, whole=True)

    @routes.patch(_CUSTOMER, merge_slashes=False)
    def amend(id_: str) -> Response:
        return _one(records, caller(), id_, whole=False)

    @routes.delete(_CUSTOMER, merge_slashes=False)
    def remove(id_: str) -> Response:
        if not records.remove(caller().id, id_):
            raise Refused("not_found")
        return Response(status=204)

    @routes.post("/customers")
    def customers() -> Response:
        workspace = caller()
        rows = _rows("customers")
        reports: list[RowReport] = []
        changes: list[tuple[_Row, Change]] = []
        for row, raw in rows:
            try:
                read = _read_customer(raw)
                changes.append((row, change_of(read.id, read)))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                reports.append(_wrong_row(row, unreadable(error, row.path)))
            except Wrong as error:
                reports.append(_wrong_row(row, wrong(error, row.path)))
        outcome = keep(records, workspace, [change for _, change in changes])
        for (row, _), became in zip(changes, outcome, strict=True):
            if became.why:
                reports.append(_wrong_row(row, wrong(Wrong(became.field, became.why), row.path)))
            else:
                reports.append(RowReport(row=row.at, status=became.code))
        return _json(_report(reports))

    @routes.post("/<any('orders', 'subscriptions', 'events', 'usage'):what>")
    def items(what: str) -> Response:
        workspace = caller()
        rows = _rows(what)
        reports: list[RowReport] = []
        brought: list[tuple[_Row, Brought]] = []
        for row, raw in rows:
            try:
                brought.append((row, brought_of(_READ_ITEM[what](raw))))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                reports.append(_wrong_row(row, unreadable(error, row.path)))
            except Wrong as error:
                reports.append(_wrong_row(row, wrong(error, row.path)))
        codes = records.bring(workspace.id, [one for _, one in brought])
        for (row, _), code in zip(brought, codes, strict=True):
            match code:
                case "new" | "changed" | "same":
                    reports.append(RowReport(row=row.at, status=code))
                case "no_customer" | "too_old" | "too_many":
                    field, detail = REFUSED[code]
                    reports.append(_wrong_row(row, FieldProblem(path=f"{row.path}.{field}", detail=detail)))
        return _json(_report(reports))

    @routes.route("/", defaults={"_rest": ""}, methods=_METHODS)
    @routes.route("/<path:_rest>", methods=_METHODS)
    def nothing(_rest: str) -> Response:
        raise Refused("not_found")

    @routes.after_request
    def safe(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @routes.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        count(f"api.{error.code}")
        return response_of(error)

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        return response_of(Refused("too_large"))

    @routes.errorhandler(RecordsUnavailable)
    def unavailable(error: RecordsUnavailable) -> Response:
        count(f"problems.{type(error).__name__}")
        log.warning("records_unavailable", path=PREFIX, reason=str(error))
        return response_of(Refused("unavailable", headers={"Retry-After": "5"}))

    return routes


def _one(records: Records, workspace: Workspace, id_: str, *, whole: bool) -> Response:
    try:
        change = change_of(id_of(id_), _decoded(_read_fields), whole=whole)
    except Wrong as error:
        raise Refused("invalid", wrong(error)) from error
    (became,) = keep(records, workspace, [change])
    if became.customer is None:
        raise Refused("invalid", wrong(Wrong(became.field, became.why or "empty")))
    return _json(row_of(became.customer), 201 if became.code == "new" else 200)


def _decoded(decode: Callable[[bytes], T]) -> T:
    """Return the request's body. Raises Refused."""
    if request.mimetype not in {"application/json", "application/merge-patch+json"}:
        raise Refused("not_json")
    try:
        return decode(request.get_data())
    except msgspec.ValidationError as error:
        raise Refused("invalid", unreadable(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", detail=str(error)) from error


def _rows(name: str) -> Sequence[tuple[_Row, msgspec.Raw]]:
    """Return the rows of a batch, not read yet. Raises Refused."""
    body = _decoded(_read_batch)
    if set(body) != {name}:
        raise Refused("invalid", FieldProblem(path="$", detail=f"Expected one field `{name}`"))
    rows = body[name]
    if len(rows) > MAX_ROWS:
        raise Refused("invalid", FieldProblem(path=f"$.{name}", detail=f"has more than {MAX_ROWS} rows"))
    return [(_Row(at, f"$.{name}[{at}]"), raw) for at, raw in enumerate(rows)]


def _wrong_row(row: _Row, problem: FieldProblem) -> RowReport:
    return RowReport(row=row.at, status="wrong", path=problem.path, detail=problem.detail)


def _report(rows: Sequence[RowReport]) -> Report:
    counts = {status: sum(row.status == status for row in rows) for status in ("new", "changed", "same", "wrong")}
    return Report(**counts, rows=sorted(rows, key=lambda row: row.row))


def _json(body: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, mimetype="application/json")

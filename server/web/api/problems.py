"""What is wrong with a request, in words for the programmer who sent it: application/problem+json (RFC 9457), in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from flask import Response

from server.domain.own import Took, Wrong, WrongReason
from server.web.api.shapes import FieldProblem, Problem

REASONS: Final[Mapping[WrongReason, str]] = {
    "empty": "must not be empty",
    "too_long": "is too long",
    "too_many": "has too many entries",
    "address": "holds something that is no e-mail address",
    "ours": "is one of the workspace's own addresses or domains, and can be no customer's",
    "domain": "is no domain",
    "day": "is no date",
    "moment": "is out of range",
    "month": "is no month (YYYY-MM)",
    "money": "is no amount: decimal text is expected",
    "decimals": "has decimals, which this currency has not",
    "currency": "is no ISO 4217 code",
    "url": "is no http or https address",
    "health": "must be from 0 to 100",
    "kind": "is neither contact nor company",
    "order": "is before the beginning",
}
REFUSED: Final[Mapping[Took, tuple[str, str]]] = {
    "no_customer": ("customer", "no customer has this id; push the customer first"),
    "too_old": ("at", "as many newer ones are kept already"),
    "too_many": ("feature", "no further feature of this customer is counted"),
}

TITLES: Final[Mapping[str, tuple[int, str]]] = {
    "unauthenticated": (401, "No key, or none that is known"),
    "not_found": (404, "There is nothing here"),
    "too_large": (413, "The body is larger than 1 MB"),
    "not_json": (415, "The body is not declared as application/json"),
    "malformed": (400, "The body is no JSON"),
    "invalid": (422, "The body has fields that cannot be read"),
    "busy": (429, "Too many requests with this key"),
    "unavailable": (503, "The records cannot be reached right now; try again"),
}

_PLACE: Final = re.compile(r"^(?P<says>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_FIELD: Final = re.compile(r"(?:unknown|required) field `([^`]*)`")


class Refused(Exception):
    """The request is not carried out."""

    def __init__(
        self, code: str, *errors: FieldProblem, detail: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors
        self.detail = detail
        self.headers = headers or {}


def response_of(refused: Refused) -> Response:
    """Return the answer that says so."""
    status, title = TITLES[refused.code]
    problem = Problem(title=title, status=status, code=refused.code, detail=refused.detail, errors=list(refused.errors))
    return Response(
        msgspec.json.encode(problem), status, mimetype="application/problem+json", headers=dict(refused.headers)
    )


def unreadable(error: Exception, root: str = "$") -> FieldProblem:
    """Return where the body is not what it should be. msgspec names the object of an unknown or missing field; we name the field."""
    found = _PLACE.match(str(error))
    says, path = (found["says"], found["path"] or "") if found else (str(error), "")
    field = _FIELD.search(says)
    return FieldProblem(path=f"{root}{path}{f'.{field[1]}' if field else ''}", detail=says)


def wrong(error: Wrong, root: str = "$") -> FieldProblem:
    """Return which field cannot be kept."""
    return FieldProblem(path=f"{root}.{error.field}", detail=REASONS[error.why])

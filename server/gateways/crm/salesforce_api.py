"""Salesforce's REST API as we use it: several queries in one call, several records in one call, a record deleted.

Everything goes through simple-salesforce, which rides on our line; how it logs in is not used, since it would keep the token to itself.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from server.domain.crm import CrmError, CrmRef, RecordKind
from server.domain.prepared import prepared
from server.gateways.crm import values
from server.gateways.crm.line import unless_gone
from server.gateways.crm.riders import requests_session
from server.gateways.crm.salesforce_line import Refusal, Signed, refusal

ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
TYPES: Final[Mapping[RecordKind, str]] = {"contact": "Contact", "lead": "Lead", "company": "Account"}
NO_OBJECT: Final = frozenset({"INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})
_NOT_FOR_US: Final = NO_OBJECT | {"INVALID_FIELD"}
"""An object or a field that the organisation does not have, or this user may not see: the rest is still worth showing."""

Row = Mapping[str, object]


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """The answer to one request of several."""

    reference_id: str
    http_status_code: int
    body: object = None


class _Parts(msgspec.Struct, frozen=True, rename="camel"):
    composite_response: list[_Part]


_as_parts: Final = prepared(_Parts)


class _Sides(NamedTuple):
    """simple-salesforce twice: what reads may be asked again."""

    read: Any
    write: Any


class Api:
    """The API of one organisation. Safe between threads. All raise CrmError, and Refusal where Salesforce names its error."""

    def __init__(self, base: str, version: str, line: Signed) -> None:
        self._base = base
        self._version = version
        self._line = line
        self._lock = threading.Lock()
        self._made: _Sides | None = None

    def link(self, number: str) -> str:
        """Where Salesforce shows a record."""
        return f"{self._base}/{number}"

    def ask(self, queries: Mapping[str, str], needed: str = "") -> Mapping[str, Sequence[Row]]:
        """Several queries as one call. Rows by name; a name is missing when this user may not see such objects, unless it is needed."""
        if not queries:
            return {}
        path = f"/services/data/v{self._version}/query/?q="
        asked = [{"method": "GET", "url": path + quote(soql), "referenceId": name} for name, soql in queries.items()]
        found: dict[str, Sequence[Row]] = {}
        for part in self._composite(asked, all_or_none=False):
            if part.http_status_code < 300:
                rows = values.at(part.body, "records")
                if not isinstance(rows, list) or part.reference_id not in queries:
                    raise CrmError("garbled", "not the records of a query")
                found[part.reference_id] = values.objs(rows)
                continue
            refused = refusal(part.http_status_code, part.body)
            if part.reference_id == needed or refused.code not in _NOT_FOR_US:
                raise refused
        if needed in queries and needed not in found:
            raise CrmError("garbled", "a query without an answer")
        return found

    def write(self, records: Sequence[tuple[str, str, Mapping[str, object]]]) -> Mapping[str, str]:
        """Make several records or none, in one call. Their ids by name."""
        path = f"/services/data/v{self._version}/sobjects/"
        asked: list[Mapping[str, object]] = [
            {"method": "POST", "url": path + kind, "referenceId": name, "body": own} for name, kind, own in records
        ]
        made: dict[str, str] = {}
        refused: list[Refusal] = []
        for part in self._composite(asked, all_or_none=True):
            number = values.ident(values.at(part.body, "id"))
            if part.http_status_code < 300 and ID.fullmatch(number):
                made[part.reference_id] = number
            else:
                refused.append(refusal(part.http_status_code, part.body))
        # The others are only rolled back with the one that failed.
        if real := [one for one in refused if one.code != "PROCESSING_HALTED"] or refused:
            raise real[0]
        if set(made) != {name for name, _, _ in records}:
            raise CrmError("garbled", "not the ids of what was made")
        return made

    def delete(self, kind: str, number: str) -> None:
        """Put a record into the recycle bin."""
        with unless_gone():
            self._call(lambda sides: getattr(sides.write, kind).delete(number))

    def _composite(self, asked: Sequence[Mapping[str, object]], *, all_or_none: bool) -> Sequence[_Part]:
        body = json.dumps({"allOrNone": all_or_none, "compositeRequest": asked})

        def call(sides: _Sides) -> object:
            side = sides.write if all_or_none else sides.read
            return side.restful("composite/", method="POST", data=body)

        try:
            return _as_parts(self._call(call)).composite_response
        except msgspec.ValidationError:
            raise CrmError("garbled", "not the answer to several requests") from None

    def _call(self, call: Callable[[_Sides], object]) -> object:
        try:
            return call(self._sides())
        except CrmError:
            raise
        except (ValueError, RecursionError):
            raise CrmError("garbled", "not JSON") from None

    def _sides(self) -> _Sides:
        with self._lock:
            if self._made is None:
                # Two seconds and 50 MB (it brings a SOAP client), owed only by those who have a Salesforce.
                from simple_salesforce.api import Salesforce as Client  # noqa: PLC0415 - see above

                def client(*, reads: bool) -> Any:
                    session = requests_session(self._line, lambda method, _: reads or method == "GET")
                    return Client(
                        instance_url=self._base,
                        session_id="our line has it",
                        session=session,
                        version=self._version,
                        object_pairs_hook=dict,
                    )

                self._made = _Sides(client(reads=True), client(reads=False))
            return self._made


def type_of(ref: CrmRef) -> str:
    """Salesforce's type of a record's kind. Raises CrmError("missing") for what can be no record of Salesforce's."""
    if ref.kind not in TYPES or not ID.fullmatch(ref.id):
        raise CrmError("missing", "Salesforce has no such kind of record, or no such id")
    return TYPES[ref.kind]

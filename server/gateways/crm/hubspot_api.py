"""HubSpot's API as we use it, a call each: objects through HubSpot's own client, whose requests travel on our line, the rest directly.

The client's models are not used: they check nothing, and its own log would hold what customers write.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec.json import Decoder
from urllib3 import encode_multipart_formdata

from server.domain.crm import CrmError, CrmRef, RecordKind
from server.gateways.crm import values
from server.gateways.crm.hubspot_line import Signed
from server.gateways.crm.line import unless_gone
from server.gateways.crm.riders import Pool

BATCH: Final = 100
"""Ids of one batch read."""
ID: Final = re.compile(r"[0-9]{1,20}")

_TYPES: Final[Mapping[RecordKind, str]] = {"contact": "contacts", "company": "companies"}

_T = TypeVar("_T")


class Object(msgspec.Struct, frozen=True):
    """An object of any type."""

    id: str | int
    properties: dict[str, object] = {}
    associations: object = None

    def ids(self, of: str) -> tuple[list[str], bool]:
        """Ids of associated objects, each once (one label is one line), and whether there are more than were said."""
        found = values.at(self.associations, of)
        several = [values.ident(values.at(one, "id")) for one in values.objs(values.at(found, "results"))]
        return [one for one in dict.fromkeys(several) if ID.fullmatch(one)], bool(values.at(found, "paging", "next"))


class Page(msgspec.Struct, frozen=True):
    """Objects that were asked for together."""

    results: list[Object]
    total: int = 0


_OBJECT: Final = Decoder(Object)
_PAGE: Final = Decoder(Page)


class _Client(NamedTuple):
    """The three parts of HubSpot's client that we use; it has no types."""

    basic: Any
    batch: Any
    search: Any


class Api:
    """The API of one account. Safe between threads. All raise CrmError."""

    def __init__(self, line: Signed) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._made: _Client | None = None

    # ------------------------------------------------------------------ reading objects

    def get(self, of: str, number: str, properties: Iterable[str], *, linked: Sequence[str] = ()) -> Object:
        """One object, with the ids of what hangs on it of the types in `linked`."""
        more: dict[str, object] = {"associations": linked} if linked else {}
        names = list(dict.fromkeys(properties))
        return values.decode(
            self._ask(lambda api: api.basic.get_by_id(of, number, properties=names, _preload_content=False, **more)),
            _OBJECT,
        )

    def contacts(self, addresses: Sequence[str], properties: Sequence[str]) -> list[Object]:
        """Contacts by their first address: outside the limit of searches."""
        if len(addresses) > 1:
            return self.batch("contacts", addresses, properties, by="email")
        try:
            reply = self._ask(
                lambda api: api.basic.get_by_id(
                    "contacts", addresses[0], id_property="email", properties=properties, _preload_content=False
                )
            )
        except CrmError as error:
            if error.why == "missing":
                return []
            raise
        return [values.decode(reply, _OBJECT)]

    def batch(self, of: str, ids: Sequence[str], properties: Sequence[str], *, by: str = "") -> list[Object]:
        """Read several at once; HubSpot answers 207 and leaves out those that are not there."""
        body: dict[str, object] = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
        body |= {"propertiesWithHistory": []} | ({"idProperty": by} if by else {})
        return values.decode(self._ask(lambda api: api.batch.read(of, body, _preload_content=False)), _PAGE).results

    def search(
        self,
        of: str,
        groups: Sequence[Sequence[Mapping[str, object]]],
        properties: Sequence[str],
        *,
        most: int,
        sort: str = "",
    ) -> Page:
        """Objects for which all filters of any group hold; newest first by `sort`."""
        body: dict[str, object] = {
            "filterGroups": [{"filters": list(group)} for group in groups],
            "properties": list(properties),
            "limit": most,
            "after": "0",
            "sorts": [{"propertyName": sort, "direction": "DESCENDING"}] if sort else [],
        }
        return values.decode(self._ask(lambda api: api.search.do_search(of, body, _preload_content=False)), _PAGE)

    def first_contact(self, linked: Sequence[str]) -> None:
        """Read any contact, for the sake of being allowed to."""
        self._ask(lambda api: api.basic.get_page("contacts", limit=1, associations=linked, _preload_content=False))

    def belongs(self, of: str, whose: str, ids: Sequence[str]) -> Iterable[str]:
        """Ids of the objects of the type `whose` that any of these belong to."""
        if not ids:
            return
        inputs = {"inputs": [{"id": one} for one in ids]}
        path = f"{self._line.base}/crm/v3/associations/{of}/{whose}/batch/read"
        reply = self._line.send("POST", path, json=inputs, repeatable=True)
        for one in values.objs(values.at(values.decode(reply.body, values.OBJECT), "results")):
            for to in values.objs(one.get("to")):
                if ID.fullmatch(number := values.ident(to.get("id"))):
                    yield number

    def read(self, path: str, shape: Decoder[_T], params: Sequence[tuple[str, str]] = ()) -> _T:
        """Whatever else is read."""
        return values.decode(self._line.send("GET", f"{self._line.base}{path}", params=params).body, shape)

    # ------------------------------------------------------------------ writing objects

    def create(self, of: str, properties: Mapping[str, str], associations: Sequence[Mapping[str, object]] = ()) -> str:
        """Make an object, and tell its id."""
        body: dict[str, object] = {"properties": properties, "associations": associations}
        reply = self._ask(lambda api: api.basic.create(of, body, _preload_content=False))
        return str(values.decode(reply, _OBJECT).id)

    def archive(self, of: str, number: str) -> None:
        """Put an object into HubSpot's recycling bin."""
        with unless_gone():
            self._ask(lambda api: api.basic.archive(of, number, _preload_content=False))

    def upload(self, name: str, kind: str, content: bytes) -> str:
        """Store a file that only the account's people may open, and tell its id."""
        options = json.dumps({"access": "PRIVATE", "overwrite": False})
        body, content_type = encode_multipart_formdata(
            {"file": (name, content, kind), "folderPath": "/sobani", "options": options}
        )
        reply = self._line.send(
            "POST", f"{self._line.base}/files/v3/files", body=body, headers={"Content-Type": content_type}
        )
        made = str(values.decode(reply.body, _OBJECT).id)
        if not ID.fullmatch(made):
            raise CrmError("garbled", "a file without an id")
        return made

    def delete_file(self, number: str) -> None:
        """Delete a stored file."""
        with unless_gone():
            self._line.send("DELETE", f"{self._line.base}/files/v3/files/{number}")

    # ------------------------------------------------------------------ HubSpot's client

    def _ask(self, call: Callable[[_Client], Any]) -> bytes:
        """One call of HubSpot's client. The body of its answer, as it came."""
        return bytes(call(self._client()).data)

    def _client(self) -> _Client:
        with self._lock:
            if self._made is None:
                # Half a second and 20 MB, owed only by those who have a HubSpot.
                from hubspot.crm import objects  # noqa: PLC0415 - see above

                client = objects.ApiClient(objects.Configuration(host=self._line.base))
                client.rest_client.pool_manager = Pool(self._line, _reads)
                self._made = _Client(objects.BasicApi(client), objects.BatchApi(client), objects.SearchApi(client))
            return self._made


def type_of(ref: CrmRef) -> str:
    """HubSpot's type of a record's kind. Raises CrmError("missing") for what can be no record of HubSpot's."""
    of = _TYPES.get(ref.kind)
    if of is None or not ID.fullmatch(ref.id):
        raise CrmError("missing", "HubSpot has no such kind of record, or no such id")
    return of


def condition(name: str, operator: str, value: str | Sequence[str]) -> Mapping[str, object]:
    """One filter of a search."""
    if isinstance(value, str):
        return {"propertyName": name, "operator": operator, "value": value}
    return {"propertyName": name, "operator": operator, "values": [one.lower() for one in value]}


def _reads(method: str, url: str) -> bool:
    """Batch reads and searches are POSTs that change nothing."""
    return method == "GET" or url.endswith(("/search", "/batch/read"))

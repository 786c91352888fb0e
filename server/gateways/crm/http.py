"""Any system that answers an address with JSON: where it is asked, and where in the answer each value stands (http_fields), are settings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from server.domain.crm import (
    Ability,
    Candidate,
    Connection,
    Crm,
    CrmError,
    CrmRef,
    Delivery,
    ForgedDelivery,
    Item,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    RecordKind,
    Wanted,
)
from server.gateways.crm import values
from server.gateways.crm.http_fields import KINDS, WORDS, Path, got, read_fields, read_path, words_of
from server.gateways.crm.mapping import READERS
from server.gateways.crm.spec import Clock, Line, Quota, Reply, Secrets, Setting, Spec

SPEC: Final = Spec(
    kind="http",
    settings=(
        Setting("url", "url", required=True),  # with {email}, {domain} or {name}
        Setting("load_url", "url"),  # with {id}
        Setting("records", default="$"),  # in the answer of `url`: the list, or each record
        Setting("record", default="$"),  # in the answer of `load_url`
        Setting("fields", "lines", required=True),
        Setting("kind", "choice", choices=("contact", "lead", "company"), default="contact"),
        Setting("header", default="Authorization"),
        Setting("zone"),  # of times that name none
    ),
    secrets=(Setting("token", "secret"),),  # the header's value: "Bearer ...", "Token ..."
    abilities=frozenset({Ability.DEALS, Ability.TICKETS, Ability.ORDERS, Ability.ACTIVITIES}),
    quotas=(Quota(20, 1.0), Quota(300, 60.0)),  # nothing is known of the system: a team of fifty needs far less
    at_once=4,
    calls={"find": 2, "load": 1},
    largest=256 * 1024,
)

CANDIDATES: Final = 20
_ROWS: Final = 100  # records of one search that are looked at
_NOBODY: Final = "nobody@example.com"  # whom a test without a sample asks for

_PLACE: Final = re.compile(r"\{(email|domain|name|id)\}")
_HEADER: Final = re.compile(r"(?!host$|content-|transfer-|connection$)[a-z][a-z0-9-]{0,60}", re.IGNORECASE)


class Asking(NamedTuple):
    """By what the system is asked: the placeholders of its address."""

    email: str = ""
    domain: str = ""
    name: str = ""


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Crm:
    """Read the settings. Raises CrmError("mapping") that names the setting, and of `fields` the line."""
    del clock
    return MappedCrm(connection, secrets, line)


class MappedCrm:
    """A Crm that only reads, and one of which the administrators' page can show what an address finds."""

    def __init__(self, connection: Connection, secrets: Secrets, line: Line) -> None:
        settings = SPEC.chosen(connection)
        self._connection = connection.id
        self._secrets = secrets
        self._line = line
        self._url = _template("url", settings["url"], {"email", "domain", "name"})
        self._load_url = _template("load_url", settings["load_url"], {"id"}) if settings["load_url"] else ""
        self._records = read_path("records", settings["records"])
        # Of "$.results[*]" and the like the list must be there, if empty: else the path is wrong, or the answer is an error's.
        of_list = settings["records"].removesuffix("[*]")
        self._list = None if "?" in of_list or ".." in of_list else read_path("records", of_list)
        self._record = read_path("record", settings["record"])
        self._fields = read_fields(settings["fields"])
        self._header = connection.settings.get("header", "Authorization").strip()
        if self._header and not _HEADER.fullmatch(self._header):
            raise CrmError("mapping", "header: not the name of a header")
        self._of: RecordKind = next((kind for kind in _RECORD_KINDS if kind == settings["kind"]), "contact")
        self._zone = _zone(settings["zone"])
        if "id" not in self._fields.plain and (self._load_url or "addresses" not in self._fields.plain):
            raise CrmError("mapping", "fields: id is missing")

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port. What a search by a part of the address finds comes back too, with its own addresses."""
        found: dict[CrmRef, Candidate] = {}
        with self._line.within():
            for asking in self._askings(wanted):
                for raw in self._search(asking):
                    ref = self._ref(raw, asking)
                    if ref is not None and len(found) < CANDIDATES:
                        found.setdefault(ref, self._candidate(ref, raw))
                if any(asking.email in candidate.addresses for candidate in found.values()):
                    break
        return list(found.values())

    def load(self, ref: CrmRef) -> Record:
        """See the port."""
        if self._load_url:
            if ref.id.strip(".") == "":  # a path of dots leads somewhere else
                raise CrmError("missing")
            answer = self._ask(_filled(self._load_url, {"id": ref.id}))
            raw = self._record.one(answer)
            if not isinstance(raw, dict) or self._id(raw) != ref.id:
                raise CrmError("garbled", "not the record that was asked for")
            return self._read(ref, raw, answer)
        # The id holds by what the system was asked: it can be asked only so.
        of, _, by = ref.id.partition("|")
        asking = self._asking(unquote(by))
        if not by or self._incomplete(asking):
            raise CrmError("missing")
        for raw in self._search(asking):
            if self._id(raw) == unquote(of):
                return self._read(ref, raw, raw)
        raise CrmError("missing")

    def check(self) -> None:
        """See the port. Asks for an address that nobody has: what comes back must be JSON."""
        self._search(self._asking(_NOBODY) if "{email}" in self._url else Asking(_NOBODY, "example.com", "nobody"))

    def try_it(self, address: str) -> Sequence[tuple[str, str]]:
        """Look this address up: how many records there are, and what each field of the first that has it says; "" where a path finds nothing.

        Raises CrmError.
        """
        asking = Asking(address, address.rpartition("@")[2], address.partition("@")[0])
        with self._line.within():
            raws = self._search(asking)
            said = [("records", str(len(raws)))]
            having = [raw for raw in raws if address.lower() in self._addresses(raw)]
            if not raws:
                return said
            raw: Mapping[str, Any] = (having or raws)[0]
            whole: object = raw
            if self._load_url and (of := self._id(raw)):
                answer = self._ask(_filled(self._load_url, {"id": of}))
                loaded = self._record.one(answer)
                if not isinstance(loaded, dict):
                    return [*said, ("record", "")]
                raw, whole = dict(loaded), answer
        ref = self._ref(raw, asking)
        if ref is None:
            return [*said, ("id", "")]
        record = self._read(ref, raw, whole)
        said += [(name, self._tried(name, record, raw)) for name in self._fields.plain]
        said += [(label, record.more.get(label, "")) for label in self._fields.more]
        for name, kind in KINDS.items():
            if name in self._fields.lists:
                items = [item for item in record.items if item.kind == kind]
                said.append((name, str(record.totals.get(kind, len(items))) if items else ""))
                said += [(f"{name}.{of}", self._said(items[:1], of)) for of in self._fields.items[name]]
        return said

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """Nothing is written into a system of which only addresses to read are known."""
        del letter, ref
        raise CrmError("unset", "only read")

    def unlog(self, made: Made) -> None:
        """As `log`."""
        del made
        raise CrmError("unset", "only read")

    def create(self, order: Order) -> Made:
        """As `log`."""
        del order
        raise CrmError("unset", "only read")

    def changed(self, delivery: Delivery) -> Moved:
        """No webhook is known of such a system."""
        del delivery
        raise ForgedDelivery("no webhooks")

    # ------------------------------------------------------------------ asking

    def _askings(self, wanted: Wanted) -> Iterator[Asking]:
        name = next(iter(wanted.names), "")
        if "{email}" in self._url:
            found = [Asking(one.email, wanted.domain or one.email.rpartition("@")[2], name) for one in wanted.addresses]
        else:  # one request says it all; free mail has no domain to ask for
            found = [Asking("", wanted.domain, name)]
        return itertools.islice((one for one in found if not self._incomplete(one)), SPEC.calls["find"])

    def _asking(self, by: str) -> Asking:
        return Asking(by, by.rpartition("@")[2]) if "{email}" in self._url else Asking("", by, by)

    def _incomplete(self, asking: Asking) -> bool:
        """Whether the address of the system wants something that is not known. A name beside an address may be empty."""
        names = set(_PLACE.findall(self._url))
        return any(not getattr(asking, name) for name in names if name != "name" or "email" not in names)

    def _search(self, asking: Asking) -> Sequence[Mapping[str, Any]]:
        try:
            answer = self._ask(_filled(self._url, asking._asdict()))
        except CrmError as error:
            if error.why == "missing" and _is_json(error.body):
                return ()  # how many systems say that they know nobody by that name
            raise
        if answer is not None and self._list is not None and not self._list.found(answer):
            raise CrmError("mapping", "records: the path finds nothing in the answer")
        return [raw for raw in self._records.all(answer) if isinstance(raw, dict)][:_ROWS]

    def _ask(self, url: str) -> object:
        headers = {"Accept": "application/json"}
        if self._header:
            token = self._secrets.get().get("token", "")
            if not token:
                raise CrmError("unset")
            headers[self._header] = token
        reply = self._line.send("GET", url, headers=headers)
        return None if reply.status == 204 else self._json(reply)

    def _json(self, reply: Reply) -> object:
        answer = self._line.json(reply)
        if answer is not None and not isinstance(answer, dict | list):
            raise CrmError("garbled", "neither an object nor a list")
        return answer

    # ------------------------------------------------------------------ reading

    def _id(self, raw: Mapping[str, Any]) -> str:
        if "id" not in self._fields.plain:
            return next(iter(self._addresses(raw)), "")
        return values.ident(self._get(raw, "id"))

    def _ref(self, raw: Mapping[str, Any], asking: Asking) -> CrmRef | None:
        of = self._id(raw)
        if not of:
            return None
        if self._load_url:
            return CrmRef(self._connection, self._of, of)
        by = asking.email or asking.domain or asking.name
        return CrmRef(self._connection, self._of, f"{quote(of, safe='')}|{quote(by, safe='@')}")

    def _candidate(self, ref: CrmRef, raw: Mapping[str, Any]) -> Candidate:
        return Candidate(
            ref,
            name=values.text(self._get(raw, "name")),
            company=values.text(self._get(raw, "company")),
            addresses=self._addresses(raw),
            domain=values.domain(self._get(raw, "domain")) if self._of == "company" else "",
            url=self._link(self._fields.plain, raw),
        )

    def _read(self, ref: CrmRef, raw: Mapping[str, Any], whole: object) -> Record:
        plain = self._fields.plain
        read: dict[str, Any] = {}
        for name, reader in READERS.items():
            if name in plain:
                read[name] = self._moved(reader)(self._get(raw, name))
        items, totals = self._items(raw, whole)
        more = {label: ", ".join(values.texts(path.one(raw))) for label, path in self._fields.more.items()}
        return Record(
            ref=ref,
            name=values.text(self._get(raw, "name")),
            addresses=self._addresses(raw),
            url=self._link(plain, raw),
            owner=values.text(self._get(raw, "owner")),
            value=values.money(self._get(raw, "value"), self._get(raw, "currency")),
            more={label: text for label, text in more.items() if text},
            items=items,
            totals=totals,
            **read,
        )

    def _moved(self, reader: Callable[[object], object]) -> Callable[[object], object]:
        """Times and days by the system's own zone."""
        if reader is values.moment:
            return lambda value: values.moment(value, self._zone)
        if reader is values.day:
            return lambda value: values.day(value, self._zone)
        return reader

    def _items(self, raw: Mapping[str, Any], whole: object) -> tuple[tuple[Item, ...], dict[str, int]]:
        found: list[Item] = []
        for name, path in self._fields.lists.items():
            # Beside the record, where a system answers with both: {"contact": {...}, "deals": [...]}.
            rows = path.all(raw) or path.all(whole)
            found += [self._item(name, number, row) for number, row in enumerate(rows) if isinstance(row, dict)]
        kept = values.kept(found)
        totals: dict[str, int] = {}
        for kind in KINDS.values():
            count = sum(item.kind == kind for item in found)
            if count > sum(item.kind == kind for item in kept):
                totals[kind] = count
        return kept, totals

    def _item(self, name: str, number: int, row: Mapping[str, Any]) -> Item:
        of = self._fields.items[name]
        status = values.text(got(of, row, "status"))
        id_ = values.ident(got(of, row, "id")) or str(number)
        opened = (
            values.flag(got(of, row, "open"))
            if "open" in of
            else "closed" in of and status not in words_of(of, "closed")
        )
        complaint = values.flag(got(of, row, "complaint")) or status in words_of(of, "complaints")
        return Item(
            kind=KINDS[name],
            id=id_,
            title=values.text(got(of, row, "title")) or f"#{id_}",
            at=values.moment(got(of, row, "at"), self._zone),
            status=status,
            open=bool(opened),
            complaint=bool(complaint),
            amount=values.money(got(of, row, "amount"), got(of, row, "currency")),
            url=self._link(of, row),
            by=values.text(got(of, row, "by")),
        )

    def _get(self, raw: object, name: str) -> object:
        return got(self._fields.plain, raw, name)

    def _addresses(self, raw: object) -> tuple[str, ...]:
        path = self._fields.plain.get("addresses")
        return values.addresses(list(path.all(raw))) if isinstance(path, Path) else ()

    def _link(self, of: Mapping[str, Path | str], raw: object) -> str:
        """A link as the system gives it, or one that is put together from the id."""
        written = of.get("url")
        if isinstance(written, str):
            id_ = values.ident(got(of, raw, "id"))
            return values.link(_filled(written, {"id": id_})) if id_ else ""
        return values.link(got(of, raw, "url"))

    def _tried(self, name: str, record: Record, raw: object) -> str:
        match name:
            case "id":
                return self._id(raw) if isinstance(raw, dict) else ""
            case "domain":
                return values.domain(self._get(raw, "domain"))
            case "currency":
                return record.value.currency if record.value else values.currency(self._get(raw, "currency"))
            case _:
                return _shown(getattr(record, name))

    def _said(self, items: Sequence[Item], name: str) -> str:
        if not items or name in WORDS:
            return ""
        if name == "currency":
            return items[0].amount.currency if items[0].amount else ""
        return _shown(getattr(items[0], name))


_RECORD_KINDS: Final[tuple[RecordKind, ...]] = ("contact", "lead", "company")


def _shown(value: object) -> str:
    """A value as an administrator may compare it with the CRM's own page."""
    match value:
        case None | 0 | "" | ():
            return ""
        case tuple():
            return ", ".join(map(str, value))
        case str() | bool() | int() | float():
            return str(value)
        case _:
            return " ".join(str(part) for part in msgspec.structs.astuple(value) if part)  # type: ignore[arg-type] # Money is what is left


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(body), dict | list)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False


def _filled(template: str, by: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: quote(by.get(place[1], ""), safe=""), template)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, KeyError, OSError):
        raise CrmError("mapping", "zone: not the name of a time zone") from None


def _template(setting: str, written: str, places: set[str]) -> str:
    try:
        parts = urlsplit(written)
    except ValueError:
        raise CrmError("mapping", f"{setting}: not an address") from None
    found = set(_PLACE.findall(written))
    if not written:
        raise CrmError("unset", f"{setting} is missing")
    if "{" in parts.netloc or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CrmError("unsafe", f"{setting}: the host must be written out")
    if not found or not found <= places:
        raise CrmError("mapping", f"{setting}: needs {' or '.join(f'{{{place}}}' for place in sorted(places))}")
    return written

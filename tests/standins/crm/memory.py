"""A CRM in memory: everything the port says, nothing of any vendor. `trouble` is what every call meets."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from server.domain.crm import (
    Ability,
    Candidate,
    Connection,
    Crm,
    CrmError,
    CrmRef,
    Delivery,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    Trouble,
    Wanted,
)

CONNECTION = Connection(
    id="x1",
    kind="kintone",
    name="顧客台帳",
    abilities=(
        Ability.DEALS,
        Ability.TICKETS,
        Ability.ORDERS,
        Ability.ACTIVITIES,
        Ability.LOG,
        Ability.LOG_FILES,
        Ability.UNLOG,
        Ability.CREATE_CONTACT,
        Ability.CREATE_TICKET,
        Ability.CREATE_DEAL,
    ),
)


class MemoryCrm:
    """Records by id, letters and orders by key. `calls` counts by method."""

    def __init__(self, *records: Record) -> None:
        self.records = {record.ref.id: record for record in records}
        self.letters: dict[str, Letter] = {}
        self.orders: dict[str, Order] = {}
        self.calls: Counter[str] = Counter()
        self.trouble: Trouble | None = None
        self.answers = threading.Event()  # cleared: it keeps everybody waiting
        self.answers.set()
        self.impostor = False  # answer every search with all there is
        self._lock = threading.Lock()

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        self._called("find")
        asked = {one.email for one in wanted.addresses}
        return [
            _candidate(record)
            for record in self.records.values()
            if self.impostor
            or asked.intersection(record.addresses)
            or (record.ref.kind == "company" and record.more.get("domain") == wanted.domain)
        ]

    def load(self, ref: CrmRef) -> Record:
        self._called("load")
        if ref.id not in self.records:
            raise CrmError("missing")
        return self.records[ref.id]

    def check(self) -> None:
        self._called("check")

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        self._called("log")
        self.letters.setdefault(letter.key, letter)
        return Made(letter.key, f"https://crm.example/{ref.id}/{letter.key}")

    def unlog(self, made: Made) -> None:
        self._called("unlog")
        self.letters.pop(made.id, None)

    def create(self, order: Order) -> Made:
        self._called("create")
        self.orders.setdefault(order.key, order)
        return Made(order.key, f"https://crm.example/{order.kind}")

    def changed(self, delivery: Delivery) -> Moved:
        self._called("changed")
        return msgspec.json.decode(delivery.body, type=Moved)

    def _called(self, method: str) -> None:
        with self._lock:
            self.calls[method] += 1
        self.answers.wait(60)
        if self.trouble:
            raise CrmError(self.trouble)


class MemoryConnectors:
    """The port `Connectors`: one CRM per connection."""

    def __init__(self, crms: Mapping[str, MemoryCrm]) -> None:
        self._crms = crms

    def connect(self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None) -> Crm:
        del workspace, credentials
        if connection.id not in self._crms:
            raise CrmError("unset")
        return self._crms[connection.id]


def record(id_: str = "1", **fields: object) -> Record:
    """Return a record of the connection, 田中 太郎's unless said otherwise."""
    given = {
        "name": "田中 太郎",
        "company": "みどり珈琲",
        "addresses": ("tanaka@midori.example",),
        "plan": "スタンダード",
        **fields,
    }
    kind = given.pop("kind", "contact")
    return msgspec.convert({"ref": {"connection": CONNECTION.id, "kind": kind, "id": id_}, **given}, Record)


def _candidate(record: Record) -> Candidate:
    return Candidate(
        ref=record.ref,
        name=record.name,
        company=record.company,
        addresses=record.addresses,
        domain=record.more.get("domain", ""),
        url=record.url,
    )

"""The built-in CRM: the workspace's own customers, pushed by its systems (docs/api.md) or brought in as a file.

Nothing is called: it reads the store, and so is always connected, has no secrets and no quota. A mail is not logged here, since
the conversation itself is kept beside it already; and who is made in it comes from the systems that keep its ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import Final, NoReturn

import msgspec

from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Item,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    Wanted,
)
from server.domain.errors import RecordsUnavailable
from server.domain.own import MAX_NOTE, Customer, Records, Whole
from server.domain.worth import current, unused_of, usage_of, worth_of
from server.gateways.crm.spec import Clock, Spec
from server.gateways.crm.values import prose, text, texts

SPEC: Final = Spec(
    kind="builtin",
    settings=(),
    secrets=(),
    abilities=frozenset({Ability.ORDERS, Ability.ACTIVITIES}),
    quotas=(),
    at_once=8,
    calls={"find": 0, "load": 0},
)


class BuiltIn:
    """The port `Crm` over the workspace's own records. `zone`: whose months and days are counted."""

    def __init__(self, connection: Connection, workspace: str, records: Records, clock: Clock, zone: tzinfo) -> None:
        self._connection = connection.id
        self._workspace = workspace
        self._records = records
        self._clock = clock
        self._zone = zone

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port."""
        try:
            found = self._records.find(self._workspace, [one.email for one in wanted.addresses], wanted.domain)
        except RecordsUnavailable as error:
            raise CrmError("down", "records") from error
        return [
            Candidate(self._ref(one), text(one.name), _company(one), one.addresses, one.domain, one.url)
            for one in found
        ]

    def load(self, ref: CrmRef) -> Record:
        """See the port."""
        try:
            whole = self._records.load(self._workspace, ref.id)
        except RecordsUnavailable as error:
            raise CrmError("down", "records") from error
        if whole is None:
            raise CrmError("missing")
        return self._record(whole)

    def check(self) -> None:
        """See the port: whoever can ask this has the records at hand."""
        try:
            self._records.known(self._workspace, ["check"])
        except RecordsUnavailable as error:
            raise CrmError("down", "records") from error

    def log(self, letter: Letter, ref: CrmRef) -> NoReturn:
        """See the port; not one of our abilities."""
        del letter, ref
        raise CrmError("failed", "the built-in CRM logs no mails")

    def unlog(self, made: Made) -> NoReturn:
        """See the port; not one of our abilities."""
        del made
        raise CrmError("failed", "the built-in CRM logs no mails")

    def create(self, order: Order) -> NoReturn:
        """See the port; not one of our abilities."""
        del order
        raise CrmError("failed", "the built-in CRM makes nothing by itself")

    def changed(self, delivery: Delivery) -> Moved:
        """See the port: what is pushed is told by the store itself."""
        del delivery
        return Moved()

    def _ref(self, customer: Customer) -> CrmRef:
        return CrmRef(self._connection, customer.kind, customer.id)

    def _record(self, whole: Whole) -> Record:
        one, now = whole.customer, self._clock()
        today = datetime.fromtimestamp(now / 1000, self._zone).date()
        worth = worth_of(whole, now, self._zone)
        plan = current(whole, today)
        items = sorted(self._items(whole, today), key=lambda item: (not item.open, -item.at, item.id))
        kept = sorted(items[:ITEMS_KEPT], key=lambda item: (-item.at, item.id))
        return Record(
            ref=self._ref(one),
            name=text(one.name),
            reading=text(one.reading),
            company=_company(one),
            role=text(one.role),
            addresses=one.addresses,
            phone=one.phone,
            url=one.url,
            owner=text(one.owner),
            # What is said of the customer themselves comes first; else it is what they subscribe to.
            plan=text(one.plan or (plan.title if plan else "")),
            contract_start=one.contract_start or (plan.start if plan else ""),
            contract_end=one.contract_end or (plan.end if plan else ""),
            renewal=one.renewal or (plan.renewal if plan else ""),
            products=texts([*one.products]),
            environment=texts([*one.environment]),
            value=worth.value,
            trend=worth.trend,
            health=one.health,
            usage=usage_of(whole.used, now, self._zone),
            unused=texts([*unused_of(whole)], most=100),
            last_contact=one.last_contact,
            note=prose(one.note, MAX_NOTE),
            more={text(label): text(said, 500) for label, said in one.more.items()},
            items=tuple(_plain(item) for item in kept),
            totals=_totals(whole) if len(items) > ITEMS_KEPT else {},
        )

    def _items(self, whole: Whole, today: date) -> Iterator[Item]:
        for order in whole.orders:
            yield Item(
                kind="order",
                id=order.id,
                title=order.title,
                at=order.at,
                status=order.status,
                open=order.open and not order.cancelled,
                amount=order.amount,
                url=order.url,
                by=order.by,
            )
        for one in whole.subscriptions:
            begun = datetime.combine(date.fromisoformat(one.start), datetime.min.time(), self._zone)
            yield Item(
                kind="subscription",
                id=one.id,
                title=one.title,
                at=int(begun.timestamp() * 1000),
                status=one.status,
                open=not one.cancelled and (not one.end or one.end >= today.isoformat()),
                amount=one.amount,
                url=one.url,
            )
        for event in whole.events:
            yield Item(
                kind="event",
                id=event.id,
                title=event.title,
                at=event.at,
                status=event.status,
                url=event.url,
                by=event.by,
            )


def _company(customer: Customer) -> str:
    return text(customer.company or (customer.name if customer.kind == "company" else ""))


def _plain(item: Item) -> Item:
    """What others' systems push may hold HTML; nothing of it reaches a card."""
    return msgspec.structs.replace(item, title=text(item.title), status=text(item.status), by=text(item.by))


def _totals(whole: Whole) -> dict[str, int]:
    """How many there are of each kind; not of those that were cut: how many were let go is not known."""
    counts = {"order": len(whole.orders), "subscription": len(whole.subscriptions), "event": len(whole.events)}
    return {kind: count for kind, count in counts.items() if count and kind not in whole.cut}

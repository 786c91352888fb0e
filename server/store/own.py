"""The workspace's own customers in Redis (scripts/own.lua): the port `Records`, and the forgetting of an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.ids import digest
from server.domain.own import (
    FEATURES,
    HOLDERS,
    ITEMS,
    MONTHS,
    Brought,
    Customer,
    Event,
    Held,
    Item,
    Order,
    Put,
    Subscription,
    Took,
    Touched,
    Use,
    Used,
    Whole,
    Wrote,
)
from server.store.keys import prefix, sequence
from server.store.library import Library

AT_ONCE: Final = 200
"""Rows that one script writes or reads: a few milliseconds during which nobody else is answered."""

T = TypeVar("T")

_encode: Final = msgspec.msgpack.Encoder().encode
_customer: Final = msgspec.msgpack.Decoder(Customer).decode
_order: Final = msgspec.msgpack.Decoder(Order).decode
_subscription: Final = msgspec.msgpack.Decoder(Subscription).decode
_event: Final = msgspec.msgpack.Decoder(Event).decode


class _Kept(msgspec.Struct, frozen=True):
    last: int = 0
    months: dict[str, float] = {}


_kept: Final = msgspec.msgpack.Decoder(_Kept).decode


class RedisOwn:
    """The port `Records`. `touched` is told of every change after it was written."""

    def __init__(self, library: Library, touched: Touched) -> None:
        self._library = library
        self._touched = touched

    def known(self, workspace: str, ids: Sequence[str]) -> Sequence[Held]:
        """See the port."""
        return [
            Held(_customer(record) if record else None, int(version))
            for part in _parts(ids)
            for record, version in self._call("own_known", workspace, ks=[digest(id_) for id_ in part])
        ]

    def holders(self, workspace: str, addresses: Sequence[str]) -> Sequence[tuple[Customer, ...]]:
        """See the port."""
        return [
            tuple(map(_customer, found))
            for part in _parts(addresses)
            for found in self._call("own_holders", workspace, **{"as": [digest(one) for one in part]})
        ]

    def find(self, workspace: str, addresses: Sequence[str], domain: str) -> Sequence[Customer]:
        """See the port."""
        request = {"as": [digest(one) for one in addresses], "d": digest(domain) if domain else "", "most": HOLDERS}
        return [_customer(record) for record in self._call("own_find", workspace, **request)]

    def load(self, workspace: str, id_: str) -> Whole | None:
        """See the port."""
        found = self._call("own_load", workspace, k=digest(id_))
        if not found:
            return None
        record, orders, subscriptions, events, used, cut = found
        return Whole(
            customer=_customer(record),
            orders=_newest_first(map(_order, orders)),
            subscriptions=tuple(
                sorted(map(_subscription, subscriptions), key=lambda one: (one.start, one.id), reverse=True)
            ),
            events=_newest_first(map(_event, events)),
            used=tuple(
                Used(feature.decode(), kept.last, dict(sorted(kept.months.items())))
                for feature, kept in sorted(zip(used[::2], map(_kept, used[1::2]), strict=True), key=lambda one: one[0])
            ),
            cut=tuple(kind.decode() for kind in cut),
        )

    def put(self, workspace: str, rows: Sequence[Put]) -> Sequence[Wrote]:
        """See the port."""
        codes: list[Wrote] = []
        for part in _parts(rows):
            request = [
                {
                    "k": digest(customer.id),
                    "a": ",".join(map(digest, customer.addresses)),
                    "d": digest(customer.domain) if customer.domain and customer.kind == "company" else "",
                    "seen": str(seen),
                }
                for customer, seen in part
            ]
            addresses: list[str] = []
            for (customer, _), (code, before) in zip(
                part,
                self._call("own_put", workspace, *(_encode(customer) for customer, _ in part), rows=request),
                strict=True,
            ):
                codes.append(code.decode())
                if code in {b"new", b"changed"}:
                    addresses += customer.addresses
                    addresses += _customer(before).addresses if before else ()
            self._tell(workspace, addresses)
        return codes

    def bring(self, workspace: str, rows: Sequence[Brought]) -> Sequence[Took]:
        """See the port."""
        codes: list[Took] = []
        for part in _parts(rows):
            request = [_row(brought) for brought in part]
            items = (b"" if isinstance(one.what, Use) else _encode(one.what) for one in part)
            found, records = self._call(
                "own_bring", workspace, *items, rows=request, most=dict(ITEMS), features=FEATURES, months=MONTHS
            )
            codes += [code.decode() for code in found]
            self._tell(workspace, [email for record in records for email in _customer(record).addresses])
        return codes

    def remove(self, workspace: str, id_: str) -> bool:
        """See the port."""
        record = self._call("own_remove", workspace, k=digest(id_))
        if record:
            self._tell(workspace, _customer(record).addresses)
        return bool(record)

    def page(self, workspace: str, cursor: int, count: int) -> tuple[Sequence[Customer], int]:
        """See the port."""
        last, records = self._call("own_page", workspace, after=str(cursor), most=count)
        return [_customer(record) for record in records], int(last)

    def forget(self, workspace: str, address: str) -> int:
        """Take the address off every customer; who has no other, and is no company, goes with all that is kept. How many it were."""
        forgotten = tries = 0
        while found := self.find(workspace, [address], ""):
            went = sum(
                self._forget_one(workspace, held, address) for held in self.known(workspace, [one.id for one in found])
            )
            forgotten, tries = forgotten + went, 0 if went else tries + 1
            if tries == 5:  # each was written anew between our look and our write: said, never left behind in silence
                raise RecordsUnavailable("busy")
        return forgotten

    def _forget_one(self, workspace: str, held: Held, address: str) -> bool:
        """Whether it is done; not when somebody wrote the record meanwhile: the next look sees what it is like now."""
        if held.customer is None or address not in held.customer.addresses:
            return False
        left = tuple(one for one in held.customer.addresses if one != address)
        if left or held.customer.kind == "company":
            rest = msgspec.structs.replace(held.customer, addresses=left)
            return list(self.put(workspace, [Put(rest, held.version)])) == ["changed"]
        request = {"k": digest(held.customer.id), "seen": str(held.version)}
        if not self._call("own_remove", workspace, **request):
            return False
        self._tell(workspace, held.customer.addresses)
        return True

    def _tell(self, workspace: str, addresses: Iterable[str]) -> None:
        unique = list(dict.fromkeys(addresses))
        if unique:
            self._touched(workspace, unique)

    def _call(self, function: str, workspace: str, *blobs: bytes, **request: object) -> Any:
        return self._library.call(function, sequence(workspace), {"p": prefix(workspace), **request}, *blobs)


def _row(brought: Brought) -> dict[str, object]:
    what, key = brought.what, digest(brought.customer)
    if isinstance(what, Use):
        return {
            "k": key,
            "kind": "use",
            "feature": what.feature,
            "month": what.month,
            "count": what.count,
            "last": what.last,
        }
    kind, at = _sorted_by(what)
    return {"k": key, "kind": kind, "id": what.id, "at": at}


def _sorted_by(item: Item) -> tuple[str, int]:
    match item:
        case Order():
            return "order", item.at
        case Subscription():
            return "subscription", int(item.start.replace("-", ""))  # only the order counts
        case Event():
            return "event", item.at


D = TypeVar("D", Order, Event)


def _newest_first(items: Iterable[D]) -> tuple[D, ...]:
    return tuple(sorted(items, key=lambda one: (one.at, one.id), reverse=True))


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]

"""The built-in CRM: the cast lies in a real store, and nothing is called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from server.domain.crm import Connection, Crm, Money
from server.domain.own import ITEMS, Brought, Customer, Event, Order, Put, Subscription
from server.gateways.crm.builtin import BuiltIn
from server.store.own import RedisOwn
from server.wiring import open_store
from tests.gateways.crm.contract import BUSY, COMPANY, DOMAIN, HANAKO, NOW, SHARED, TARO, Office
from tests.standins.crm.server import Answer, Request, Vendor

DAY = 24 * 3_600_000


class Uncalled(Vendor):
    """Whoever calls it has made a mistake."""

    def answer(self, request: Request) -> Answer:
        return Answer(500, b"")


class BuiltInOffice(Office):
    kind = "builtin"
    lacks = frozenset({"deal", "ticket", "complaint", "activity", "calls"})

    def open_vendor(self, request: pytest.FixtureRequest) -> Vendor:
        self._request = request
        return Uncalled()

    def _fill(self) -> RedisOwn:
        """The store is opened by whoever connects: much of the suite has no need of it."""
        store = open_store(self._request.getfixturevalue("redis_url"))
        self._request.addfinalizer(store.library.client.close)
        own = RedisOwn(store.library, lambda *_: None)
        cast = [
            Customer(id="c-1", name="田中 太郎", company=COMPANY, addresses=(TARO,), url="https://shop.example/c-1"),
            Customer(id="c-2", name="港 一郎", addresses=(SHARED,)),
            Customer(id="c-3", name="港 花子", addresses=(SHARED,)),
            Customer(id="c-4", name='鈴木 "<b>花子</b>"', addresses=(HANAKO,), note="<p>いつも&nbsp;<b>午前</b></p>"),
            Customer(id="c-5", name="忙しい人", addresses=(BUSY,)),
            Customer(id="k-1", kind="company", name=COMPANY, domain=DOMAIN),
        ]
        own.put("aoba", [Put(one, 0) for one in cast])
        own.bring(
            "aoba",
            [
                Brought("c-1", Order(id="o-1", title="鶏の骨", at=NOW - DAY, amount=Money("5400", "JPY"))),
                Brought("c-1", Subscription(id="s-1", title="Standard", start="2026-04-01")),
                *(
                    Brought("c-1", Event(id=f"e-{number}", title="ログイン", at=NOW - number * DAY))
                    for number in range(3)
                ),
                *(
                    Brought("c-5", Event(id=f"e-{number}", title="x", at=NOW - number))
                    for number in range(ITEMS["event"] + 50)
                ),
            ],
        )
        return own

    def credentials(self) -> dict[str, str]:
        return {}

    def connect(
        self,
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        seconds: float = 10.0,
        credentials: Mapping[str, str] | None = None,
    ) -> Crm:
        connection = Connection("c1", self.kind, "顧客", {**settings})
        return BuiltIn(connection, "aoba", self._fill(), lambda: self.now, ZoneInfo("Asia/Tokyo"))


OFFICE = BuiltInOffice

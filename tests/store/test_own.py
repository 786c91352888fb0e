"""The workspace's own customers in a real store: each by its bringer's id, found by address and domain, bounded, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.crm import Money
from server.domain.own import (
    FEATURES,
    HOLDERS,
    ITEMS,
    MONTHS,
    Brought,
    Customer,
    Event,
    Order,
    Put,
    Subscription,
    Use,
    Used,
    Whole,
)
from server.store.own import RedisOwn
from tests.store.shop import Shop, shop_at
from tests.store.test_keys import patterns

TARO = Customer(id="c-1", name="田中 太郎", addresses=("taro@hokuto.example",), more={}, value=Money("1200000", "JPY"))
HOKUTO = Customer(id="k-1", kind="company", name="北都フーズ株式会社", domain="hokuto.example")
ORDER = Order(id="o-1", title="鶏の骨 20 kg", at=1_000, amount=Money("5400", "JPY"), open=True)


@dataclass
class Shelf:
    """The store's part, and what it has told of."""

    shop: Shop
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.own = RedisOwn(self.shop.store.library, self._tell)

    def _tell(self, workspace: str, addresses: Sequence[str]) -> None:
        assert workspace == "aoba"
        self.told += addresses

    def put(self, *customers: Customer) -> list[str]:
        seen = [held.version for held in self.own.known("aoba", [one.id for one in customers])]
        return list(self.own.put("aoba", [Put(one, at) for one, at in zip(customers, seen, strict=True)]))

    def bring(self, *things: Any, customer: str = "c-1") -> list[str]:
        return list(self.own.bring("aoba", [Brought(customer, one) for one in things]))

    def whole(self, id_: str = "c-1") -> Whole:
        found = self.own.load("aoba", id_)
        assert found
        return found

    def documented(self) -> set[bytes]:
        return {key for key in self.shop.client.scan_iter(count=1000) if key.startswith(b"{w:aoba}:o")}


@pytest.fixture
def shelf(redis_url: str) -> Iterator[Shelf]:
    shop = shop_at(redis_url)
    yield Shelf(shop)
    shop.store.library.client.close()


def test_what_is_brought_once_is_there_whole(shelf: Shelf) -> None:
    use = Use(feature="CSV 出力", month="2026-05", count=3, last=9_000)
    subscription = Subscription(id="s-1", title="Standard", start="2026-04-01", amount=Money("9800", "JPY"))
    event = Event(id="e-1", title="解約ページを開いた", at=2_000)
    assert shelf.put(TARO) == ["new"]
    assert shelf.bring(ORDER, subscription, event, use) == ["new"] * 4
    assert shelf.whole() == Whole(
        customer=TARO,
        orders=(ORDER,),
        subscriptions=(subscription,),
        events=(event,),
        used=(Used("CSV 出力", 9_000, {"2026-05": 3}),),
    )


def test_bringing_it_twice_is_bringing_it_once_and_tells_nobody(shelf: Shelf) -> None:
    use = Use(feature="f", month="2026-05", count=3.5)
    shelf.put(TARO)
    shelf.bring(ORDER, use)
    before, shelf.told = shelf.shop.everything(), []
    assert shelf.put(TARO) == ["same"]
    assert shelf.bring(ORDER, use) == ["same", "same"]
    assert shelf.shop.everything() == before
    assert shelf.told == []


def test_a_change_is_told_to_the_addresses_of_before_and_after(shelf: Shelf) -> None:
    shelf.put(TARO)
    shelf.told = []
    assert shelf.put(msgspec.structs.replace(TARO, addresses=("new@hokuto.example",))) == ["changed"]
    assert set(shelf.told) == {"taro@hokuto.example", "new@hokuto.example"}
    assert not shelf.own.find("aoba", ["taro@hokuto.example"], "")
    shelf.told = []
    shelf.bring(ORDER)
    assert shelf.told == ["new@hokuto.example"]


def test_who_saw_an_older_version_writes_nothing_over(shelf: Shelf) -> None:
    shelf.put(TARO)
    other, mine = (msgspec.structs.replace(TARO, name=name) for name in ("佐藤", "鈴木"))
    assert shelf.own.put("aoba", [Put(other, 1), Put(mine, 1)]) == ["changed", "stale"]
    assert shelf.own.known("aoba", ["c-1", "none"]) == [(other, 2), (None, 0)]


def test_people_are_found_by_address_and_companies_by_domain(shelf: Shelf) -> None:
    hanako = Customer(id="c-2", name="花子", addresses=("info@hokuto.example", "hanako@hokuto.example"))
    shelf.put(TARO, hanako, HOKUTO, Customer(id="c-3", addresses=("info@hokuto.example",)))
    find = shelf.own.find
    assert [one.id for one in find("aoba", ["hanako@hokuto.example"], "")] == ["c-2"]
    assert [one.id for one in find("aoba", ["info@hokuto.example"], "hokuto.example")] == ["c-2", "c-3", "k-1"]
    assert not find("aoba", [], "other.example")
    assert not find("other", ["hanako@hokuto.example"], "hokuto.example")
    assert [
        [one.id for one in found] for found in shelf.own.holders("aoba", ["info@hokuto.example", "x@y.example"])
    ] == [
        ["c-2", "c-3"],
        [],
    ]


def test_however_many_share_an_address_few_are_looked_at(shelf: Shelf) -> None:
    shelf.put(*(Customer(id=f"c-{n}", addresses=("info@many.example",)) for n in range(300)))
    assert len(shelf.own.find("aoba", ["info@many.example"], "")) == HOLDERS
    (found,) = shelf.own.holders("aoba", ["info@many.example"])
    assert len(found) == 2


def test_the_newest_stay_and_it_is_known_that_older_ones_went(shelf: Shelf) -> None:
    shelf.put(TARO)
    orders = [Order(id=f"o-{n}", title="x", at=n) for n in range(1, ITEMS["order"] + 6)]
    assert not shelf.whole().cut
    assert set(shelf.bring(*reversed(orders))) == {"new", "too_old"}
    whole = shelf.whole()
    assert [one.at for one in whole.orders] == list(range(205, 5, -1))
    assert whole.cut == ("order",)
    assert shelf.bring(orders[0]) == ["too_old"]
    assert shelf.bring(orders[-1]) == ["same"]


def test_an_order_that_moves_is_still_one(shelf: Shelf) -> None:
    shelf.put(TARO)
    shelf.bring(ORDER)
    assert shelf.bring(msgspec.structs.replace(ORDER, at=5_000, status="発送済み")) == ["changed"]
    assert [(one.at, one.status) for one in shelf.whole().orders] == [(5_000, "発送済み")]


def test_features_and_their_months_are_bounded(shelf: Shelf) -> None:
    shelf.put(TARO)
    months = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)]
    codes = shelf.bring(*(Use(feature="f", month=month, count=1) for month in months))
    assert codes == ["new"] * 36
    assert list(shelf.whole().used[0].months) == months[-MONTHS:]
    assert shelf.bring(Use(feature="f", month="2023-01", count=1)) == ["too_old"]
    assert shelf.bring(Use(feature="f", month="2026-12", count=0)) == ["changed"]
    more = shelf.bring(*(Use(feature=f"g{n}", month="2026-01", count=1) for n in range(FEATURES)))
    assert more == ["new"] * (FEATURES - 1) + ["too_many"]


def test_nothing_is_kept_for_a_customer_who_is_not_there(shelf: Shelf) -> None:
    assert shelf.bring(ORDER, Use(feature="f", month="2026-01", count=1)) == ["no_customer"] * 2
    assert shelf.documented() == set()
    assert shelf.own.load("aoba", "c-1") is None
    assert not shelf.own.remove("aoba", "c-1")


def test_removing_leaves_nothing(shelf: Shelf) -> None:
    shelf.put(TARO, HOKUTO)
    shelf.bring(ORDER, Use(feature="f", month="2026-01", count=1))
    shelf.told = []
    assert shelf.own.remove("aoba", "c-1")
    assert shelf.told == ["taro@hokuto.example"]
    shelf.own.remove("aoba", "k-1")
    assert shelf.documented() == set()


def test_forgetting_an_address_takes_who_has_no_other(shelf: Shelf) -> None:
    shared = Customer(id="c-2", name="花子", addresses=("taro@hokuto.example", "hanako@hokuto.example"))
    company = msgspec.structs.replace(HOKUTO, addresses=("taro@hokuto.example",))
    crowd = [Customer(id=f"x-{n}", addresses=("taro@hokuto.example",)) for n in range(45)]
    shelf.put(TARO, shared, company, *crowd)
    shelf.bring(ORDER)
    assert shelf.own.forget("aoba", "taro@hokuto.example") == 48
    assert [one.id for one in shelf.own.page("aoba", 0, 100)[0]] == ["c-2", "k-1"]
    assert shelf.whole("c-2").customer.addresses == ("hanako@hokuto.example",)
    everything = b"".join(shelf.shop.everything().values())
    for trace in ("taro@", "田中", "鶏の骨"):
        assert trace.encode() not in everything
    assert shelf.own.forget("aoba", "taro@hokuto.example") == 0


def test_pages_show_everybody_once_in_the_order_they_came(shelf: Shelf) -> None:
    shelf.put(*(Customer(id=f"c-{n}") for n in range(25)))
    seen, cursor = [], 0
    while True:
        part, cursor = shelf.own.page("aoba", cursor, 10)
        seen += [one.id for one in part]
        if not cursor:
            break
    assert seen == [f"c-{n}" for n in range(25)]


def test_every_key_is_documented_and_names_no_address(shelf: Shelf) -> None:
    shelf.put(TARO, HOKUTO)
    shelf.bring(ORDER, Use(feature="f", month="2026-01", count=1))
    documented = [pattern for pattern, family in patterns() if family.owner == "own.lua"]
    for key in shelf.documented():
        assert sum(bool(pattern.fullmatch(key.decode())) for pattern in documented) == 1, key
        assert b"@" not in key
        assert b"hokuto" not in key
    assert len(shelf.documented()) == 8


IDS = st.sampled_from(["a", "b", "c"])
EMAILS = st.sampled_from(["x@p.example", "y@p.example", "z@q.example"])
CUSTOMERS = st.builds(
    Customer,
    id=IDS,
    name=st.text(max_size=5),
    addresses=st.lists(EMAILS, unique=True, max_size=3).map(tuple),
    more=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    health=st.none() | st.integers(0, 100),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CUSTOMERS, max_size=12))
def test_whatever_comes_in_whatever_order_the_last_word_counts_and_is_found(
    shelf: Shelf, customers: list[Customer]
) -> None:
    shelf.shop.client.flushdb()
    for _ in range(2):
        for one in customers:
            shelf.put(one)
    last = {one.id: one for one in customers}
    assert {one.id: one for one in shelf.own.page("aoba", 0, 50)[0]} == last
    for email in ("x@p.example", "y@p.example", "z@q.example"):
        wanted = {one.id for one in last.values() if email in one.addresses}
        assert {one.id for one in shelf.own.find("aoba", [email], "")} == wanted

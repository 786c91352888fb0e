"""The built-in CRM over a real store: what was pushed comes out as a record, and nothing else is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import pytest

from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Asked,
    Connection,
    Crm,
    CrmError,
    CrmRef,
    Delivery,
    Letter,
    Money,
    Moved,
    Usage,
    Wanted,
)
from server.domain.own import Brought, Customer, Event, Item, Order, Put, Subscription, Use
from server.gateways.crm.builtin import SPEC, BuiltIn
from server.store.own import RedisOwn
from server.wiring import open_store
from tests.store.shop import Shop, shop_at

NOW = 1_778_400_000_000  # 2026-05-10T08:00:00Z
HERE = Connection("own", "builtin", "顧客")
TARO = Customer(
    id="c-1",
    name="田中 太郎",
    company="北都フーズ株式会社",
    addresses=("taro@hokuto.example",),
    features=("請求書", "API"),
)
HOKUTO = Customer(id="k-1", kind="company", name="北都フーズ株式会社", domain="hokuto.example", health=55)


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def own(shop: Shop) -> RedisOwn:
    made = RedisOwn(shop.store.library, lambda *_: None)
    made.put("aoba", [Put(TARO, 0), Put(HOKUTO, 0)])
    return made


@pytest.fixture
def crm(own: RedisOwn) -> Crm:
    return BuiltIn(HERE, "aoba", own, lambda: NOW, ZoneInfo("Asia/Tokyo"))


def bring(own: RedisOwn, things: Sequence[Item | Use]) -> None:
    own.bring("aoba", [Brought("c-1", one) for one in things])


def test_people_are_found_by_address_and_companies_by_domain(crm: Crm) -> None:
    found = crm.find(Wanted((Asked("taro@hokuto.example"),), ("田中",), "hokuto.example"))
    assert [(one.ref, one.name, one.company, one.reason) for one in found] == [
        (CrmRef("own", "contact", "c-1"), "田中 太郎", "北都フーズ株式会社", None),
        (CrmRef("own", "company", "k-1"), "北都フーズ株式会社", "北都フーズ株式会社", None),
    ]
    assert not crm.find(Wanted((Asked("nobody@hokuto.example"),)))


def test_a_record_says_what_was_pushed_and_what_follows_from_it(own: RedisOwn, crm: Crm) -> None:
    bring(
        own,
        [
            Order(id="o-1", title="鶏の骨", at=NOW - 86_400_000, amount=Money("5400", "JPY"), status="発送待ち", open=True),
            Subscription(id="s-1", title="Standard", start="2026-04-10", end="2027-04-09", renewal="2027-03-09", amount=Money("9800", "JPY")),
            Event(id="e-1", title="解約ページを開いた", at=NOW),
            Use(feature="請求書", month="2026-04", count=3),
        ],
    )  # fmt: skip
    record = crm.load(CrmRef("own", "contact", "c-1"))
    assert (record.plan, record.contract_start, record.contract_end, record.renewal) == (
        "Standard", "2026-04-10", "2027-04-09", "2027-03-09",
    )  # fmt: skip
    assert record.value == Money("25000", "JPY")
    assert list(record.trend) == [9800, 15200]
    assert record.unused == ("API",)
    assert record.usage == (Usage("請求書", 0, (3,)),)
    assert record.health is None
    assert [(item.kind, item.id, item.open) for item in record.items] == [
        ("event", "e-1", False), ("order", "o-1", True), ("subscription", "s-1", True),
    ]  # fmt: skip
    assert record.items[1].status == "発送待ち"
    assert crm.load(CrmRef("own", "company", "k-1")).health == 55


def test_of_many_items_the_open_and_the_newest_are_shown_and_all_are_counted(own: RedisOwn, crm: Crm) -> None:
    bring(
        own,
        [
            Order(id="old", title="x", at=1, open=True),
            *(Event(id=f"e{n}", title="x", at=1_000 + n) for n in range(150)),
        ],
    )
    record = crm.load(CrmRef("own", "contact", "c-1"))
    assert len(record.items) == ITEMS_KEPT
    assert record.items[-1].id == "old"
    assert record.items[0].id == "e149"
    assert record.totals == {"order": 1, "event": 150}


def test_who_is_gone_is_missing(crm: Crm) -> None:
    with pytest.raises(CrmError) as error:
        crm.load(CrmRef("own", "contact", "none"))
    assert error.value.why == "missing"


def test_records_that_cannot_be_reached_are_a_crm_that_is_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket")
    crm = BuiltIn(HERE, "aoba", RedisOwn(store.library, lambda *_: None), lambda: NOW, ZoneInfo("UTC"))
    for ask in (lambda: crm.find(Wanted()), lambda: crm.load(CrmRef("own", "contact", "c")), crm.check):
        with pytest.raises(CrmError) as error:
            ask()
        assert error.value.why == "down"
    store.library.client.close()


def test_it_does_only_what_it_says_it_can(crm: Crm) -> None:
    assert SPEC.abilities == {Ability.ORDERS, Ability.ACTIVITIES}
    assert not SPEC.secrets
    crm.check()
    assert crm.changed(Delivery("POST", "", {}, b"", NOW)) == Moved()
    with pytest.raises(CrmError):
        crm.log(Letter(key="k", direction="in", subject="", text="", sender=""), CrmRef("own", "contact", "c-1"))

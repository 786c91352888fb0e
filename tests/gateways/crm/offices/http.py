"""The mapped look-up, with a CRM that a team has made itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from server.domain.crm import Trouble
from tests.gateways.crm.contract import BUSY, COMPANY, COMPLAINT, HANAKO, SHARED, TARO, Office
from tests.standins.crm.inhouse import TOKEN, Inhouse
from tests.standins.crm.server import How

FIELDS: Final = """
id = $.id
name = $.last_name + $.first_name
reading = $.kana
company = $.company.name
role = $.title
addresses = $.email + $.others
url = https://crm.inhouse.example/contacts/{id}
owner = $.owner
plan = $.plan
contract_start = $.contract.from
contract_end = $.contract.to
products = $.products[*].name
value = $.ltv
currency = JPY
note = $.memo
業種 = $.company.industry
deals = $.deals
deals.id = $.no
deals.title = $.subject
deals.at = $.updated
deals.status = $.phase
deals.closed = 受注、失注
deals.amount = $.amount
deals.currency = $.currency
deals.by = $.owner
tickets = $.tickets[*]
tickets.id = $.no
tickets.title = $.subject
tickets.at = $.updated
tickets.status = $.state
tickets.open = $.is_open
tickets.complaints = 苦情
tickets.complaint = $.urgent
orders = $.orders
orders.id = $.no
orders.title = $.subject
orders.at = $.updated
orders.amount = $.amount
orders.currency = JPY
activities = $.activities
activities.id = $.no
activities.title = $.subject
activities.at = $.updated
"""


def fill(house: Inhouse) -> None:
    """The cast."""
    house.add(
        1,
        last_name="田中",
        first_name="太郎",
        kana="タナカ タロウ",
        email=TARO,
        others=["t.tanaka@hokuto-foods.example", None],
        title="購買部",
        company={"name": COMPANY, "industry": "食品"},
        owner="佐藤 美咲",
        plan="スタンダード",
        contract={"from": "2024年4月1日", "to": "2027/03/31"},
        products=[{"name": "在庫くん"}, {"name": "受注くん"}],
        ltv="¥3,480,000",
        memo="<p>月末締め</p>",
    )
    house.add(2, last_name="港", first_name="一郎", email=SHARED, company={"name": "港印刷"})
    house.add(3, last_name="港", first_name="花子", email=SHARED, company={"name": "港印刷"})
    house.add(
        4,
        last_name="鈴木",
        first_name='"<b>花子</b>"',
        email=HANAKO,
        memo='<div onclick="x()">紹介&nbsp;<script>alert(1)</script>済み</div>',
    )
    house.add(5, last_name="多田", first_name="忙", email=BUSY)
    house.items["deals"][1] = [
        {
            "no": 11,
            "subject": "棚の更新",
            "updated": "2026-05-10T12:30:00+09:00",
            "phase": "提案",
            "amount": 1200000.0,
            "currency": "JPY",
        }
    ]
    house.items["tickets"][1] = [
        {"no": "T-1", "subject": COMPLAINT, "updated": "2026/05/12 09:05", "state": "苦情", "is_open": True},
        {"no": "T-2", "subject": "請求書の宛名", "updated": "2025年12月1日", "state": "完了", "is_open": False},
    ]
    house.items["orders"][1] = [{"no": 31, "subject": "AO-77310", "updated": 1777000000, "amount": "9,900"}]
    house.items["activities"][1] = [
        {"no": number, "subject": "電話", "updated": f"2026-04-{number:02} 10:00:00"} for number in (1, 2, 3)
    ]
    house.items["activities"][5] = [
        {"no": number, "subject": "電話", "updated": 1_770_000_000_000 + number} for number in range(10_000)
    ]


class HttpOffice(Office):
    kind = "http"
    lacks = frozenset({"company"})

    def open_vendor(self, request: pytest.FixtureRequest) -> Inhouse:
        house = Inhouse()
        fill(house)
        return house

    def settings(self) -> dict[str, str]:
        return {
            "url": f"{self.vendor.url}/api/contacts/?email={{email}}",
            "load_url": f"{self.vendor.url}/api/contacts/{{id}}/",
            "records": "$.results[*]",
            "record": "$.contact",
            "fields": FIELDS,
            "zone": "Asia/Tokyo",
        }

    def credentials(self) -> dict[str, str]:
        return {"token": TOKEN}

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "a path that is none": {"fields": "id = $.id\nname = $.["},
            "no path": {"fields": "id = $.id\nname = name"},
            "no line of the form": {"fields": "id"},
            "no id": {"fields": "name = $.name"},
            "parts of a list that is none": {"fields": "id = $.id\ndeals.title = $.title"},
            "a part that is none": {"fields": "id = $.id\ndeals = $.deals\ndeals.colour = $.colour"},
            "a dear path": {"records": "$..*..*..*"},
            "a pattern": {"records": "$[?match(@.a, '(a*)*b')]"},
            "no placeholder": {"url": f"{self.vendor.url}/api/contacts/"},
            "a placeholder in the host": {"url": "https://{domain}/api?email={email}"},
            "another placeholder": {"load_url": f"{self.vendor.url}/api/contacts/{{email}}/"},
            "a time zone that is none": {"zone": "Asia/Edo"},
            "a header that is none": {"header": "X Key"},
            "a header of the connection's": {"header": "Content-Length"},
            "an address that is none": {"url": "https://[::1/{email}"},
            "a list that is not there": {"records": "$.items[*]"},
        }

    def revoke(self) -> None:
        assert isinstance(self.vendor, Inhouse)
        self.vendor.token = "Token another"

    def troubles(self, operation: str, how: How) -> frozenset[Trouble | None]:
        if how == "404" and operation != "load":
            return frozenset({None})  # how such systems say that they know nobody
        if how == "strange" and operation != "load":
            return frozenset({"mapping"})  # from outside, an answer of another shape and a wrong path are the same
        return super().troubles(operation, how)


OFFICE = HttpOffice

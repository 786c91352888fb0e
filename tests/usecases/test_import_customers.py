"""Files of customers in a real store: looked at first, then exactly that is written; twice is once, and out is in again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.crm import Money
from server.domain.customer_file import guess, read
from server.domain.own import Customer, Put
from server.store.own import RedisOwn
from server.usecases.import_customers import Plan, WrongRow, carry_out, export, plan
from tests.store.shop import Shop, shop_at

TOKYO = ZoneInfo("Asia/Tokyo")
FILE = """顧客番号,氏名,メール,プラン,席数
c-1,田中 太郎,taro@hokuto.example,Standard,3
c-2,港 一郎,info@minato.example,Free,
"""


@dataclass
class Office:
    """A store, and files that are brought to it."""

    shop: Shop

    def __post_init__(self) -> None:
        self.own = RedisOwn(self.shop.store.library, lambda *_: None)

    def plans(self, text: str) -> Plan:
        table = read(text.encode())
        return plan(self.own, self.shop.workspace, table, mapping_of(table.header), TOKYO)

    def brings(self, text: str, mark: str = "") -> tuple[Plan, bool]:
        table = read(text.encode())
        mark = mark or self.plans(text).mark
        return carry_out(self.own, self.shop.workspace, table, mapping_of(table.header), TOKYO, mark)

    def everybody(self) -> dict[str, Customer]:
        return {one.id: one for one in self.own.page("aoba", 0, 10_000)[0]}

    def export(self) -> bytes:
        return b"".join(export(self.own, "aoba"))


def mapping_of(header: tuple[str, ...]) -> tuple[str, ...]:
    """What the screen proposes, with the unknown columns kept under their own names."""
    return tuple(field or "more" for field in guess(header))


def counts(made: Plan) -> tuple[int, int, int, int]:
    return made.new, made.changed, made.same, len(made.wrong)


@pytest.fixture
def office(redis_url: str) -> Iterator[Office]:
    shop = shop_at(redis_url)
    yield Office(shop)
    shop.store.library.client.close()


def test_a_look_writes_nothing_and_says_what_would_be(office: Office) -> None:
    made = office.plans(FILE)
    assert counts(made) == (2, 0, 0, 0)
    assert made.examples[0] == Customer(
        id="c-1", name="田中 太郎", addresses=("taro@hokuto.example",), plan="Standard", more={"席数": "3"}
    )
    assert office.everybody() == {}


def test_importing_twice_is_importing_once(office: Office) -> None:
    assert office.brings(FILE)[1]
    before = office.shop.everything()
    made, written = office.brings(FILE)
    assert (counts(made), written) == ((0, 0, 2, 0), True)
    assert office.shop.everything() == before


def test_an_empty_cell_and_a_missing_column_take_nothing_back(office: Office) -> None:
    office.brings(FILE)
    made, _ = office.brings("顧客番号,氏名,メール\nc-1,,\nc-2,港 花子,\n")
    assert counts(made) == (0, 1, 1, 0)
    assert office.everybody()["c-1"].plan == "Standard"
    assert office.everybody()["c-2"] == Customer(
        id="c-2", name="港 花子", addresses=("info@minato.example",), plan="Free"
    )


def test_a_file_without_ids_finds_people_by_their_address(office: Office) -> None:
    office.brings(FILE)
    text = "名前,メール\n太郎,TARO@hokuto.example\n新しい人,new@minato.example\n,\n誰か,\n"
    made, _ = office.brings(text)
    assert (made.new, made.changed) == (1, 1)
    assert [(one.line, one.why) for one in made.wrong] == [(5, "nobody")]
    assert office.everybody()["c-1"].name == "太郎"
    assert counts(office.plans(text)) == (0, 0, 2, 1)


def test_rows_that_cannot_be_brought_in_say_where_and_why(office: Office) -> None:
    office.own.put("aoba", [Put(Customer(id=f"x-{n}", addresses=("shared@x.example",)), 0) for n in range(2)])
    made = office.plans(
        "顧客番号,氏名,メール,契約終了日,累計金額,通貨\n"
        "c-1,田中,taro@hokuto.example,2026-05-10,100,JPY\n"
        "c-2,社内,Support@aoba.example,,,\n"
        "c-3,壊れ,nobody,,,\n"
        "c-4,日付,,来月,,\n"
        "c-1,重複,,,,\n"
        "c-5,端数,,,99.5,JPY\n"
        ",共用,shared@x.example,,,\n"
        "c-6,余り,,,,,x\n"
    )
    assert counts(made) == (1, 0, 0, 7)
    assert made.wrong == (
        WrongRow(3, "メール", "ours", "Support@aoba.example"),
        WrongRow(4, "メール", "address", "nobody"),
        WrongRow(5, "契約終了日", "day", "来月"),
        WrongRow(6, "顧客番号", "twice", "c-1", 2),
        WrongRow(7, "累計金額", "decimals", "99.5"),
        WrongRow(8, "メール", "ambiguous", "shared@x.example"),
        WrongRow(9, "", "cells"),
    )


def test_what_changed_since_the_look_must_be_looked_at_again(office: Office) -> None:
    office.brings(FILE)
    changed = FILE.replace("Standard", "Pro")
    mark = office.plans(changed).mark
    (held,) = office.own.known("aoba", ["c-1"])
    assert held.customer
    office.own.put("aoba", [Put(msgspec.structs.replace(held.customer, phone="1"), held.version)])
    made, written = office.brings(changed, mark)
    assert not written
    assert office.everybody()["c-1"].plan == "Standard"
    assert office.brings(changed, made.mark)[1]
    assert (office.everybody()["c-1"].plan, office.everybody()["c-1"].phone) == ("Pro", "1")


def test_another_file_or_mapping_is_not_the_one_that_was_looked_at(office: Office) -> None:
    mark = office.plans(FILE).mark
    assert not office.brings(FILE.replace("太郎", "次郎"), mark)[1]
    table = read(FILE.encode())
    other = ("id", "name", "addresses", "role", "more")
    assert not carry_out(office.own, office.shop.workspace, table, other, TOKYO, mark)[1]
    assert office.everybody() == {}


def test_what_is_exported_can_be_brought_in_again_and_elsewhere(office: Office) -> None:
    office.brings(FILE)
    company = Customer(id="k", kind="company", domain="x.example", value=Money("9", "USD"), more={"=席数": "+1"})
    office.own.put("aoba", [Put(company, 0)])
    file = office.export().decode("utf-8-sig")
    before = office.everybody()
    assert counts(office.plans(file)) == (0, 0, 3, 0)
    for id_ in before:
        office.own.remove("aoba", id_)
    assert office.brings(file)[1]
    assert office.everybody() == before
    assert office.export().decode("utf-8-sig") == file


ROWS = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3", ""]), st.text("ab=", max_size=3), st.sampled_from(["a@x.example", "b@y.example", ""])),
    min_size=1,
    max_size=6,
).filter(lambda rows: any(any(row) for row in rows))  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_whatever_a_file_says_its_second_import_changes_nothing(
    office: Office, rows: list[tuple[str, str, str]]
) -> None:
    for id_ in office.everybody():
        office.own.remove("aoba", id_)
    text = "id,name,email\n" + "".join(f"{','.join(row)}\n" for row in rows)
    first, _ = office.brings(text)
    again = office.everybody()
    second, _ = office.brings(text)
    assert office.everybody() == again
    assert (second.new, second.changed) == (0, 0)
    assert second.same <= first.new + first.changed + first.same

"""Files of customers: whatever a spreadsheet writes is read, a wrong cell is named, no cell of ours is a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Money
from server.domain.customer_file import (
    BadFile,
    BrokenCell,
    Row,
    Said,
    guess,
    head_line,
    lines_of,
    mapped_twice,
    read,
    said_by,
)
from server.domain.customers import OurAddresses
from server.domain.own import LISTS, Customer, tidy

TOKYO: Final = ZoneInfo("Asia/Tokyo")
NOBODY: Final = OurAddresses()


def says(field: str, cell: str) -> Any:
    """What one cell says when it is mapped to this field."""
    return said_by(Row(2, (cell,)), ("x",), (field,), TOKYO).fields[field.partition(" ")[0]]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_whatever_a_spreadsheet_saves_is_read(codec: str, delimiter: str) -> None:
    text = f"氏名{delimiter}会社\r\n田中 太郎{delimiter}㈱北都髙島\r\n"
    table = read(text.encode(codec))
    assert table.header == ("氏名", "会社")
    assert table.rows == (Row(2, ("田中 太郎", "㈱北都髙島")),)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no_header"),
        (b"\r\n\r\n", "no_header"),
        (b"a,b\r\n", "no_rows"),
        (b"a\0b\r\nc\r\n", "not_csv"),
        (b"\x81\xff\xfe", "not_csv"),
        (b"a" * 20_000_001, "too_large"),
        (b"a\n" + b"b\n" * 50_001, "too_many_rows"),
        (b"a," * 301 + b"\nb", "too_many_columns"),
    ],
)
def test_what_is_no_file_of_customers_is_refused_as_a_whole(data: bytes, why: str) -> None:
    with pytest.raises(BadFile) as error:
        read(data)
    assert error.value.why == why


def test_rows_that_cannot_be_read_are_named_and_the_others_stay() -> None:
    table = read('id,名\n1,a\n\n2,b,c\n3\n4,"x"y\n5,"改\n行"\n6,"never ends\n7,z'.encode())
    assert table.rows == (
        Row(2, ("1", "a")),
        Row(4, broken="cells"),
        Row(5, ("3", "")),
        Row(6, broken="unreadable"),
        Row(7, ("5", "改\n行")),
        Row(8, broken="unreadable"),
    )


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (["顧客番号", "姓", "名", "メールアドレス", "会社名", "備考"], ["id", "family", "given", "addresses", "company", "note"]),
        (["Customer ID", "First Name", "Last name", "E-Mail", "Phone Number"], ["id", "given", "family", "addresses", "phone"]),
        (["メール1", "メール2", "ＴＥＬ", "契約 終了日", "担当"], ["addresses", "addresses", "phone", "contract_end", "owner"]),
        (["氏名", "お名前", "好きな色", "more: 席数"], ["name", "", "", "more"]),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_japanese_and_english_names(header: list[str], fields: list[str]) -> None:
    assert list(guess(header)) == fields


def test_two_columns_are_one_field_only_where_it_is_a_list() -> None:
    assert mapped_twice(["addresses", "addresses", "more", "more", "", "", "name"]) == ""
    assert mapped_twice(["name", "id", "name"]) == "name"


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("contract_end", "2026-05-10", "2026-05-10"),
        ("contract_end", "2026/5/1", "2026-05-01"),
        ("contract_end", "２０２６年５月１０日", "2026-05-10"),
        ("contract_end", "2026/05/10 0:00:00", "2026-05-10"),
        ("renewal", "2026.5.10", "2026-05-10"),
        ("renewal", "20260510", "2026-05-10"),
        ("renewal", "2026年5月10日(日)", "2026-05-10"),
        ("renewal", "令和8年5月10日", "2026-05-10"),
        ("renewal", "R8.5.10", "2026-05-10"),
        ("renewal", "平成元年12月1日", "1989-12-01"),
        ("last_contact", "2026/5/1 9:30", 1_777_595_400_000),
        ("last_contact", "2026年5月1日 9時30分", 1_777_595_400_000),
        ("last_contact", "2026/5/1 0:30:00+0000", 1_777_595_400_000),
        ("last_contact", "2026/05/10", 1_778_338_800_000),
        ("last_contact", "2026-05-10T00:00:00Z", 1_778_371_200_000),
        ("value", "¥1,200,000", Money("1200000", "JPY")),
        ("value", "１２００円", Money("1200", "JPY")),
        ("value", "99.50", Money("99.50", "")),
        ("value", "-3,000", Money("-3000", "")),
        ("value", "3,300円（税込）", Money("3300", "JPY")),
        ("value", "▲3,000円", Money("-3000", "JPY")),
        ("value", "(3,000)", Money("-3000", "")),
        ("value", "1.234,56 €", Money("1234.56", "EUR")),
        ("value", "USD 99.50", Money("99.50", "USD")),
        ("value", "$99.50", Money("99.50", "")),
        ("value", "99,5", Money("99.5", "")),
        ("value", "12,34,567", Money("1234567", "")),
        ("health", "80%", 80),
        ("kind", "法人", "company"),
        ("kind", "Contact", "contact"),
        ("addresses", "a@b.example; c@d.example、e@f.example", ("a@b.example", "c@d.example", "e@f.example")),
        ("products", "ケトル;ポット", ("ケトル", "ポット")),
        ("products", "A;B\n", ("A;B", "")),
        ("name", "'=1+1", "=1+1"),
        ("name", "'普通", "'普通"),
    ],
)  # fmt: skip
def test_a_cell_is_read_in_the_forms_that_people_write(field: str, cell: str, expected: object) -> None:
    assert says(field, cell) == expected


@pytest.mark.parametrize(
    ("field", "cell", "why"),
    [
        ("contract_end", "来月", "day"),
        ("contract_end", "2026-13-01", "day"),
        ("contract_end", "2026-02-30", "day"),
        ("contract_end", "10/05/2026", "day"),
        ("contract_end", "2026-05-10 x", "day"),
        ("last_contact", "たぶん", "day"),
        ("value", "百万", "money"),
        ("value", "1e9", "money"),
        ("value", "1,2,3", "money"),
        ("value", "12,3456", "money"),
        ("value", "1.234.5", "money"),
        ("value", "-(3)", "money"),
        ("last_contact", "2026/5/1 25:00", "day"),
        ("contract_end", "20261301", "day"),
        ("contract_end", "46143", "day"),
        ("health", "良い", "number"),
        ("kind", "犬", "kind"),
    ],
)
def test_a_cell_that_says_nothing_we_know_is_wrong(field: str, cell: str, why: str) -> None:
    with pytest.raises(BrokenCell) as error:
        says(field, cell)
    assert (error.value.field, error.value.why) == (field, why)


def test_an_amount_has_the_currency_of_its_column_and_names_are_put_together() -> None:
    header = ("金額", "通貨", "姓", "名", "セイ")
    row = Row(2, ("5400", "usd", "田中", "太郎", "タナカ"))
    said = said_by(row, header, ("value", "currency", "family", "given", "family_reading"), TOKYO)
    assert said == Said("", {"value": Money("5400", "USD"), "name": "田中 太郎", "reading": "タナカ"})


def test_an_empty_cell_says_nothing() -> None:
    assert said_by(
        Row(2, ("1", "", " ", "\u3000")), ("a", "b", "c", "d"), ("id", "name", "value", "more"), TOKYO
    ) == Said("1", {})


WORDS: Final = st.text(st.sampled_from("ab=+-@'\"、;,\n\t ＝様"), max_size=8)
CUSTOMERS: Final = st.builds(
    Customer,
    id=st.text(st.sampled_from("ab=-'@1"), min_size=1, max_size=5),
    kind=st.sampled_from(["contact", "company"]),
    name=WORDS,
    phone=WORDS,
    note=WORDS,
    addresses=st.lists(st.sampled_from(["a@b.example", "=c@d.example", "-e@f.example"]), unique=True).map(tuple),
    products=st.lists(WORDS, max_size=3).map(tuple),
    features=st.lists(WORDS, max_size=3).map(tuple),
    renewal=st.sampled_from(["", "2026-05-10"]),
    value=st.none() | st.builds(Money, st.sampled_from(["-5", "99.50", "0"]), st.sampled_from(["USD", "EUR", ""])),
    health=st.none() | st.integers(0, 100),
    last_contact=st.integers(0, 4_000_000_000_000),
    more=st.dictionaries(st.sampled_from(["席数", "=x", "b"]), WORDS, max_size=3),
).map(lambda one: tidy(one, NOBODY))


@given(st.lists(CUSTOMERS, min_size=1, max_size=4))
def test_what_is_written_comes_back_unchanged_and_is_no_formula(customers: list[Customer]) -> None:
    labels = sorted({label for one in customers for label in one.more})
    data = head_line(labels) + lines_of(customers, labels)
    for cells in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r＝＋－＠") and cell]
    table = read(data)
    mapping = guess(table.header)
    assert "" not in mapping
    assert len(table.rows) == len(customers)
    for row, one in zip(table.rows, customers, strict=True):
        said = said_by(row, table.header, mapping, UTC)
        again = tidy(Customer(id=said.id, **said.fields), NOBODY)  # type: ignore[arg-type]  # by name, as the law says
        assert again == one


def test_every_field_of_a_customer_is_in_the_file() -> None:
    fields = {name for name in Customer.__struct_fields__ if name != "more"}
    header = read(head_line([]) + b"x").header
    assert set(header) == fields | {"currency"}
    assert set(LISTS) <= set(header)

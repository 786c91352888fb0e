from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import CrmError, CrmKind, Money
from server.gateways.crm import MODULES, values

JST = timezone(timedelta(hours=9))
NOON = int(datetime(2026, 5, 10, 12, 30, tzinfo=UTC).timestamp()) * 1000
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "written",
    [
        "2026-05-10T12:30:00Z",
        "2026-05-10T12:30:00.000Z",
        "2026-05-10T12:30:00.000+0000",  # Salesforce
        "2026-05-10T12:30:00.000000000Z",
        "2026-05-10T21:30:00+09:00",
        "2026-05-10T21:30+09",
        "2026-05-10 12:30:00",  # Odoo: always UTC
        "2026-05-10 12:30",
        "2026/05/10 12:30",
        "2026/5/10 12:30:00",
        "2026年5月10日 12:30",
        "2026年5月10日 12時30分",
        "2026年5月10日 午後0時30分",
        "令和8年5月10日 12時30分",
        "2026/05/10 21:30 JST",
        "２０２６/０５/１０ １２：３０",
        "2026/05/10(日) 12:30",
        "10 May 2026 12:30",
        "May 10, 2026 12:30 PM",
        "Sun, 10 May 2026 21:30:00 +0900",
        "2026.05.10 12:30",
        "20260510123000",
        "202605101230",
        "/Date(1778416200000)/",
        "1778416200000",
        "1778416200",
        1778416200000,
        1778416200,
        1778416200.0,
    ],
    ids=repr,
)
def test_a_moment_is_read_in_every_format(written: object) -> None:
    assert values.moment(written) == NOON


@pytest.mark.parametrize(
    "written",
    [
        "2026-05-10", "2026/05/10", "2026/5/10", "2026.5.10", "2026年5月10日", "2026年05月10日(日)", "令和8年5月10日", "20260510", 20260510,
        "10 May 2026", "10-May-2026", "May 10, 2026", "May 10th, 2026", "2026-05-10T00:00:00Z", "2026-05-10 23:59:59", 1778371200000, "1778371200000",
    ],
    ids=repr,
)  # fmt: skip
def test_a_day_is_read_in_every_format(written: object) -> None:
    assert values.day(written) == "2026-05-10"


@pytest.mark.parametrize(
    "written", [None, False, True, "", "-", "未定", 0, "0", [], {}, "2026-13-01", "2026-02-30", "2026/05/10 25:00", "05/10/2026", "9" * 40, -5, 1e300], ids=repr
)  # fmt: skip
def test_what_names_no_day_is_not_known(written: object) -> None:
    assert (values.moment(written), values.day(written)) == (0, "")


def test_a_day_that_is_written_both_ways_round_is_known_when_one_way_alone_is_possible() -> None:
    assert values.day("25/12/2026") == values.day("12/25/2026") == "2026-12-25"


def test_a_moment_without_a_zone_is_in_the_zone_of_whoever_asks() -> None:
    assert values.moment("2026-05-10 21:30", JST) == NOON
    assert values.moment("2026/05/10", JST) == int(datetime(2026, 5, 10, tzinfo=JST).timestamp()) * 1000
    assert values.moment("2026-05-10T12:30:00Z", JST) == NOON


def test_a_day_is_the_one_it_was_where_the_team_is() -> None:
    assert values.day("2026-05-09T15:00:00Z", JST) == "2026-05-10"
    assert values.day("2026-05-09 15:00:00", JST) == "2026-05-09"


def test_the_end_of_a_day_may_be_written_as_24_hours() -> None:
    assert values.moment("2026-05-09 24:00") == values.moment("2026-05-10")


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 - hypothesis wants them naive
def test_whatever_a_clock_writes_is_read_back(when: datetime, hours: int) -> None:
    aware = when.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    ms = int(aware.timestamp()) * 1000
    for written in (aware.isoformat(), aware.isoformat(" "), aware.strftime("%Y/%m/%d %H:%M:%S %z"), ms):
        assert values.moment(written) == ms
    assert values.day(aware.date().isoformat()) == aware.date().isoformat()


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)))
def test_days_survive_each_way_of_writing_them(day: date) -> None:
    for written in (f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}"):
        assert values.day(written) == day.isoformat()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (12, 12.0), (1.5, 1.5), ("1,200,000", 1_200_000.0), ("１，２００", 1200.0), ("¥1,200", 1200.0), ("1200円", 1200.0), ("1.234,56", 1234.56),
        ("1,234.56", 1234.56), ("12,5", 12.5), ("1.200.000", 1_200_000.0), ("(500)", -500.0), ("△500", -500.0), ("-3", -3.0), ("12.5%", 12.5),
        ("1e3", 1000.0), ("0", 0.0), ("1 200", 1200.0), ("USD 99.50", 99.5), ("−7", -7.0),
        (None, None), (False, None), (True, None), ("", None), ("-", None), ("abc", None), ("1-2", None), ([], None),
        (float("nan"), None), (float("inf"), None), (10**40, None), ("9" * 60, None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written: object, said: float | None) -> None:
    assert values.number(written) == said


@pytest.mark.parametrize(
    ("amount", "code", "said"),
    [
        (1200000, "JPY", Money("1200000", "JPY")),
        ("1200000.0", "JPY", Money("1200000", "JPY")),
        ("1200000.50", "jpy", Money("1200001", "JPY")),
        (1200000.0, "円", Money("1200000", "JPY")),
        ("¥1,200,000", "", Money("1200000", "JPY")),
        ("1,200円", "", Money("1200", "JPY")),
        (99.5, "USD", Money("99.50", "USD")),
        ("99.50", "EUR", Money("99.50", "EUR")),
        (0.1 + 0.2, "USD", Money("0.30", "USD")),
        ("1.5", "KWD", Money("1.500", "KWD")),
        ("99.50", "", Money("99.5")),
        ("$99.50", "", Money("99.5")),
        (0.0, "JPY", Money("0", "JPY")),
        ("-0.001", "USD", Money("0.00", "USD")),
        ("1e6", "JPY", Money("1000000", "JPY")),
        (1000, None, Money("1000")),
        (None, "JPY", None),
        (False, "JPY", None),
        ("", "JPY", None),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: object, code: object, said: Money | None) -> None:
    assert values.money(amount, code) == said


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("田中　太郎", "田中 太郎"),
        ('鈴木 "<b>花子</b>"', '鈴木 "花子"'),
        ("<p>一行目</p><p>二行目</p>", "一行目 二行目"),
        ("R&amp;D", "R&D"),
        ("a < b & c > d", "a < b & c > d"),
        ("<未定>", "<未定>"),
        ("田中 <taro@x.example>", "田中 <taro@x.example>"),
        ("<script>alert(1)</script>納品", "納品"),
        ("<img src=x onerror=alert(1)>納品", "納品"),
        ("A\u202eB\x00\u200bC\ud800", "ABC"),
        (12, "12"), (12.0, "12"), (1.5, "1.5"),
        (None, ""), (False, ""), (True, ""), ([], ""), ({}, ""),
    ],
)  # fmt: skip
def test_text_is_plain_and_on_one_line(written: object, plain: str) -> None:
    assert values.text(written) == plain


def test_prose_keeps_its_lines() -> None:
    assert values.prose("<p>一行目<br>二行目</p><p>三行目</p>") == "一行目\n二行目\n\n三行目"
    assert values.prose("一\r\n二\r\n\r\n\r\n\r\n三") == "一\n二\n\n三"


def test_what_is_cut_says_so() -> None:
    assert values.text("あ" * 300) == "あ" * 199 + "…"
    assert len(values.prose("い" * 5000)) == 2000


def test_a_page_of_markup_costs_no_more_than_its_beginning() -> None:
    assert values.text("<div>" * 200_000 + "x") == ""


def test_several_short_texts_are_read_from_a_list_or_from_one_text() -> None:
    assert values.texts(["iOS 18", None, "iOS 18", "<b>ver. 4.2</b>"]) == ("iOS 18", "ver. 4.2")
    assert values.texts("メール;チャット、電話\n窓口") == ("メール", "チャット", "電話", "窓口")
    assert values.texts(None) == values.texts({}) == ()


def test_addresses_are_read_in_the_form_that_is_compared() -> None:
    assert values.address("田中 太郎 <Taro.Tanaka@Hokuto-Foods.example>") == "taro.tanaka@hokuto-foods.example"
    assert values.address('<a href="mailto:a@x.example">a@x.example</a>') == "a@x.example"
    assert values.addresses("a@x.example; b@x.example", ["A@x.example", 3, "c@x.example"], None) == (
        "a@x.example",
        "b@x.example",
        "c@x.example",
    )
    assert values.addresses("a@x.example b@x.example\nc@x.example") == ("a@x.example", "b@x.example", "c@x.example")
    assert values.address("not an address") == values.address(False) == ""


def test_a_companys_domain_is_read_from_a_host_an_address_or_a_page() -> None:
    for written in (
        "Hokuto-Foods.example",
        "https://www.hokuto-foods.example/ja?x=1",
        "info@hokuto-foods.example",
        "www.hokuto-foods.example.",
    ):
        assert values.domain(written) == "hokuto-foods.example"
    for nothing in ("", False, "localhost", "http://[", "北都"):
        assert values.domain(nothing) == ""


def test_a_link_leads_to_the_web_or_nowhere() -> None:
    assert values.link("https://crm.example/r/1?a=b#c") == "https://crm.example/r/1?a=b#c"
    for written in (
        "javascript:alert(1)",
        "//crm.example",
        "https://u:p@crm.example",
        "https://a b",
        "https://x/\u202e",
        'https://x/"',
        None,
        "http://[",
    ):
        assert values.link(written) == ""


def test_yes_and_no_are_read_in_several_words() -> None:
    assert [values.flag(one) for one in (True, "true", 1, "はい", "あり")] == [True] * 5
    assert [values.flag(one) for one in (False, "no", 0, "いいえ", "なし")] == [False] * 5
    assert values.flag(None) is values.flag("") is values.flag("maybe") is values.flag([]) is None


def test_ids_are_text_or_whole_numbers() -> None:
    assert (values.ident(12), values.ident("003xx0000000001AAA")) == ("12", "003xx0000000001AAA")
    for written in (True, None, "", "a" * 300, "a\x00b", " ", 1.5, 10**30):
        assert values.ident(written) == ""


def test_a_path_leads_as_far_as_there_is_something() -> None:
    answer = {"a": [{"b": 1}, {"b": 2}], "c": False}
    assert values.at(answer, "a", -1, "b") == 2
    assert values.at(answer, "a", 5, "b") is None
    assert values.at(answer, "c", "b") is None
    assert values.objs([{"b": 1}, 3, None]) == [{"b": 1}]
    assert values.objs({"b": 1}) == []
    assert values.obj([]) == {}


class Answer(msgspec.Struct):
    id: str
    name: object = None


ANSWER = msgspec.json.Decoder(Answer)


def test_an_answer_of_the_wrong_shape_is_garbled_and_not_quoted() -> None:
    assert values.decode(b'{"id": "1", "name": false, "new": [1]}', ANSWER) == Answer("1", False)
    for body in (
        b"",
        b"[]",
        b'{"id": 1}',
        b"<html>taro@x.example</html>",
        b'{"id": "\\ud800"}',
        b"\xff",
        b"[" * 100_000,
    ):
        with pytest.raises(CrmError) as caught:
            values.decode(body, ANSWER)
        assert caught.value.why == "garbled"
        assert "taro" not in str(caught.value)


@given(ANYTHING)
def test_every_reader_takes_anything(value: object) -> None:
    for read in (values.text, values.prose, values.texts, values.ident, values.address, values.domain, values.link, values.flag, values.number,
                 values.whole, values.currency, values.money, values.moment, values.day, values.obj, values.objs):  # fmt: skip
        read(value)


@given(st.text(max_size=400))
def test_text_is_clean_and_short_whatever_it_is_made_of(written: str) -> None:
    for plain, limit in ((values.text(written, 50), 50), (values.prose(written, 60), 60)):
        assert len(plain) <= limit
        json.dumps(plain).encode()
        assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in plain)
        plain.encode()
    assert "\n" not in values.text(written)


def test_every_kind_of_crm_has_a_module() -> None:
    assert set(MODULES) == set(CrmKind.__args__)  # type: ignore[attr-defined] # typing's own way to list a Literal


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("120万円", Money("1200000", "JPY")),
        ("1.2億円", Money("120000000", "JPY")),
        ("1億2,000万円", Money("120000000", "JPY")),
        ("1,200,000 円 (税込)", Money("1200000", "JPY")),
        ("5千円", None),  # not read at all rather than as 5
        ("$1.2M", None),
        ("12k", None),
        ("3 million JPY", None),
        ("1.200 JPY", Money("1200", "JPY")),
        ("-1.200 円", Money("-1200", "JPY")),
        ("1,2000", None),
    ],
)
def test_an_amount_with_a_unit_is_that_amount_or_none(written: str, said: Money | None) -> None:
    assert values.money(written) == said


def test_a_point_that_a_system_writes_stands_before_decimals() -> None:
    assert values.money("1.200", "JPY") == Money("1", "JPY")
    assert values.money("12.000 JPY", "JPY") == Money("12000", "JPY")


@pytest.mark.parametrize(("written", "said"), [("12 km", 12.0), ("30 Mbps", 30.0), ("99.5%", 99.5), ("7 bottles", 7.0)])
def test_a_unit_that_only_begins_like_a_multiple_is_a_unit(written: str, said: float) -> None:
    assert values.number(written) == said

"""When a customer may leave, and when nothing must be said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.domain.crm import CrmRef, Item, Record, Usage
from server.domain.health import Signal, signals

TODAY = date(2026, 11, 20)
NOW = 1_795_138_320_000
DAY = 86_400_000
BARE = Record(ref=CrmRef("hs", "contact", "1"))


def said(*records: Record, contacts: tuple[int, ...] = ()) -> list[Signal]:
    return list(signals(records, TODAY, NOW, contacts))


def in_days(days: int) -> str:
    return (TODAY + timedelta(days)).isoformat()


def complaint(name: str, days: int, *, open_: bool = True) -> Item:
    return Item("ticket", name, "納品数が違う", NOW - days * DAY, open=open_, complaint=True)


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert said() == []
    assert said(BARE) == []


@pytest.mark.parametrize(("days", "seen"), [(0, True), (23, True), (60, True), (61, False), (300, False)])
def test_a_renewal_is_near_within_sixty_days(days: int, seen: bool) -> None:
    found = said(replace(BARE, renewal=in_days(days)))
    assert found == ([Signal(kind="renewal", days=days, day=in_days(days))] if seen else [])


def test_a_contract_that_ends_soon_is_a_renewal_too() -> None:
    assert said(replace(BARE, contract_end=in_days(10))) == [Signal(kind="renewal", days=10, day=in_days(10))]


def test_a_contract_that_has_ended_is_serious() -> None:
    assert said(replace(BARE, contract_end=in_days(-5))) == [
        Signal(kind="ended", serious=True, days=5, day=in_days(-5))
    ]


def test_an_end_with_a_renewal_to_come_has_been_dealt_with() -> None:
    assert said(replace(BARE, contract_end=in_days(-5), renewal=in_days(360))) == []


def test_a_date_that_is_none_says_nothing() -> None:
    assert said(replace(BARE, contract_end="soon", renewal="2026-13-45")) == []


def test_open_complaints_are_counted_with_the_age_of_the_oldest() -> None:
    record = replace(BARE, items=(complaint("1", 1), complaint("2", 3), complaint("3", 40, open_=False)))
    assert said(record) == [Signal(kind="complaints", serious=True, days=3, count=2, at=NOW - 3 * DAY)]


@pytest.mark.parametrize(("days", "serious"), [(0, False), (6, False), (7, True)])
def test_a_complaint_of_a_week_is_serious(days: int, serious: bool) -> None:
    (found,) = said(replace(BARE, items=(complaint("1", days),)))
    assert found.serious is serious


def test_one_complaint_in_two_records_of_one_crm_is_one() -> None:
    record = replace(BARE, items=(complaint("1", 1),))
    (found,) = said(record, replace(record, ref=CrmRef("hs", "company", "9")))
    assert found.count == 1


@pytest.mark.parametrize(
    ("counts", "falls"),
    [
        ((100, 110, 90, 60, 50), True),
        ((100, 100, 100, 70, 70), True),
        ((100, 100, 100, 71, 71), False),
        ((100, 100, 100, 0, 0), True),
        ((4, 4, 4, 0, 0), False),
        ((100, 10, 10), False),
        ((10, 20, 40, 60, 80), False),
        ((), False),
    ],
)
def test_usage_falls_by_three_tenths_and_from_a_real_number(counts: tuple[float, ...], falls: bool) -> None:
    found = said(replace(BARE, usage=(Usage("レポート", counts=counts),)))
    assert [one.kind for one in found] == (["falling"] if falls else [])


def test_the_feature_that_lost_most_is_named_with_both_numbers() -> None:
    usage = Usage("検索", counts=(10, 10, 10, 6, 6)), Usage("レポート", counts=(120, 120, 120, 40, 20))
    assert said(replace(BARE, usage=usage)) == [Signal(kind="falling", feature="レポート", before=120, after=30)]


@pytest.mark.parametrize(
    ("score", "kinds"), [(None, []), (40, []), (39, [False]), (20, [False]), (19, [True]), (0, [True])]
)
def test_the_crms_own_score_speaks_when_it_is_low(score: int | None, kinds: list[bool]) -> None:
    assert [one.serious for one in said(replace(BARE, health=score))] == kinds


def test_a_quarter_without_a_word_is_said_with_the_day_of_the_last() -> None:
    last = NOW - 120 * DAY
    assert said(replace(BARE, last_contact=last)) == [Signal(kind="quiet", days=120, at=last)]
    assert said(replace(BARE, last_contact=last), contacts=(NOW - 3 * DAY,)) == []
    assert said(replace(BARE, last_contact=NOW - 89 * DAY)) == []


def test_the_first_record_that_says_something_speaks_for_it() -> None:
    assert said(replace(BARE, health=80), replace(BARE, health=5)) == []


RECORDS = st.lists(
    st.builds(
        Record,
        ref=st.just(BARE.ref),
        contract_end=st.sampled_from(["", "2026-12-01", "2020-01-01", "x"]),
        renewal=st.sampled_from(["", "2026-12-10", "2020-01-01"]),
        health=st.none() | st.integers(-5, 105),
        last_contact=st.integers(-DAY, NOW + DAY),
        usage=st.lists(
            st.builds(Usage, st.text(max_size=3), counts=st.lists(st.floats(0, 1e9), max_size=6).map(tuple)), max_size=2
        ).map(tuple),
    ),
    max_size=3,
)


@given(RECORDS)
def test_serious_signs_come_first_and_each_kind_once(records: list[Record]) -> None:
    found = said(*records)
    assert found == sorted(found, key=lambda one: not one.serious)
    assert len({one.kind for one in found}) == len(found)

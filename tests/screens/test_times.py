"""Times read as people write them, in both languages, and never fail."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.screens.times import Clock, zone
from server.screens.words import catalogue

TOKYO = ZoneInfo("Asia/Tokyo")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=TOKYO).timestamp() * 1000)


NOW = ms("2026-11-20T10:32:00")
JA = Clock(NOW, TOKYO, catalogue("ja").dates)
EN = Clock(NOW, TOKYO, catalogue("en").dates)


@pytest.mark.parametrize(
    ("at", "japanese", "english"),
    [
        ("2026-11-20T10:32:00", "1秒前", "1 s ago"),
        ("2026-11-20T10:31:57", "3秒前", "3 s ago"),
        ("2026-11-20T10:31:00", "1分前", "1 min ago"),
        ("2026-11-20T09:32:01", "59分前", "59 min ago"),
        ("2026-11-20T09:32:00", "9:32", "9:32"),
        ("2026-11-20T00:00:00", "0:00", "0:00"),
        ("2026-11-19T23:59:00", "昨日 23:59", "yesterday 23:59"),
        ("2026-11-21T09:00:00", "明日 9:00", "tomorrow 9:00"),
        ("2026-11-18T12:00:00", "11月18日(水)", "Wed, Nov 18"),
        ("2026-01-02T12:00:00", "1月2日(金)", "Fri, Jan 2"),
        ("2024-05-10T12:00:00", "2024年5月10日", "May 10, 2024"),
    ],
)
def test_times_are_as_short_as_they_can_be_understood(at: str, japanese: str, english: str) -> None:
    assert (JA.when(ms(at)), EN.when(ms(at))) == (japanese, english)


@pytest.mark.parametrize(
    ("at", "japanese", "english"),
    [
        ("2026-11-20T10:29:00", "10:29", "10:29"),
        ("2026-11-20T14:30:00", "14:30", "14:30"),
        ("2026-11-19T14:30:00", "昨日 14:30", "yesterday 14:30"),
        ("2026-11-24T15:00:00", "11月24日(火) 15:00", "Tue, Nov 24 15:00"),
        ("2027-01-04T15:00:00", "2027年1月4日 15:00", "Jan 4, 2027 15:00"),
    ],
)
def test_moments_keep_their_time_of_day(at: str, japanese: str, english: str) -> None:
    assert (JA.moment(ms(at)), EN.moment(ms(at))) == (japanese, english)


@pytest.mark.parametrize(
    ("at", "japanese", "english"),
    [
        ("2026-11-20T10:29:00", "3分前に", "3 min ago"),
        ("2026-11-20T08:00:00", "8:00に", "at 8:00"),
        ("2026-11-19T18:40:00", "昨日 18:40に", "yesterday at 18:40"),
        ("2026-05-10T18:40:00", "5月10日(日)に", "on Sun, May 10"),
    ],
)
def test_inside_a_sentence_they_bring_their_particle(at: str, japanese: str, english: str) -> None:
    assert (JA.then(ms(at)), EN.then(ms(at))) == (japanese, english)


@pytest.mark.parametrize(
    ("minutes", "japanese", "english"),
    [
        (0, "1分", "1 min"),
        (59, "59分", "59 min"),
        (60, "1時間", "1 h"),
        (70, "1時間10分", "1 h 10 min"),
        (24 * 60, "1日", "1 day"),
        (50 * 60, "2日", "2 days"),
    ],
)
def test_lengths_have_units(minutes: int, japanese: str, english: str) -> None:
    assert (JA.lasting(minutes * 60_000), EN.lasting(minutes * 60_000)) == (japanese, english)


def test_a_day_begins_where_the_agent_is() -> None:
    at = ms("2026-11-20T03:00:00")
    assert JA.when(at) == "3:00"
    assert JA.when(ms("2026-11-19T12:00:00")) == "昨日 12:00"
    assert Clock(NOW, ZoneInfo("America/New_York"), catalogue("en").dates).when(at) == "13:00"


def test_summer_time_counts() -> None:
    berlin = Clock(NOW, ZoneInfo("Europe/Berlin"), catalogue("en").dates)
    assert berlin.moment(int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp() * 1000)) == "Wed, Jul 1 14:00"
    assert berlin.moment(int(datetime(2026, 1, 7, 12, tzinfo=UTC).timestamp() * 1000)) == "Wed, Jan 7 13:00"


def test_a_picker_gets_what_it_gives() -> None:
    assert JA.typed(ms("2026-11-24T09:05:00")) == "2026-11-24T09:05"
    assert JA.typed(0) == ""


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "/etc/localtime", "x" * 5000, "Asia", "\0"])
def test_a_zone_that_is_none_falls_back(name: str) -> None:
    assert zone(name, "Asia/Tokyo") == TOKYO
    assert zone(name, name) is UTC


@given(st.integers(-(2**63), 2**63))
def test_any_number_is_some_time(at: int) -> None:
    for clock in (JA, EN):
        assert clock.when(at)
        assert clock.moment(at)
        assert clock.then(at)

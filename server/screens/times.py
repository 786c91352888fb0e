"""Times as people read them: 3 min ago, 10:32, yesterday 18:40, Fri, May 10. Shapes are the catalogue's, numbers ours.

Babel's formatters cost 50 microseconds a date; a card has 30 of them. These cost one: dates repeat, and are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_LAST = 253_402_214_400  # the last day that datetime knows, less one for zones ahead of UTC


@dataclass(frozen=True, slots=True, eq=False)  # one a language: compared by identity, so that it is a cheap key
class DateWords:
    """One language's words and shapes for times."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    day_of_year: str
    at: str
    then_ago: str
    then_today: str
    then_yesterday: str
    then_day: str
    yesterday: str
    today: str
    tomorrow: str
    seconds_ago: tuple[str, ...]
    minutes_ago: tuple[str, ...]
    minutes: str
    hours: str
    hours_minutes: str
    days: Callable[[int], str]


@lru_cache(maxsize=256)
def zone(*names: str) -> tzinfo:
    """The first of these time zones that exists; UTC when none does."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, or a very long one
            continue
    return UTC


class _Local(NamedTuple):
    day: int  # ordinal
    time: str


@lru_cache(maxsize=8192)
def _local_of(minute: int, place: tzinfo) -> _Local:
    """Day and time of day of a minute since the epoch; offsets are whole minutes in every zone since 1972."""
    local = datetime.fromtimestamp(min(max(minute * _MINUTE, _DAY), _LAST), place)
    return _Local(local.toordinal(), f"{local.hour}:{local.minute:02}")


@lru_cache(maxsize=8192)
def _date_of(words: DateWords, ordinal: int, this_year: int) -> str:
    day = date.fromordinal(ordinal)
    month = words.months[day.month - 1]
    if day.year == this_year:
        return words.day % {"month": month, "day": day.day, "weekday": words.weekdays[day.weekday()]}
    return words.day_of_year % {"month": month, "day": day.day, "year": day.year}


class Clock:
    """The agent's clock at one moment. All times are milliseconds since the epoch."""

    __slots__ = ("_today", "_words", "_year", "_zone", "now")

    def __init__(self, now: int, place: tzinfo, words: DateWords) -> None:
        self.now = now
        self._zone = place
        self._words = words
        self._today = _local_of(now // 60_000, place).day
        self._year = date.fromordinal(self._today).year

    def time(self, at: int) -> str:
        """10:32."""
        return _local_of(at // 60_000, self._zone).time

    def when(self, at: int) -> str:
        """As short as it can be understood: 3 min ago, 10:32, yesterday 18:40, Fri, May 10, May 10, 2024."""
        past = (self.now - at) // 1000
        if past < _HOUR:
            if past >= _MINUTE:
                return self._words.minutes_ago[past // _MINUTE]
            if past > -_MINUTE:
                return self._words.seconds_ago[max(past, 1)]
        local = _local_of(at // 60_000, self._zone)
        if -2 < local.day - self._today < 2:
            return self._near(local)
        return _date_of(self._words, local.day, self._year)

    def on(self, at: int) -> str:
        """Like `when`, never relative: what says it can be shown until the day is over."""
        local = _local_of(at // 60_000, self._zone)
        if -2 < local.day - self._today < 2:
            return self._near(local)
        return _date_of(self._words, local.day, self._year)

    def left_of_day(self) -> int:
        """Milliseconds until the agent's next midnight."""
        here = datetime.fromtimestamp(self.now / 1000, self._zone)
        midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), self._zone)
        return int(midnight.timestamp() * 1000) - self.now

    def moment(self, at: int) -> str:
        """Like `when`, never relative and always with its time of day: 10:32, tomorrow 9:00, Fri, May 10 15:00."""
        local = _local_of(at // 60_000, self._zone)
        if -2 < local.day - self._today < 2:
            return self._near(local)
        return self._words.at % {"day": _date_of(self._words, local.day, self._year), "time": local.time}

    def day(self, at: int) -> str:
        """A day without its time: today, tomorrow, Fri, May 10."""
        local = _local_of(at // 60_000, self._zone)
        words = self._words
        near = {-1: words.yesterday, 0: words.today, 1: words.tomorrow}.get(local.day - self._today)
        return near or _date_of(words, local.day, self._year)

    def then(self, at: int, *, exact: bool = False) -> str:
        """As an adverb: somebody took it 3 min ago, at 10:32, on Fri, May 10. `exact` is never relative."""
        words = self._words
        past = (self.now - at) // 1000
        if not exact and -_MINUTE < past < _HOUR:
            return words.then_ago % {"when": self.when(at)}
        local = _local_of(at // 60_000, self._zone)
        if local.day == self._today:
            return words.then_today % {"time": local.time}
        if local.day == self._today - 1:
            return words.then_yesterday % {"time": local.time}
        return words.then_day % {"day": _date_of(words, local.day, self._year)}

    def lasting(self, milliseconds: int) -> str:
        """A length of time: 32 min, 1 h 10 min, 3 days."""
        minutes = max(1, milliseconds // (_MINUTE * 1000))
        words = self._words
        if minutes < 60:
            return words.minutes % {"minutes": minutes}
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            return (words.hours_minutes if minutes else words.hours) % {"hours": hours, "minutes": minutes}
        return words.days(hours // 24)

    def calendar(self, iso: str) -> str:
        """A calendar day with its year: May 10, 2027. What is no ISO date is shown as it is."""
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return iso
        words = self._words
        return words.day_of_year % {"month": words.months[day.month - 1], "day": day.day, "year": day.year}

    @property
    def today(self) -> date:
        """The day it is where the agent is."""
        return date.fromordinal(self._today)

    def typed(self, at: int) -> str:
        """As a DateTime block wants it: YYYY-MM-DDTHH:MM; "" for no time."""
        if not at:
            return ""
        local = _local_of(at // 60_000, self._zone)
        return f"{date.fromordinal(local.day).isoformat()}T{local.time:0>5}"

    def _near(self, local: _Local) -> str:
        """Yesterday, today and tomorrow have words of their own."""
        words = self._words
        if local.day == self._today:
            return local.time
        return words.at % {"day": words.yesterday if local.day < self._today else words.tomorrow, "time": local.time}

"""Times as people read them: 3 min ago, 10:32, yesterday 18:40, Fri, May 10. Shapes are the catalogue's, numbers ours.

Babel's formatters cost 50 microseconds a date; a card has 30 of them. These cost one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_LAST = 253_402_214_400  # the last day that datetime knows, less one for zones ahead of UTC


@dataclass(frozen=True, slots=True)
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
        except (
            ZoneInfoNotFoundError,
            ValueError,
            OSError,
        ):  # OSError: the name of a folder, or longer than a file name
            continue
    return UTC


class Clock:
    """The agent's clock at one moment. All times are milliseconds since the epoch."""

    __slots__ = ("_today", "_words", "_year", "_zone", "now")

    def __init__(self, now: int, place: tzinfo, words: DateWords) -> None:
        self.now = now
        self._zone = place
        self._words = words
        today = self._local(now)
        self._today = today.toordinal()
        self._year = today.year

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(min(max(at // 1000, _DAY), _LAST), self._zone)

    def time(self, at: int) -> str:
        """10:32."""
        local = self._local(at)
        return f"{local.hour}:{local.minute:02}"

    def when(self, at: int) -> str:
        """As short as it can be understood: 3 min ago, 10:32, yesterday 18:40, Fri, May 10, May 10, 2024."""
        past = (self.now - at) // 1000
        if past < _HOUR:
            if past >= _MINUTE:
                return self._words.minutes_ago[past // _MINUTE]
            if past > -_MINUTE:
                return self._words.seconds_ago[max(past, 1)]
        return self._day(self._local(at), always_time=False)

    def moment(self, at: int) -> str:
        """Like `when`, never relative and always with its time of day: 10:32, tomorrow 9:00, Fri, May 10 15:00."""
        return self._day(self._local(at), always_time=True)

    def then(self, at: int, *, exact: bool = False) -> str:
        """As an adverb: somebody took it 3 min ago, at 10:32, on Fri, May 10. `exact` is never relative."""
        past = (self.now - at) // 1000
        if not exact and -_MINUTE < past < _HOUR:
            return self._words.then_ago % {"when": self.when(at)}
        local = self._local(at)
        days = local.toordinal() - self._today
        if days == 0:
            return self._words.then_today % {"time": f"{local.hour}:{local.minute:02}"}
        if days == -1:
            return self._words.then_yesterday % {"time": f"{local.hour}:{local.minute:02}"}
        return self._words.then_day % {"day": self._date(local)}

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

    def typed(self, at: int) -> str:
        """As a DateTime block wants it: YYYY-MM-DDTHH:MM."""
        return self._local(at).strftime("%Y-%m-%dT%H:%M") if at else ""

    def _day(self, local: datetime, *, always_time: bool) -> str:
        words = self._words
        time = f"{local.hour}:{local.minute:02}"
        days = local.toordinal() - self._today
        if days == 0:
            return time
        if days == -1:
            return words.at % {"day": words.yesterday, "time": time}
        if days == 1:
            return words.at % {"day": words.tomorrow, "time": time}
        day = self._date(local)
        return words.at % {"day": day, "time": time} if always_time else day

    def _date(self, local: datetime) -> str:
        words = self._words
        month = words.months[local.month - 1]
        if local.year == self._year:
            return words.day % {"month": month, "day": local.day, "weekday": words.weekdays[local.weekday()]}
        return words.day_of_year % {"month": month, "day": local.day, "year": local.year}

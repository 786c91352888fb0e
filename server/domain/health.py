"""Signs that a customer may leave, each with the numbers it rests on. What the open mail itself says is server.replies.mood's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from server.domain.crm import Record, Usage

_DAY: Final = 86_400_000

QUIET_DAYS: Final = 90
"""A quarter without a word: most teams speak with a customer at least once in that time, about an invoice if nothing else."""
RENEWAL_DAYS: Final = 60
"""Contracts are commonly given notice of one or two months before they end: later than this nothing can be saved."""
COMPLAINTS_SERIOUS: Final = 2
"""One open complaint is work; a second one beside it is a customer who complains."""
COMPLAINT_DAYS: Final = 7
"""A complaint that is open for a week has been forgotten by somebody."""
USAGE_FALL: Final = 0.3
"""Months differ by a tenth or two by themselves (holidays, months of 28 days); three tenths less is a habit that changes."""
USAGE_LEAST: Final = 5.0
"""Uses a month below which three tenths are one use more or less."""
HEALTH_LOW: Final = 40
HEALTH_BAD: Final = 20
"""Of 100. CRMs that score health colour it red below about 40; the lowest fifth is said louder."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One sign and its numbers; which of them are set, the kind says."""

    kind: Literal["ended", "complaints", "renewal", "falling", "low", "quiet"]
    serious: bool = False
    days: int = 0  # ended: since; renewal: until; quiet: since the last contact; complaints: since the oldest came
    count: int = 0  # complaints
    day: str = ""  # ended, renewal: the date itself
    at: int = 0  # quiet: the last contact; complaints: the oldest
    feature: str = ""  # falling
    before: float = 0.0  # falling: uses a month
    after: float = 0.0
    score: int = 0  # low


def signals(records: Sequence[Record], today: date, now: int, contacts: Sequence[int] = ()) -> tuple[Signal, ...]:
    """Return the signs, serious ones first. `contacts`: when else somebody spoke with them, ms; the open mail is left out by the caller.

    Of several records the first one that says something of a matter speaks for it; complaints are counted over all.
    """
    found = [*_contract(records, today), *_complaints(records, now), *_usage(records), *_health(records)]
    found += _quiet(records, now, contacts)
    return tuple(sorted(found, key=lambda one: not one.serious))


def _contract(records: Sequence[Record], today: date) -> Iterator[Signal]:
    """The end of the contract, or its renewal; an end that lies behind a renewal to come has been dealt with."""
    end = next((day for one in records if (day := _day(one.contract_end))), None)
    renewal = next((day for one in records if (day := _day(one.renewal))), None)
    coming = [day for day in (renewal, end) if day and day >= today]
    if not coming:
        if end:
            yield Signal(kind="ended", serious=True, days=(today - end).days, day=end.isoformat())
        return
    left = (min(coming) - today).days
    if left <= RENEWAL_DAYS:
        yield Signal(kind="renewal", days=left, day=min(coming).isoformat())


def _complaints(records: Sequence[Record], now: int) -> Iterator[Signal]:
    unique = {(one.ref.connection, item.id): item for one in records for item in one.items}
    found = [item for item in unique.values() if item.open and item.complaint]
    if found:
        oldest = min((item.at for item in found if item.at), default=0)
        days = max(0, (now - oldest) // _DAY) if oldest else 0
        serious = len(found) >= COMPLAINTS_SERIOUS or days >= COMPLAINT_DAYS
        yield Signal(kind="complaints", serious=serious, days=days, count=len(found), at=oldest)


def _usage(records: Sequence[Record]) -> Iterator[Signal]:
    """The feature that lost most of its use, by the last two months against the three before."""
    falls = [fall for one in records for usage in one.usage if (fall := _fall(usage))]
    if falls:
        yield max(falls, key=lambda one: (1 - one.after / one.before, one.before, one.feature))


def _fall(usage: Usage) -> Signal | None:
    if len(usage.counts) < 4:
        return None
    late, early = usage.counts[-2:], usage.counts[-5:-2]
    after, before = sum(late) / len(late), sum(early) / len(early)
    if before < USAGE_LEAST or after > before * (1 - USAGE_FALL):
        return None
    return Signal(kind="falling", feature=usage.feature, before=before, after=after)


def _health(records: Sequence[Record]) -> Iterator[Signal]:
    score = next((one.health for one in records if one.health is not None), None)
    if score is not None and score < HEALTH_LOW:
        yield Signal(kind="low", serious=score < HEALTH_BAD, score=score)


def _quiet(records: Sequence[Record], now: int, contacts: Sequence[int]) -> Iterator[Signal]:
    known = [*contacts, *(one.last_contact for one in records)]
    last = max((at for at in known if 0 < at <= now), default=0)
    if last and (days := (now - last) // _DAY) >= QUIET_DAYS:
        yield Signal(kind="quiet", days=days, at=last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None

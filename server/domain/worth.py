"""What our own customers are worth, month by month, and what they make of what they pay for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Final, NamedTuple

from server.domain.crm import Money, Usage
from server.domain.own import Subscription, Used, Whole, has_decimals

TREND: Final = 12
"""Months that a trend shows, the present one among them."""
_LONGEST: Final = 1_200
"""Payments of a subscription that are counted: a hundred years by the month."""


class Worth(NamedTuple):
    """Value of all months so far, and of the last ones, oldest first; None and () when it cannot be told."""

    value: Money | None = None
    trend: tuple[float, ...] = ()


def worth_of(whole: Whole, now: int, zone: tzinfo = UTC) -> Worth:
    """Return what the customer has paid. Nothing where it cannot be added up: several currencies, or older orders that were let go.

    A subscription whose invoices come as orders counts by these. The value that the caller gives, where they give one, comes first.
    """
    today = datetime.fromtimestamp(now / 1000, zone).date()
    given = whole.customer.value
    paid = list(_paid(whole, today, zone))
    currencies = {money.currency for _, money in paid}
    if len(currencies) != 1 or (given and currencies != {given.currency}):
        return Worth(given)
    by_month: dict[str, Decimal] = defaultdict(Decimal)
    for month, money in paid:
        by_month[month] += Decimal(money.amount)
    total = _money(sum(by_month.values(), Decimal()), currencies.pop())
    is_cut = "order" in whole.cut or "subscription" in whole.cut
    months = list(_months(today, TREND))
    if is_cut and min(by_month) >= months[0]:
        return Worth(given)  # the months before the oldest that is kept are not known
    begun = [month for month in months if is_cut or month >= min(by_month)]
    return Worth(given or (None if is_cut else total), tuple(float(by_month.get(month, 0)) for month in begun))


def current(whole: Whole, today: date) -> Subscription | None:
    """Return the subscription that holds today, the newest of several."""
    return next(
        (
            one
            for one in whole.subscriptions
            if one.start <= today.isoformat()
            and (not one.end or one.end >= today.isoformat())
            and (not one.cancelled or one.end)
        ),
        None,
    )


def usage_of(used: tuple[Used, ...], now: int, zone: tzinfo = UTC) -> tuple[Usage, ...]:
    """Return features by their whole months, as far as any feature of the customer is known; the present month is not whole yet."""
    present = datetime.fromtimestamp(now / 1000, zone).strftime("%Y-%m")
    known = sorted({month for one in used for month in one.months if month < present})
    if not known:
        return tuple(Usage(one.feature, one.last) for one in used)
    span = list(_between(known[0], known[-1]))
    return tuple(Usage(one.feature, one.last, _counts(one.months, span)) for one in used)


def unused_of(whole: Whole) -> tuple[str, ...]:
    """Return features of the plan that were never used; nothing where use is not counted at all."""
    if not whole.used:
        return ()
    used = {one.feature.casefold() for one in whole.used if any(one.months.values())}
    return tuple(feature for feature in whole.customer.features if feature.casefold() not in used)


def _paid(whole: Whole, today: date, zone: tzinfo) -> Iterator[tuple[str, Money]]:
    """Every payment up to today, with its month."""
    invoiced = {one.subscription for one in whole.orders if one.subscription}
    for order in whole.orders:
        at = datetime.fromtimestamp(order.at / 1000, zone).date()
        if order.amount and not order.cancelled and at <= today:
            yield at.strftime("%Y-%m"), order.amount
    for subscription in whole.subscriptions:
        if subscription.amount and subscription.id not in invoiced:
            for month in _payments(subscription, today):
                yield month, subscription.amount


def _payments(subscription: Subscription, today: date) -> Iterator[str]:
    start = date.fromisoformat(subscription.start)
    last = min(today, date.fromisoformat(subscription.end)) if subscription.end else today
    if subscription.cancelled and not subscription.end:
        return  # as of when is not known
    step = {"month": 1, "year": 12, "once": 0}[subscription.period]
    for number in range(_LONGEST if step else 1):
        month = start.year * 12 + start.month - 1 + number * step
        # Of a contract from the 31st on, February's payment falls to its last day: comparing days as they are written is enough.
        if (month // 12, month % 12 + 1, start.day) > (last.year, last.month, last.day):
            return
        yield f"{month // 12:04}-{month % 12 + 1:02}"


def _months(today: date, count: int) -> Iterator[str]:
    first = today.year * 12 + today.month - count
    for month in range(first, first + count):
        yield f"{month // 12:04}-{month % 12 + 1:02}"


def _between(first: str, last: str) -> Iterator[str]:
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    for month in range(max(begin, end - 23), end + 1):
        yield f"{month // 12:04}-{month % 12 + 1:02}"


def _counts(months: Mapping[str, float], span: list[str]) -> tuple[float, ...]:
    return tuple(float(months.get(month, 0)) for month in span)


def _money(total: Decimal, currency: str) -> Money:
    return Money(format(total if has_decimals(currency) else total.to_integral_value(), "f"), currency)

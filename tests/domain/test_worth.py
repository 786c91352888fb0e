"""What customers are worth: payments by month in one currency, subscriptions by their periods, use by whole months."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Money, Usage
from server.domain.own import Customer, Order, Subscription, Used, Whole
from server.domain.worth import Worth, current, unused_of, usage_of, worth_of


def ms(day: str, hour: int = 12) -> int:
    return int(datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC).timestamp() * 1000)


NOW: Final = ms("2026-05-10")


def bought(day: str, amount: str, currency: str = "JPY", **other: Any) -> Order:
    return Order(id=f"{day}-{amount}", title="x", at=ms(day), amount=Money(amount, currency), **other)


def paid(start: str, amount: str = "1000", currency: str = "JPY", **other: Any) -> Subscription:
    return Subscription(id=start, title="Standard", start=start, amount=Money(amount, currency), **other)


def whole(*items: Order | Subscription, cut: Any = (), **customer: Any) -> Whole:
    return Whole(
        customer=Customer(id="c", **customer),
        orders=tuple(one for one in items if isinstance(one, Order)),
        subscriptions=tuple(one for one in items if isinstance(one, Subscription)),
        cut=cut,
    )


def test_orders_add_up_by_month_and_the_trend_begins_with_the_first() -> None:
    worth = worth_of(
        whole(bought("2026-02-01", "5400"), bought("2026-05-01", "600"), bought("2026-05-02", "1000")), NOW
    )
    assert worth == Worth(Money("7000", "JPY"), (5400, 0, 0, 1600))


def test_a_trend_is_a_year_and_the_value_is_everything() -> None:
    worth = worth_of(whole(bought("2020-01-01", "99.50", "USD"), bought("2026-05-01", "0.5", "USD")), NOW)
    assert worth == Worth(Money("100.00", "USD"), (0.0,) * 11 + (0.5,))


def test_what_was_cancelled_or_lies_ahead_is_not_counted_and_refunds_are() -> None:
    orders = (
        bought("2026-05-01", "1000"), bought("2026-05-02", "-300"), bought("2026-05-03", "9", cancelled=True),
        bought("2026-06-01", "9"),
    )  # fmt: skip
    assert worth_of(whole(*orders), NOW) == Worth(Money("700", "JPY"), (700,))


def test_amounts_of_several_currencies_are_not_added_up() -> None:
    orders = bought("2026-05-01", "1000"), bought("2026-05-01", "9", "USD")
    assert worth_of(whole(*orders), NOW) == Worth()
    assert worth_of(whole(*orders, value=Money("5", "EUR")), NOW) == Worth(Money("5", "EUR"))


def test_the_value_that_is_given_comes_first_with_the_trend_of_its_currency() -> None:
    order = bought("2026-05-01", "1000")
    assert worth_of(whole(order, value=Money("99", "JPY")), NOW) == Worth(Money("99", "JPY"), (1000,))
    assert worth_of(whole(order, value=Money("99", "USD")), NOW) == Worth(Money("99", "USD"))


def test_where_older_orders_went_only_whole_months_are_shown_and_no_value() -> None:
    assert worth_of(whole(bought("2026-05-01", "1"), cut=("order",)), NOW) == Worth()
    far = bought("2025-01-01", "1"), bought("2026-05-01", "2")
    assert worth_of(whole(*far, cut=("order",)), NOW) == Worth(None, (0.0,) * 11 + (2.0,))


@pytest.mark.parametrize(
    ("subscription", "value", "trend"),
    [
        (paid("2026-03-10"), "3000", (1000, 1000, 1000)),
        (paid("2026-03-11"), "2000", (1000, 1000, 0)),
        (paid("2026-03-01", end="2026-04-15"), "2000", (1000, 1000, 0)),
        (paid("2024-05-10", period="year"), "3000", (0,) * 11 + (1000,)),
        (paid("2024-05-11", period="year"), "2000", (0,) * 12),
        (paid("2026-04-01", period="once"), "1000", (1000, 0)),
        (paid("2026-01-31"), "4000", (1000, 1000, 1000, 1000, 0)),
    ],
)
def test_a_subscription_is_paid_each_period(subscription: Subscription, value: str, trend: tuple[float, ...]) -> None:
    assert worth_of(whole(subscription), NOW) == Worth(Money(value, "JPY"), trend)


def test_a_subscription_that_lies_ahead_or_stopped_we_do_not_know_when_is_worth_nothing_yet() -> None:
    assert worth_of(whole(paid("2026-06-01")), NOW) == Worth()
    assert worth_of(whole(paid("2020-01-01", cancelled=True)), NOW) == Worth()


def test_invoices_of_a_subscription_are_not_counted_twice() -> None:
    invoice = bought("2026-04-02", "980", subscription="2026-04-01")
    assert worth_of(whole(paid("2026-04-01"), invoice), NOW).value == Money("980", "JPY")


def test_months_are_those_of_the_workspace() -> None:
    late = Order(id="1", title="x", at=ms("2026-04-30", 20), amount=Money("1", "JPY"))
    assert worth_of(whole(late), NOW).trend == (1, 0)
    assert worth_of(whole(late), NOW, ZoneInfo("Asia/Tokyo")).trend == (1,)


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(-(10**6), 10**9)), min_size=1, max_size=30))
def test_yen_add_up_to_the_last_one(orders: list[tuple[int, int]]) -> None:
    made = [
        Order(id=str(at), title="x", at=NOW - days * 86_400_000, amount=Money(str(yen), "JPY"))
        for at, (days, yen) in enumerate(orders)
    ]
    worth = worth_of(whole(*made), NOW)
    assert worth.value == Money(str(sum(yen for _, yen in orders)), "JPY")
    assert len(worth.trend) <= 12


def test_the_newest_subscription_that_holds_is_the_plan() -> None:
    old, now, ahead = paid("2020-01-01"), paid("2026-01-01", end="2026-05-10"), paid("2027-01-01")
    known = whole(ahead, now, old)
    assert current(known, date(2026, 5, 10)) == now
    assert current(known, date(2026, 5, 11)) == old
    assert current(whole(paid("2020-01-01", cancelled=True)), date(2026, 5, 10)) is None


def test_use_is_shown_in_whole_months_with_nothing_where_nothing_came() -> None:
    used = Used("a", 5, {"2026-01": 4, "2026-03": 2, "2026-05": 9}), Used("b", 0, {"2026-04": 1})
    assert usage_of(used, NOW) == (Usage("a", 5, (4, 0, 2, 0)), Usage("b", 0, (0, 0, 0, 1)))
    assert usage_of((Used("a", 5, {"2026-05": 9}),), NOW) == (Usage("a", 5),)


def test_features_of_the_plan_that_were_never_used_are_named() -> None:
    used = Used("csv 出力", 0, {"2026-05": 1}), Used("請求書", 0, {"2026-05": 0})
    known = Whole(customer=Customer(id="c", features=("請求書", "CSV 出力", "API")), used=used)
    assert unused_of(known) == ("請求書", "API")
    assert unused_of(Whole(customer=known.customer)) == (), "where use is not counted nobody knows"

"""Amounts of money and numbers as people write them: ¥1,200,000, $99.50, 12.5."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from babel.numbers import get_currency_precision

from server.domain.crm import Money

_SYMBOLS: Final = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩"}
"""Signs that mean one currency to nearly everybody; the others say their code."""
_MOST_DIGITS: Final = 15


def money(amount: Money) -> str:
    """An amount with its currency, cents only where there are any; "" for what is no amount."""
    try:
        value = Decimal(amount.amount)
    except InvalidOperation:
        return ""
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        return ""
    code = amount.currency.strip().upper()[:3]
    places = _places(code)
    whole = value == value.to_integral_value()
    text = f"{abs(value):,.{0 if whole else places}f}"
    sign = "-" if value < 0 and text.strip("0.,") else ""
    if code in _SYMBOLS:
        return f"{sign}{_SYMBOLS[code]}{text}"
    return f"{code} {sign}{text}".strip()


@lru_cache(maxsize=64)
def _places(code: str) -> int:
    return int(get_currency_precision(code)) if code else 2


def number(value: float) -> str:
    """A number of uses or points: no decimals above ten, one below."""
    text = f"{value:,.1f}" if abs(value) < 10 else f"{value:,.0f}"
    return text.removesuffix(".0")

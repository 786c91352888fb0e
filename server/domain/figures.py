"""Amounts of money as people type them: 1,200,000円, ▲3,000, (3,000), 1.234,56 €, 120万円."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_GROUPED: Final = re.compile(r"-?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?", re.ASCII)  # 1,200,000 and 12,34,567
_COMMA: Final = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}", re.ASCII)  # 1.234,56
_BRACKETED: Final = re.compile(r"\((\d[\d.,]*)\)", re.ASCII)
_MYRIADS: Final = re.compile(
    r"(-?)(?:(\d{1,6}(?:\.\d+)?)億)?(?:(\d{1,4}(?:\.\d+)?)万)?(\d{1,4})?", re.ASCII
)  # 1億2000万
_MARKS: Final = re.compile(r"[\s¥\\$€£円]|JPY|USD|EUR|GBP|\(税[込抜別]\)")
_MINUS: Final = str.maketrans("−△▲", "---")
_CURRENCIES: Final = {
    "円": "JPY",
    "¥": "JPY",
    "JPY": "JPY",
    "USD": "USD",
    "€": "EUR",
    "EUR": "EUR",
    "£": "GBP",
    "GBP": "GBP",
}
"""By the sign beside an amount; "$" is several countries'."""


def amount_of(text: str) -> str:
    """Return the amount as decimal text; "" for what is none, or could be two: 1,5 and 1,50 are read, 1,2,3 is not."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKC", text).upper()).translate(_MINUS)
    if owed := _BRACKETED.fullmatch(bare):  # as bookkeepers write it
        bare = f"-{owed[1]}"
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif ("万" in bare or "億" in bare) and (found := _MYRIADS.fullmatch(bare.replace(",", ""))):
        sign, hundreds, tens, rest = (part or "0" for part in found.groups())
        value = Decimal(hundreds) * 10**8 + Decimal(tens) * 10**4 + Decimal(rest)
        bare = f"{'-' if sign == '-' else ''}{value.normalize():f}"
    return bare if _NUMBER.fullmatch(bare) else ""


def currency_in(text: str) -> str:
    """Return the ISO 4217 code of the currency that stands beside an amount, "" when it says none."""
    written = unicodedata.normalize("NFKC", text).upper()
    return next((code for sign, code in _CURRENCIES.items() if sign in written), "")

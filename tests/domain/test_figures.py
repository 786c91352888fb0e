"""Amounts in every form that people type them in; what could be two amounts is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.figures import amount_of, currency_in


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1200000", "1200000"),
        ("1,200,000円", "1200000"),
        ("￥１，２００", "1200"),
        ("\\1,200", "1200"),
        ("99.50", "99.50"),
        ("99,50", "99.50"),
        ("1.234,56 €", "1234.56"),
        ("12,34,567", "1234567"),
        ("−500", "-500"),
        ("▲3,000", "-3000"),
        ("(3,000)", "-3000"),
        ("120万円", "1200000"),
        ("1.5万", "15000"),
        ("1億2,000万円", "120000000"),
        ("3,300円（税込）", "3300"),
        ("0", "0"),
    ],
)
def test_an_amount_is_read_as_it_was_meant(typed: str, amount: str) -> None:
    assert amount_of(typed) == amount


@pytest.mark.parametrize(
    "typed", ["", "円", "万", "百万", "1,2,3", "12,3456", "1.234.5", "1e9", "-(3)", "NaN", "0x10", "1_000", "5~6万"]
)
def test_what_is_no_amount_or_could_be_two_is_none(typed: str) -> None:
    assert amount_of(typed) == ""


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_a_grouped_amount_is_the_amount(value: Decimal) -> None:
    assert Decimal(amount_of(f"{value:,}")) == value


@pytest.mark.parametrize(
    ("typed", "code"), [("1,200円", "JPY"), ("￥1", "JPY"), ("5 €", "EUR"), ("USD 5", "USD"), ("$5", ""), ("5", "")]
)
def test_the_sign_beside_an_amount_says_its_currency_where_it_means_one(typed: str, code: str) -> None:
    assert currency_in(typed) == code


@given(st.text(max_size=20))
def test_whatever_is_typed_is_an_amount_or_nothing(typed: str) -> None:
    assert amount_of(typed) == "" or Decimal(amount_of(typed)).is_finite()

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateways.crm.people import first_and_last, full_name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("田中 太郎", ("太郎", "田中")),
        ("タナカ タロウ", ("タロウ", "タナカ")),
        ("佐々木 次郎", ("次郎", "佐々木")),
        ("김 철수", ("철수", "김")),
        ("Taro Tanaka", ("Taro", "Tanaka")),
        ("Maria de la Cruz", ("Maria de la", "Cruz")),
        ("田中", ("", "田中")),
        ("Madonna", ("", "Madonna")),
        ("", ("", "")),
    ],
)
def test_a_name_is_taken_apart_in_its_own_order(name: str, parts: tuple[str, str]) -> None:
    assert first_and_last(name) == parts
    assert full_name(*parts) == name


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=8), min_size=1, max_size=4))
def test_what_is_taken_apart_can_be_put_together(words: list[str]) -> None:
    name = " ".join(" ".join(words).split())
    assert full_name(*first_and_last(name)) == name

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateways.crm.marks import mark, marked
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


def test_a_mark_tells_one_key_from_another_and_nothing_of_it() -> None:
    assert mark("<m1@x.example>") == mark("<m1@x.example>") != mark("<m2@x.example>")
    assert "x.example" not in mark("<m1@x.example>")


@given(st.text(max_size=50), st.text(max_size=20))
def test_a_marked_text_begins_as_it_was_and_ends_with_its_mark(text: str, key: str) -> None:
    written = marked(text, key, "佐藤", limit=30)
    assert written.startswith(text[:30].rstrip())
    assert written.endswith(f"[{mark(key)} 佐藤]")

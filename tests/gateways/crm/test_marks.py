from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.gateways.crm.marks import digest, mark, marked, noted
from tests.gateways.crm.contract import LETTER


def test_a_mark_tells_one_key_from_another_and_nothing_of_it() -> None:
    assert mark("<m1@x.example>") == mark("<m1@x.example>") != mark("<m2@x.example>")
    assert "x.example" not in mark("<m1@x.example>")


@given(st.text(max_size=50), st.text(max_size=20))
def test_a_marked_text_begins_as_it_was_and_ends_with_its_mark(text: str, key: str) -> None:
    written = marked(text, key, "佐藤", limit=30)
    assert written.startswith(text[:30].rstrip())
    assert written.endswith(f"[{mark(key)} 佐藤]")


def test_marks_stay_what_they_were() -> None:
    # A mail that was logged before an update must be found again after it.
    assert mark("mail-0001") == "sobani:" + digest("mail-0001", 40)[:24] == "sobani:e6afe9130b8bedb12e6ead5f"


def test_a_note_says_who_wrote_to_whom() -> None:
    assert noted(LETTER).splitlines()[0] == "田中 太郎 <taro.tanaka@hokuto-foods.example> → support@aoba.example"
    assert noted(LETTER).endswith(f"\n\n{LETTER.text}")
    many = tuple(f"p{number}@x.example" for number in range(30))
    head = noted(replace(LETTER, sender_name="", recipients=many)).splitlines()[0]
    assert head.startswith("taro.tanaka@hokuto-foods.example → p0@x.example, ")
    assert head.endswith("p19@x.example")

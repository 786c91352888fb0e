"""Foreign text becomes harmless, stays readable, and is cut between characters as a reader sees them."""

from __future__ import annotations

import html as html_module
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import escape
from tests.cards.generated import texts

limits = st.integers(1, 60)
_INVISIBLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@given(texts, limits)
def test_html_has_no_markup_but_line_breaks_and_unescapes_to_the_clean_text(text: str, limit: int) -> None:
    shown = escape.html(text, limit)
    assert "<" not in shown.replace("<br>", "")
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    if text == text.strip():
        assert html_module.unescape(shown.replace("<br>", "\n")) == escape.cut(escape.clean(text), limit)


@given(texts, limits)
def test_a_label_means_the_same_read_as_html_or_as_plain_text(text: str, limit: int) -> None:
    shown = escape.label(text, limit)
    assert not re.search("[<&]", shown)
    assert html_module.unescape(shown) == shown


@given(texts, limits)
def test_an_adaptive_text_calls_no_function_of_the_client(text: str, limit: int) -> None:
    for shown in (escape.adaptive(text, limit), escape.adaptive_line(text, limit)):
        assert not re.search(r"\{\{\s*(DATE|TIME)\s*\(", shown, re.IGNORECASE)


@given(texts, limits)
def test_what_cannot_be_seen_or_reorders_is_gone_everywhere(text: str, limit: int) -> None:
    for make_safe in (escape.line, escape.html, escape.html_line, escape.label, escape.adaptive, escape.adaptive_line):
        assert not _INVISIBLE.search(make_safe(text, limit))
    assert not _INVISIBLE.search(escape.typed(text, limit, multiline=True))


@given(texts, limits)
def test_one_line_is_one_line(text: str, limit: int) -> None:
    for make_safe in (escape.line, escape.html_line, escape.label, escape.adaptive_line):
        assert "\n" not in make_safe(text, limit)
        assert "<br>" not in make_safe(text, limit)
    assert "\n" not in escape.typed(text, limit, multiline=False)


@given(texts, limits)
def test_no_text_is_longer_than_its_place(text: str, limit: int) -> None:
    for make_safe in (escape.line, escape.label, escape.adaptive, escape.adaptive_line):
        assert len(make_safe(text, limit)) <= limit
    assert len(html_module.unescape(escape.html_line(text, limit))) <= limit
    assert len(escape.typed(text, limit, multiline=True)) <= limit


@given(texts)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert escape.clean(escape.clean(text)) == escape.clean(text)


@given(texts, limits)
def test_a_cut_never_splits_a_character_as_read(text: str, limit: int) -> None:
    text = escape.clean(text)
    shown = escape.cut(text, limit)
    if shown == text:
        return
    assert shown.endswith("…")
    kept = shown[:-1]
    assert text.startswith(kept)
    rest = text[len(kept) :]
    if not kept or rest[0].isspace():
        return
    assert kept[-1] != "\u200d"
    assert rest[0] not in "\u200c\u200d\uff9e\uff9f"
    assert unicodedata.category(rest[0]) not in {"Mn", "Mc", "Me"}


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("田中 太郎", 5, "田中 太郎"),
        ("田中 太郎", 4, "田中…"),
        ("ｶﾞｷﾞｸﾞ", 4, "ｶﾞ…"),
        ("か\u3099き\u3099", 3, "か\u3099…"),
        ("葛\U000e0100飾区", 2, "…"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467です", 5, "…"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467です", 6, "\U0001f468\u200d\U0001f469\u200d\U0001f467…"),
        ("\U0001f1ef\U0001f1f5\U0001f1fa\U0001f1f8", 3, "\U0001f1ef\U0001f1f5…"),
        ("\U0001f44d\U0001f3fd\U0001f44d\U0001f3fd", 3, "\U0001f44d\U0001f3fd…"),
        ("\u1100\u1161\u11a8\u1100\u1161\u11a8", 5, "\u1100\u1161\u11a8…"),
    ],
)
def test_a_cut_keeps_whole_characters(text: str, limit: int, shown: str) -> None:
    assert escape.cut(text, limit) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\u200bc\x00d\ufeff", "abcd"),
        ("一\r\n二\u2028三", "一\n二\n三"),
        ("一\n\n\n\n\n二", "一\n\n二"),
        ("a\tb", "a b"),
        ("\ud800", "\ufffd"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("a\u200db", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("Z\u0301\u0301\u0301\u0301\u0301\u0301", "Z\u0301\u0301\u0301\u0301"),
        ("田中\u3000太郎", "田中\u3000太郎"),
    ],
)
def test_cleaning_drops_tricks_and_keeps_spelling(text: str, shown: str) -> None:
    assert escape.clean(text) == shown


def test_typed_text_gets_no_ellipsis_because_somebody_will_send_it_again() -> None:
    assert escape.typed("あいうえお", 3, multiline=False) == "あいう"
    assert escape.typed("一\n二", 10, multiline=True) == "一\n二"


@given(texts)
def test_a_harmless_text_needs_nothing_in_any_place(text: str) -> None:
    if escape.harmless(text):
        for make_safe in (escape.html, escape.html_line, escape.label, escape.adaptive, escape.adaptive_line):
            assert make_safe(text, escape.LABEL) == text


@pytest.mark.parametrize(
    "url",
    ["https://crm.aoba.example/1?q=%20", "mailto:info@aoba.example", "tel:0300000000", "http://127.0.0.1:8080/x"],
)
def test_links_that_may_be_opened_are_left_as_they_are(url: str) -> None:
    assert escape.link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://crm.aoba.example/",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "https://",
        "https:///x",
        "//aoba.example",
        "https://a.example/\n",
        "https://a.example/\u202e",
        "https://a.example\\@evil.example",
        "https://[",
        "https://a.example/" + "x" * 3000,
    ],
)
def test_links_that_may_not_be_opened_are_nothing(url: str) -> None:
    assert escape.link(url) == ""

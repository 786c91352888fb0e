"""The gallery shows every word of the vocabulary; one small picture of each is kept beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args

import pytest
from syrupy.assertion import SnapshotAssertion

from cards import adaptive, gallery, google
from cards.model import Action, Block, Icon, Tone
from cards.words import words

PICTURED = (
    "message-en",
    "text-lines",
    "row",
    "facts",
    "timeline",
    "notice",
    "inputs",
    "buttons",
    "sections",
    "hostile",
)


def seal(action: Action) -> str:
    return f"sealed-{action.name}"


@pytest.mark.parametrize("name", PICTURED)
def test_the_cards_of_gmail_look_as_agreed(name: str, snapshot: SnapshotAssertion) -> None:
    card = gallery.cards()[name]
    drawn = google.render(card, seal=seal, action_url="https://s.example/a", icons_url="https://s.example/i")
    assert json.dumps(drawn, ensure_ascii=False, indent=1) == snapshot


@pytest.mark.parametrize("name", PICTURED)
def test_the_cards_of_outlook_look_as_agreed(name: str, snapshot: SnapshotAssertion) -> None:
    drawn = adaptive.render(gallery.cards()[name], seal=seal, icons_url="https://s.example/i")
    assert json.dumps(drawn, ensure_ascii=False, indent=1) == snapshot


def test_every_block_tone_and_icon_has_an_example() -> None:
    values = [value for card in gallery.cards().values() for value in _values(card)]
    assert {type(value) for value in values} >= set(get_args(Block))
    assert {value for value in values if isinstance(value, Tone)} == set(Tone)
    assert {value for value in values if isinstance(value, Icon)} == set(Icon)


def test_the_renderers_say_every_word_in_both_languages() -> None:
    japanese, english = words("ja"), words("en")
    assert set(japanese.icons) == set(english.icons)
    for field in fields(japanese):
        one, other = getattr(japanese, field.name), getattr(english, field.name)
        assert one != other
        if isinstance(one, str):
            assert re.findall(r"\{\w+\}", one) == re.findall(r"\{\w+\}", other)


@pytest.mark.parametrize("language", ["", "en", "fr", "en-US"])
def test_a_language_without_words_of_its_own_speaks_english(language: str) -> None:
    assert words(language) is words("en")


def test_regional_japanese_speaks_japanese() -> None:
    assert words("ja-JP") is words("ja")


def _values(value: object) -> Iterator[object]:
    yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from _values(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _values(item)

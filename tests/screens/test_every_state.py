"""What holds for every card of the gallery, in both languages and both renderings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import reduce

import pytest
from syrupy.assertion import SnapshotAssertion

from cards import adaptive, google
from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Facts,
    Field,
    Row,
    Section,
    Show,
    Text,
    Timeline,
    Trend,
)
from server.screens.gallery import AOBA, outcomes, states
from server.usecases import ACTIONS
from server.usecases.look import QUESTIONS
from tests.cards import adaptive_authority, google_authorities

LANGUAGES = ("ja", "en")
EVERY_STATE = [(language, name) for language in LANGUAGES for name in outcomes()]
PICTURED = (
    "standard",
    "colleague",
    "done",
    "unknown-customer",
    "home",
    "ask-take-over",
    "private",
    "failed-records",
    "upset",
    "suggestions",
    "suggestions-picked",
    "suggestions-similar",
    "editor-filled",
    "editor-more-findings",
    "editor-unfilled",
    "editor-benefits",
    "compose-found",
    "crm-full",
    "crm-candidates",
    "crm-leaving",
    "crm-troubled",
    "crm-log-failed",
    "ask-crm-records",
    "ask-crm-deal",
)
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def drawn() -> dict[tuple[str, str], Card]:
    found = {}
    for language in LANGUAGES:
        for name, effect in states(language).items():
            assert isinstance(effect, Show)
            found[language, name] = effect.card
    return found


def walk(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, tuple):
        for one in value:
            yield from walk(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from walk(getattr(value, field.name))


def seal(action: Action) -> str:
    return f"sealed-{action.name}"


def test_the_gallery_shows_every_question_and_at_least_thirty_states() -> None:
    assert len(outcomes()) >= 30
    assert {f"ask-{what.replace('_', '-')}" for what in QUESTIONS} <= set(outcomes())


@pytest.mark.parametrize(("language", "name"), EVERY_STATE)
def test_a_card_has_a_title_its_language_and_at_most_one_filled_button(
    drawn: dict[tuple[str, str], Card], language: str, name: str
) -> None:
    card = drawn[language, name]
    assert card.language == ("en" if name == "settings-chosen" else language)  # which chooses English
    assert card.header.title
    assert sum(isinstance(one, Button) and one.filled for one in walk(card)) <= 1


@pytest.mark.parametrize(("language", "name"), EVERY_STATE)
def test_nothing_empty_is_drawn(drawn: dict[tuple[str, str], Card], language: str, name: str) -> None:
    for one in walk(drawn[language, name]):
        match one:
            case Section():
                assert one.blocks
                assert one.id
                assert not one.collapsible or one.shown < len(one.blocks) or one.shown == 0
            case Text() | Row():
                assert one.text.strip()
            case Button():
                assert one.label
            case Buttons():
                assert one.items
                assert bool(one.menu) <= bool(one.menu_label)
            case Facts():
                assert one.items
                assert all(fact.label and fact.value for fact in one.items)
            case Timeline():
                assert one.entries
                assert all(entry.title and entry.detail for entry in one.entries)
            case Choice():
                assert one.options
                assert one.label
            case Field() | DateTime():
                assert one.label
            case _:
                pass


@pytest.mark.parametrize(("language", "name"), EVERY_STATE)
def test_a_button_asks_for_something_that_exists_and_needs_only_what_the_card_has(
    drawn: dict[tuple[str, str], Card], language: str, name: str
) -> None:
    everything = list(walk(drawn[language, name]))
    inputs = [one.name for one in everything if isinstance(one, Field | Choice | DateTime)]
    assert len(inputs) == len(set(inputs))
    for one in everything:
        if isinstance(one, Action):
            assert one.name in ACTIONS
        if isinstance(one, Button):
            assert set(one.needs) <= set(inputs)


@pytest.mark.parametrize(("language", "name"), EVERY_STATE)
def test_both_clients_can_draw_it(drawn: dict[tuple[str, str], Card], language: str, name: str) -> None:
    card = drawn[language, name]
    in_gmail = google.render(
        card,
        seal=seal,
        action_url="https://s.example/a",
        icons_url="https://s.example/i",
        pictures_url="https://s.example/p",
    )
    in_outlook = adaptive.render(card, seal=seal, icons_url="https://s.example/i", pictures_url="https://s.example/p")
    assert google_authorities.complaints(in_gmail) == []
    assert adaptive_authority.complaints(in_outlook) == []


@pytest.mark.parametrize("name", [name for name in outcomes() if name.startswith(("stranger", "failed-r", "private"))])
def test_english_cards_without_names_of_ours_hold_no_japanese(drawn: dict[tuple[str, str], Card], name: str) -> None:
    ours = {person.name for person in AOBA.people} | {team.name for team in AOBA.teams}
    for one in walk(drawn["en", name]):
        if isinstance(one, str):
            words = reduce(lambda text, known: text.replace(known, ""), ours, one)
            assert not JAPANESE.search(words), one


@pytest.mark.parametrize(("language", "name"), EVERY_STATE)
def test_no_placeholder_is_left_open(drawn: dict[tuple[str, str], Card], language: str, name: str) -> None:
    assert not [one for one in walk(drawn[language, name]) if isinstance(one, str) and re.search(r"%\(\w+\)", one)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PICTURED)
def test_cards_read_as_agreed(
    drawn: dict[tuple[str, str], Card], language: str, name: str, snapshot: SnapshotAssertion
) -> None:
    assert "\n".join(outline(drawn[language, name])) == snapshot


def outline(card: Card) -> Iterator[str]:
    """Every word of a card in its order, indented as it is nested: a picture that a reviewer can read."""
    yield f"{card.name}: {card.header.title} | {card.header.subtitle}"
    for section in card.plain:
        fold = f" (folded after {section.shown})" if section.collapsible else ""
        yield f"# {section.title or section.id}{fold}"
        for block in section.blocks:
            match block:
                case Buttons():
                    yield "  " + " ".join(f"[{'*' if one.filled else ''}{one.label}]" for one in block.items)
                    if block.menu:
                        yield "  ⋯ " + " | ".join(one.label for one in block.menu)
                case Timeline():
                    for entry in block.entries:
                        yield f"  {entry.icon}: {entry.title} / {entry.detail} / {entry.snippet}"
                case Facts():
                    for fact in block.items:
                        yield f"  {fact.label}: {fact.value}"
                case Choice():
                    yield f"  {block.label}: " + " / ".join(option.label for option in block.options)
                case Field() | DateTime():
                    yield f"  {block.label}: [{block.value}]"
                case Row():
                    end = f" [{block.button.label}]" if block.button else ""
                    yield (
                        f"  {block.icon or '-'}: "
                        + " / ".join(filter(None, (block.above, block.text, block.below)))
                        + end
                    )
                case Trend():
                    yield f"  {block.words}"
                case _:
                    yield f"  ({block.tone}) {block.text}"

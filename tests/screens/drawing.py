"""Drawing of single states, and looking into what was drawn."""

from __future__ import annotations

from collections.abc import Iterator

from cards.model import Action, Block, Button, Buttons, Card, Choice, Field, Notice, Row, Section, Show, Text
from server.domain.events import Place
from server.domain.outcomes import Outcome
from server.domain.workspace import Viewer
from server.screens import show
from server.screens.gallery import SATO, outcomes


def drawn(outcome: Outcome, viewer: Viewer | None = SATO, language: str = "ja") -> Card:
    effect = show(outcome, viewer, Place(language, "Asia/Tokyo"))
    assert isinstance(effect, Show)
    return effect.card


def state(name: str, language: str = "ja") -> Card:
    outcome, viewer = outcomes()[name]
    return drawn(outcome, viewer, language)


def section(card: Card, name: str) -> Section:
    return next(one for one in card.plain if one.id == name)


def ids(card: Card) -> list[str]:
    return [one.id for one in card.plain]


def blocks(card: Card) -> Iterator[Block]:
    for one in card.plain:
        yield from one.blocks


def lines(card: Card, name: str) -> list[str]:
    """What stands in a section, without its buttons and fields."""
    return [
        " / ".join(filter(None, (one.above, one.text, one.below))) if isinstance(one, Row) else one.text
        for one in section(card, name).blocks
        if isinstance(one, Row | Text | Notice)
    ]


def buttons(card: Card) -> list[Button]:
    found: list[Button] = []
    for block in blocks(card):
        if isinstance(block, Buttons):
            found += (*block.items, *block.menu)
        elif isinstance(block, Row | Notice) and block.button:
            found.append(block.button)
    return found


def asked(card: Card, name: str) -> list[Action]:
    """What the buttons and rows of a card ask for under this name."""
    targets = [one.target for one in buttons(card)]
    targets += [one.target for one in blocks(card) if isinstance(one, Row) and one.target]
    return [one for one in targets if isinstance(one, Action) and one.name == name]


def field(card: Card, name: str) -> Field:
    return next(one for one in blocks(card) if isinstance(one, Field) and one.name.partition(".")[0] == name)


def choice(card: Card, name: str) -> Choice:
    return next(one for one in blocks(card) if isinstance(one, Choice) and one.name == name)

"""Cards that nobody would write: what hypothesis makes of the vocabulary."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cards.gallery import HOSTILE
from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Entry,
    Fact,
    Facts,
    Field,
    Header,
    Icon,
    Link,
    Notice,
    Option,
    Row,
    Section,
    Text,
    Timeline,
    Tone,
    Trend,
)

_T = TypeVar("_T")

_TRICKY = st.one_of(
    st.sampled_from(["<", ">", "&", "&lt;", "<b>", "{{DATE(2026-01-01T00:00:00Z)}}", "\n", "\r\n", " ", "\u3000"]),
    st.sampled_from("\u200d\u202e\x00\ud800\u3099か田a\U0001f468\U0001f1ef\ufe0fｶﾞ각\u1100\u1161"),
)
texts = st.one_of(st.text(max_size=20), st.lists(_TRICKY, max_size=12).map("".join), st.just(HOSTILE))
"""Any text, with a liking for what breaks renderers."""

_names = st.text(alphabet="abcdefgh", min_size=1, max_size=4)
_actions = st.builds(Action, _names, st.dictionaries(_names, texts, max_size=2))
_targets = st.one_of(_actions, st.builds(Link, st.one_of(texts, st.just("https://crm.aoba.example/1"))))
_buttons = st.builds(
    Button,
    label=texts,
    target=_targets,
    filled=st.booleans(),
    enabled=st.booleans(),
    needs=st.lists(_names, max_size=2, unique=True).map(tuple),
)
_tones, _icons = st.sampled_from(Tone), st.sampled_from(Icon)


def _tuples(values: st.SearchStrategy[_T], size: int) -> st.SearchStrategy[tuple[_T, ...]]:
    return st.lists(values, max_size=size).map(tuple)


_entries = st.builds(Entry, texts, texts, texts, _icons, st.none() | _targets)
_options = st.builds(Option, st.text(alphabet="abc", min_size=1, max_size=3), texts, st.booleans())
_blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, texts, _tones, st.booleans(), st.integers(0, 5)),
    st.builds(
        Row, texts, texts, texts, st.none() | _icons, _tones, st.booleans(), st.none() | _buttons, st.none() | _targets
    ),
    st.builds(Facts, _tuples(st.builds(Fact, texts, texts), 4)),
    st.builds(Timeline, st.one_of(_tuples(_entries, 4), _entries.map(lambda entry: (entry,) * 60))),
    st.builds(Trend, st.lists(st.floats(-1e12, 1e12), max_size=30).map(tuple), texts),
    st.builds(Notice, texts, _tones, st.none() | _buttons),
    st.builds(Field, _names, texts, texts, texts, st.booleans(), st.integers(1, 3000)),
    st.builds(Choice, _names, texts, _tuples(_options, 4), st.booleans()),
    st.builds(DateTime, _names, texts, st.one_of(texts, st.datetimes().map(lambda time: time.isoformat()[:16]))),
    st.builds(Buttons, _tuples(_buttons, 7), _tuples(_buttons, 7), texts),
)
_sections = st.builds(
    Section, _tuples(_blocks, 6), texts, st.booleans(), st.integers(0, 4), st.sampled_from(["", "a", "b"])
)


def _with_distinct_inputs(card: Card) -> Card:
    """Names of inputs are distinct in a card: the hosts send them as one mapping."""
    count = 0
    sections = []
    for section in card.plain:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Field | Choice | DateTime):
                count += 1
                blocks.append(replace(block, name=f"{block.name}{count}"))
            else:
                blocks.append(block)
        sections.append(replace(section, blocks=tuple(blocks)))
    return replace(card, sections=tuple(sections))


cards = st.builds(
    Card,
    name=_names,
    header=st.builds(Header, texts, texts, st.none() | _icons),
    sections=_tuples(_sections, 6),
    language=st.sampled_from(["ja", "en", "fr", ""]),
).map(_with_distinct_inputs)

patient = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""For laws over whole cards: each is large, so fewer of them say as much."""

"""Rules that are lists of words: what stands there, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from server.replies.check.model import Hit, Page

Instead = str | Callable[[re.Match[str]], str | None] | None


class Phrase(NamedTuple):
    """`needle` is looked for first: a pattern over a thousand characters costs fifty times as much as a plain search."""

    needle: str  # in small letters
    letters: frozenset[str]
    pattern: re.Pattern[str]
    instead: Instead


def phrase(needle: str, instead: Instead, pattern: str = "") -> Phrase:
    """A phrase; without a pattern it is the needle itself."""
    flags = re.IGNORECASE if needle.isascii() else 0
    return Phrase(needle, frozenset(needle), re.compile(pattern or re.escape(needle), flags), instead)


def found_in(
    page: Page, phrases: Sequence[Phrase], keep: Callable[[re.Match[str]], bool] | None = None
) -> Iterator[Hit]:
    """Every place of every phrase, but for quoted words and what `keep` refuses."""
    for needle, letters, pattern, instead in phrases:
        if not letters <= page.letters or needle not in page.low:
            continue
        for found in pattern.finditer(page.text):
            if page.quoted(found.start()) or (keep and not keep(found)):
                continue
            text = instead(found) if callable(instead) else instead
            yield Hit(found.start(), found.end(), in_case_of(found[0], text), words={"word": found[0]})


def in_case_of(word: str, instead: str | None) -> str | None:
    """The replacement with a capital where the word had one."""
    if instead and word[:1].isupper() and instead[:1].islower():
        return instead[0].upper() + instead[1:]
    return instead

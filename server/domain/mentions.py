"""Who a note speaks to: "@name" anywhere in its text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from server.domain.workspace import Person

_MENTION: Final = re.compile(r"[@\uff20]([^\s@\uff20、。,:;!?()「」]{1,40})")
_HONORIFICS: Final = ("さん", "様", "さま", "くん", "ちゃん")


def mentioned(text: str, people: Iterable[Person]) -> tuple[str, ...]:
    """Return the ids of the people whom the text names, in its order.

    A name is meant by its whole, its first word, or what stands before the @ of an e-mail address, when only one person has it;
    the longest name that the text after the @ begins with wins, so that 「@佐藤さんお願いします」 needs no space.
    """
    names: dict[str, set[str]] = {}
    for person in people:
        if person.archived or person.same_as:
            continue
        for name in _names_of(person):
            names.setdefault(name, set()).add(person.id)
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        said = _plain(match.group(1))
        # A name may hold a space of its own: what follows the word is looked at too.
        longer = _plain(text[match.start(1) : match.start(1) + 60])
        best = max((name for name in names if said.startswith(name) or longer.startswith(name)), key=len, default="")
        if best and len(names[best]) == 1:
            found.setdefault(next(iter(names[best])))
    return tuple(found)


def _names_of(person: Person) -> set[str]:
    words = person.name.split()
    names = {person.name, *(words[:1] if len(words) > 1 else ()), *(email.partition("@")[0] for email in person.emails)}
    return {plain for name in names if (plain := _plain(name))}


def _plain(name: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    for honorific in _HONORIFICS:
        text = text.removesuffix(honorific) if text != honorific else text
    return text

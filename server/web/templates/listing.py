"""Which of the team's templates the list shows, in which order: worked out here, since a team may have a thousand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from server.domain.categories import name_of
from server.domain.template import Statistics, Template
from server.domain.workspace import Viewer
from server.web.templates.form import number

ROWS: Final = 50
_LONGEST_SEARCH: Final = 200
_NOTHING_YET: Final = Statistics()


class Wanted(NamedTuple):
    """What the address of the list asks for."""

    words: str = ""
    category: str = ""
    language: str = ""
    situation: str = ""
    archived: bool = False
    by_use: bool = False
    page: int = 1

    def query(self, page: int) -> str:
        """The same list at another page, as the address says it."""
        said = {
            "q": self.words,
            "category": self.category,
            "language": self.language,
            "situation": self.situation,
            "state": "archived" if self.archived else "",
            "sort": "used" if self.by_use else "",
            "page": str(page) if page > 1 else "",
        }
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def narrows(self) -> bool:
        """Whether anything is left out for what was asked."""
        return bool(self.words or self.category or self.language or self.situation or self.archived)


def wanted(args: MultiDict[str, str]) -> Wanted:
    """Read the address."""
    return Wanted(
        words=args.get("q", "")[:_LONGEST_SEARCH],
        category=args.get("category", "")[:_LONGEST_SEARCH],
        language=args.get("language", "")[:2],
        situation=args.get("situation", "")[:_LONGEST_SEARCH],
        archived=args.get("state", "") == "archived",
        by_use=args.get("sort", "") == "used",
        page=max(1, number(args.get("page", ""))),
    )


def seen_by(viewer: Viewer, templates: Mapping[str, Template]) -> dict[str, Template]:
    """Those that the viewer may know of: a private team's own templates are its members' only."""
    teams = {*viewer.teams}
    return {key: one for key, one in templates.items() if not one.teams or not teams.isdisjoint(one.teams)}


def found(
    templates: Iterable[Template], statistics: Mapping[str, Statistics], sought: Wanted, language: str
) -> list[Template]:
    """The templates that fit, in their order. Every word must stand somewhere in one."""
    words = folded(sought.words).split()
    fitting = [
        one
        for one in templates
        if one.archived is sought.archived
        and sought.category in {"", one.category}
        and sought.language in {"", one.language}
        and sought.situation in {"", one.situation.value}
        and _has(one, words, language)
    ]
    if sought.by_use:
        return sorted(fitting, key=lambda one: (-statistics.get(one.id, _NOTHING_YET).used, one.title, one.id))
    return sorted(fitting, key=lambda one: (folded(one.title), one.id))


def folded(text: str) -> str:
    """Text as it is compared: widths, cases and half-width kana made one."""
    return unicodedata.normalize("NFKC", text).casefold()


def _has(template: Template, words: list[str], language: str) -> bool:
    if not words:
        return True
    text = folded("\n".join((template.title, template.subject, template.body, name_of(template.category, language))))
    return all(word in text for word in words)

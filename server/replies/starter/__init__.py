"""The templates that a new workspace starts with: one file a category, each answer in Japanese and English."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from server.domain.categories import CATEGORIES
from server.domain.prepared import prepared
from server.domain.template import Situation, Template
from server.domain.workspace import Language, Names
from server.replies.carp import ADDRESS, WHO

_OPENING: Final = Names(
    ja=f"{ADDRESS.ja}\n\nGREETING\n{WHO.ja}\n\n",
    en=f"{ADDRESS.en}\n\nGREETING {WHO.en}\n\n",
)
"""Whom we speak to, why we write, who writes: every answer begins with these, and only the reason differs."""


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    subject: str
    greeting: str
    body: str


class _Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    situation: Situation
    ja: _Text
    en: _Text


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pair: tuple[_Pair, ...]


_file: Final = prepared(_File)


@cache
def load(language: Language | None = None) -> tuple[Template, ...]:
    """Return the starter templates by category, of one language or of both."""
    return tuple(
        _template(category, pair, spoken)
        for category in CATEGORIES
        for pair in _read(category).pair
        for spoken in (("ja", "en") if language is None else (language,))
    )


def _read(category: str) -> _File:
    source = resources.files(__name__).joinpath(f"{category}.toml").read_text("utf-8")
    return _file(tomllib.loads(source))


def _template(category: str, pair: _Pair, language: Language) -> Template:
    text = pair.ja if language == "ja" else pair.en
    return Template(
        id=f"starter-{pair.slug}-{language}",
        title=text.title,
        subject=text.subject,
        body=_OPENING.in_(language).replace("GREETING", text.greeting) + text.body.strip("\n"),
        category=category,
        language=language,
        situation=pair.situation,
        pair=pair.slug,
    )

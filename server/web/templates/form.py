"""What somebody typed into the editor, as a template; nothing typed is lost, whatever is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from werkzeug.datastructures import MultiDict

from server.domain.addresses import one_line, visible
from server.domain.categories import CATEGORIES
from server.domain.template import Link, Situation, Template
from server.domain.workspace import Viewer
from server.replies.exchange import MAX_LINKS, MAX_TITLE, MAX_URL, MAX_WORD
from server.replies.filling import tidy

LONGEST_WHY: Final = 300
_LONGEST_NUMBER: Final = 9
_IDS: Final = {name.casefold(): key for key, names in CATEGORIES.items() for name in (names.ja, names.en)}
"""Whoever writes a known category's name as a word of their own means that category."""
_URL: Final = re.compile(r"https?://[^\s<>\"]+")
_SITUATIONS: Final = frozenset(one.value for one in Situation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields as they were typed."""

    title: str = ""
    language: str = "ja"
    category: str = ""
    own_category: str = ""
    situation: str = Situation.ORDINARY.value
    subject: str = ""
    body: str = ""
    links: tuple[Link, ...] = ()
    owner: str = ""
    teams: tuple[str, ...] = ()
    pair: str = ""
    why: str = ""
    seen: int = 0  # the version that was edited; 0 for a new template
    conversation: str = ""  # what the preview is filled with, "" for the examples
    person: str = ""  # who sits at an account that several people use


def typed(form: MultiDict[str, str]) -> Form:
    """Read the fields of a POST."""
    titles, addresses = form.getlist("link_title"), form.getlist("link_url")
    links = (Link(title.strip(), url.strip()) for title, url in zip(titles, addresses, strict=False))
    return Form(
        title=form.get("title", ""),
        language=form.get("language", "ja"),
        category=form.get("category", ""),
        own_category=form.get("own_category", ""),
        situation=form.get("situation", Situation.ORDINARY.value),
        subject=form.get("subject", ""),
        body=form.get("body", "").replace("\r\n", "\n"),
        links=tuple(link for link in links if link.title or link.url),
        owner=form.get("owner", ""),
        teams=tuple(form.getlist("team")),
        pair=form.get("pair", ""),
        why=form.get("why", ""),
        seen=number(form.get("seen", "")),
        conversation=form.get("conversation", ""),
        person=form.get("person", ""),
    )


def shown(template: Template) -> Form:
    """The fields of a template as it is."""
    return Form(
        title=template.title,
        language=template.language,
        category=template.category,
        situation=template.situation.value,
        subject=template.subject,
        body=template.body,
        links=template.links,
        owner=template.owner,
        teams=template.teams,
        pair=template.pair,
        seen=template.version,
    )


def template_of(form: Form, before: Template, viewer: Viewer) -> Template:
    """What the form would make of the template. What the viewer cannot see of it stays as it was."""
    hidden = tuple(team for team in before.teams if team not in viewer.teams)
    own = one_line(form.own_category, MAX_WORD + 1)
    return msgspec.structs.replace(
        before,
        title=one_line(form.title, MAX_TITLE + 1),
        language="en" if form.language == "en" else "ja",
        category=_IDS.get(own.casefold(), own) or one_line(form.category, MAX_WORD + 1),
        situation=Situation(form.situation) if form.situation in _SITUATIONS else Situation.ORDINARY,
        subject=visible(form.subject).strip(),
        body=tidy(visible(form.body)),
        links=tuple(Link(one_line(one.title, MAX_TITLE + 1), one_line(one.url, MAX_URL + 1)) for one in form.links),
        owner=form.owner,
        teams=tuple(dict.fromkeys((*form.teams, *hidden))),
        pair=one_line(form.pair, MAX_WORD + 1),
    )


def mistakes_in(template: Template, form: Form, before: Template, viewer: Viewer) -> tuple[str, ...]:
    """Why it cannot be saved, as names of sentences (screens.template_page); what the text itself lacks is found elsewhere."""
    found = []
    if not template.title:
        found.append("title")
    if not template.body:
        found.append("body")
    if any(not _URL.fullmatch(one.url) for one in template.links):
        found.append("link")
    if len(template.links) > MAX_LINKS:
        found.append("links")
    words = (template.category, template.pair)
    if (
        len(template.title) > MAX_TITLE
        or any(len(word) > MAX_WORD for word in words)
        or any(len(one.title) > MAX_TITLE or len(one.url) > MAX_URL for one in template.links)
    ):
        found.append("long")
    people = viewer.workspace.person_by_id
    is_known = template.owner in {"", before.owner} or template.owner in people
    if not is_known or not {*template.teams} <= {*viewer.teams, *before.teams}:
        found.append("unknown")
    if form.situation not in _SITUATIONS or form.language not in {"ja", "en"}:
        found.append("unknown")
    return tuple(dict.fromkeys(found))


def for_another(form: Form) -> Form:
    """The beginning of the same answer in the other language: everything but the words."""
    other = "ja" if form.language == "en" else "en"
    return replace(form, language=other, title="", subject="", body="", links=(), seen=0)


def number(text: str) -> int:
    """A whole number as a field or an address has it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0

"""How one card speaks: the catalogue of its language, the names of people, and the agent's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from server.domain.conversation import Conversation, Past
from server.domain.workspace import Workspace
from server.screens.times import Clock, DateWords

SHARED: Final = "shared:"
"""What the id of a shared account begins with (`Viewer.id`)."""


def mark(msgid: str) -> str:
    """Names a sentence of a table for the catalogue; it is translated where the table is read."""
    return msgid


class Catalogue:
    """The sentences of one language. English is the language of the msgids and needs no file."""

    __slots__ = ("dates", "gettext", "language", "ngettext", "pgettext")

    def __init__(self, language: str, translations: NullTranslations) -> None:
        self.language = language
        # Looking a sentence up costs half a microsecond; a card has eighty.
        self.gettext: Callable[[str], str] = cache(translations.gettext)
        self.ngettext: Callable[[str, str, int], str] = translations.ngettext
        self.pgettext: Callable[[str, str], str] = cache(translations.pgettext)
        self.dates = _date_words(self)

    def say(self, msgid: str, **values: object) -> str:
        """The sentence in this language, its placeholders filled."""
        found = self.gettext(msgid)
        return found % values if values else found

    def say_as(self, context: str, msgid: str, **values: object) -> str:
        """Like `say`, where one English word has several translations."""
        found = self.pgettext(context, msgid)
        return found % values if values else found

    def count(self, one: str, many: str, count: int, **values: object) -> str:
        """A sentence about so many things, in the plural form of the language."""
        return self.ngettext(one, many, count) % {"count": count, **values}


def _date_words(catalogue: Catalogue) -> DateWords:
    return DateWords(
        weekdays=tuple(catalogue.say("Mon Tue Wed Thu Fri Sat Sun").split()),
        months=tuple(catalogue.say("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()),
        day=catalogue.say("%(weekday)s, %(month)s %(day)d"),
        day_of_year=catalogue.say("%(month)s %(day)d, %(year)d"),
        at=catalogue.say("%(day)s %(time)s"),
        then_ago=catalogue.say_as("adverb", "%(when)s"),
        then_today=catalogue.say("at %(time)s"),
        then_yesterday=catalogue.say("yesterday at %(time)s"),
        then_day=catalogue.say("on %(day)s"),
        yesterday=catalogue.say("yesterday"),
        today=catalogue.say("today"),
        tomorrow=catalogue.say("tomorrow"),
        seconds_ago=tuple(catalogue.count("%(count)d s ago", "%(count)d s ago", n) for n in range(60)),
        minutes_ago=tuple(catalogue.count("%(count)d min ago", "%(count)d min ago", n) for n in range(60)),
        minutes=catalogue.say("%(minutes)d min"),
        hours=catalogue.say("%(hours)d h"),
        hours_minutes=catalogue.say("%(hours)d h %(minutes)d min"),
        days=lambda days: catalogue.count("%(count)d day", "%(count)d days", days),
    )


def _read(language: str) -> Catalogue:
    """Compiled in memory, so that what is shown can never be older than the committed text."""
    if language == "en":
        return Catalogue(language, NullTranslations())
    source = resources.files("server.screens").joinpath("locale", language, "LC_MESSAGES", "sobani.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language))
    compiled.seek(0)
    return Catalogue(language, GNUTranslations(compiled))


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of "ja" or "en"; any other language reads English."""
    return _read("ja" if language == "ja" else "en")


@lru_cache(maxsize=1024)
def _colleague(language: str, name: str) -> str:
    return catalogue(language).say_as("colleague", "%(name)s", name=name)


class Voice:
    """One card's language, clock, and the workspace whose names it uses."""

    __slots__ = ("clock", "count", "language", "me", "provider", "say", "say_as", "workspace")

    def __init__(self, language: str, workspace: Workspace, me: str, provider: str, clock: Clock) -> None:
        words = catalogue(language)
        self.language = words.language
        self.say = words.say
        self.say_as = words.say_as
        self.count = words.count
        self.workspace = workspace
        self.me = me
        self.provider = provider
        self.clock = clock

    def full(self, person: str) -> str:
        """A colleague's whole name, for a line of its own."""
        found = self.workspace.person_by_id.get(person)
        return found.name if found else self._nobody_we_know(person)

    def short(self, person: str) -> str:
        """A colleague's name where room is short: the family name when that is enough."""
        return self.workspace.short_names.get(person) or self._nobody_we_know(person)

    def called(self, person: str) -> str:
        """A colleague inside a sentence: 佐藤さん, in English the whole name, or the agent themselves."""
        if person == self.me:
            return self.say("you")
        if self.language == "en":
            return self.full(person)
        known = self.workspace.short_names.get(person)
        return _colleague(self.language, known) if known else self._nobody_we_know(person)

    def who(self, person: str) -> str:
        """`called` at the beginning of a sentence."""
        return self.say("You") if person == self.me else self.called(person)

    def _nobody_we_know(self, person: str) -> str:
        return person.removeprefix(SHARED) if person.startswith(SHARED) else self.say("a former colleague")

    def customer(self, name: str) -> str:
        """A customer's name with its honorific."""
        return self.say_as("customer", "%(name)s", name=name)

    def status(self, conversation: Past) -> str:
        """The status in the workspace's own words; a conversation on hold says why."""
        if conversation.hold and (hold := self.workspace.hold_by_id.get(conversation.hold)):
            return self.say("On hold: %(reason)s", reason=hold.name.in_(self.language))
        status = self.workspace.status_by_id.get(conversation.status)
        return status.name.in_(self.language) if status else self.say(_KINDS[conversation.kind])

    def priority(self, conversation: Conversation) -> str:
        """The priority's name, "" without one."""
        priority = self.workspace.priority_by_id.get(conversation.priority)
        return priority.name.in_(self.language) if priority else ""

    def team(self, team: str) -> str:
        """A team's name, "" when it is gone."""
        found = self.workspace.team_by_id.get(team)
        return found.name if found else ""

    def subject(self, text: str) -> str:
        """A subject, or words for its absence."""
        return text or self.say("(no subject)")

    def names(self, names: Sequence[str]) -> str:
        """Names one after the other."""
        return self.say_as("between names", ", ").join(names)


_KINDS: Final = {
    "open": mark("To do"),
    "working": mark("In progress"),
    "waiting": mark("Waiting"),
    "done": mark("Done"),
}
"""Names of last resort, when the workspace's file no longer has the status at all."""

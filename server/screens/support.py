"""The one page that is for anybody: whom to ask for help, what is kept, on which terms. Both stores want an address for each."""

from __future__ import annotations

from typing import NamedTuple

from server.screens.words import catalogue


class Part(NamedTuple):
    """A heading with its sentences; `id` is what an address names it by."""

    id: str
    heading: str
    sentences: tuple[str, ...]


class Page(NamedTuple):
    """The page in one language."""

    language: str
    what: str
    parts: tuple[Part, ...]


def support_page(language: str) -> Page:
    """Return the page in "ja" or "en"."""
    say = catalogue(language).say
    return Page(
        language=catalogue(language).language,
        what=say("The desk beside the open mail, in Gmail and in Outlook."),
        parts=(
            Part(
                "help", say("Help"), (say("This service is run by your company. Please ask those who run your mail."),)
            ),
            Part(
                "privacy",
                say("Privacy"),
                (
                    say(
                        "Of the mails that reach your team's addresses it keeps ids and addresses, "
                        "and the subject, first words and sent replies as far as your company has chosen so."
                    ),
                    say("It also keeps what your team adds: who has a conversation, its status, notes."),
                    say("Those who run the service can remove a person everywhere."),
                ),
            ),
            Part(
                "terms",
                say("Terms"),
                (
                    say(
                        "Sobani is open-source software under the Apache License 2.0. "
                        "The rules for using this service are your company's."
                    ),
                ),
            ),
        ),
    )

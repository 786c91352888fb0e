"""Something failed: one plain sentence, a way to try again when that helps, and what is known all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cards.model import Buttons, Card, Header, Icon, Notice, Section, Tone
from server.screens.buttons import button
from server.screens.words import Catalogue, mark

SENTENCES: Final[Mapping[str, str]] = {
    "failed": mark("Something went wrong on our side. Nothing was changed."),
    "unauthenticated": mark("Your sign-in could not be checked. Please open the mail again."),
    "bad_event": mark("Your mail client sent something that could not be read. Please open the mail again."),
    "mail_unavailable": mark("The mail could not be read from your mailbox just now."),
    "consent": mark("Google has not been allowed to do this yet. Nothing was changed."),
    "consent_to_read": mark("To show who has this mail, Sobani needs your permission to read the open mail."),
    "draft_unavailable": mark(
        "The draft could not be made in your mailbox just now. The conversation is yours; please try again."
    ),
    "draft_being_made": mark("The draft is being made. Please press again in a moment."),
    "records_unavailable": mark("The team's records cannot be reached just now."),
    "crowded": mark("Many attachments are on their way just now. Nothing was changed; please press again in a moment."),
    "too_long": mark("What you typed is too long to be kept. Nothing was changed; please shorten it."),
    "bad_action": mark("This button cannot be used here. Please open the mail again."),
    "action_too_old": mark(
        "This card is more than a working day old. Nothing was changed. Please open the mail again."
    ),
}
"""One sentence for each `public` key of server.domain.errors."""


def sentence_of(words: Catalogue, public: str) -> str:
    """The sentence of an error's key; a key of a later release reads as the general one."""
    return words.say(SENTENCES.get(public, SENTENCES["failed"]))


def notice_of(words: Catalogue, public: str, *, retryable: bool) -> Notice:
    """The sentence above a card that still shows what is known."""
    retry = button(words.language, "retry") if retryable else None
    return Notice(sentence_of(words, public), Tone.DANGER, retry)


def problem_card(words: Catalogue, public: str, *, retryable: bool) -> Card:
    """The sentence on a card of its own."""
    blocks: tuple[Notice | Buttons, ...] = (Notice(sentence_of(words, public), Tone.DANGER),)
    if public == "consent_to_read":
        blocks = (Notice(sentence_of(words, public)), Buttons((button(words.language, "grant_read", filled=True),)))
        header = Header(words.say("One permission is missing"), icon=Icon.LOCK)
        return Card("consent", header, (Section(blocks, id="consent"),), words.language)
    if retryable:
        blocks = (*blocks, Buttons((button(words.language, "retry", filled=True),)))
    header = Header(words.say("This did not work"), icon=Icon.WARNING)
    return Card("problem", header, (Section(blocks, id="problem"),), words.language)

"""The card on which a reply is written: its text, what the check says to it, and what else could be done with it."""

from __future__ import annotations

from typing import Final

import msgspec

from server.domain.conversation import View
from server.domain.errors import TooLong
from server.domain.finding import Severity
from server.domain.outcomes import Editing, Refused
from server.domain.ports import Elsewhere
from server.domain.suggestion import Suggestion
from server.domain.workspace import Viewer
from server.mail.language import language_of
from server.replies.polish import Task
from server.usecases.benefits import benefits_for, gift_in
from server.usecases.checking import findings_of, ignored, shown
from server.usecases.desk import Command, Desk
from server.usecases.suggest import MOST, suggestion_of

LONGEST: Final = 20_000


def text_of(command: Command) -> str:
    """Return the reply as it stands in the field. Raises TooLong."""
    text = command.typed("reply_text").replace("\0", "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise TooLong("reply_text")
    return text


def view_of(desk: Desk, command: Command) -> View | None:
    """Return the conversation that is answered; None when it is not the viewer's."""
    view = desk.conversations.open_conversation(command.viewer, command.target)
    return None if isinstance(view, Elsewhere) else view


def checked(desk: Desk, command: Command, view: View, text: str, *, placed: bool = False) -> Editing:
    """Show the text with what the check says to it; `placed`: it is ours, and replaces what stands in the field."""
    without = ignored(command)
    card = Editing(
        view,
        text,
        began_as(desk, command, command.viewer, view),
        findings=shown(findings_of(desk, command.viewer, command.place, view, text), without),
        checked=True,
        ignored=without,
        placed=placed,
        everyone=command.typed("reply_to") != "sender",
    )
    return offering(desk, command, command.viewer, card)


def stopped(
    desk: Desk, command: Command, viewer: Viewer, view: View, text: str, found: Suggestion | None
) -> Editing | None:
    """Return the card that says what is wrong, when something in the text must not go out."""
    findings = findings_of(desk, viewer, command.place, view, text)
    if any(one.severity is Severity.ERROR for one in findings):
        unfilled = found is not None and bool(found.unfilled) and not command.typed("reply_text")
        card = Editing(
            view,
            text,
            found,
            findings=shown(findings, ignored(command)),
            checked=True,
            ignored=ignored(command),
            placed=not command.typed("reply_text"),
            everyone=command.typed("reply_to") != "sender",
            why="unfilled" if unfilled else "findings",
        )
        return offering(desk, command, viewer, card)
    return None


def again(desk: Desk, command: Command, refused: Refused) -> Editing:
    """Show the card once more with what had been typed, and why nothing was done."""
    view = refused.view
    found = began_as(desk, command, command.viewer, view)
    everyone = command.typed("reply_to") != "sender"
    card = Editing(
        view, command.typed("reply_text"), found, ignored=ignored(command), everyone=everyone, refused=refused
    )
    return offering(desk, command, command.viewer, card)


def offering(desk: Desk, command: Command, viewer: Viewer, card: Editing) -> Editing:
    """Return the card with the benefits that could go with its text, the one that does, and what had been proposed."""
    gift = gift_in(viewer, card.text)
    return msgspec.structs.replace(
        card,
        benefits=benefits_for(viewer, card.view),
        benefit=gift.benefit if gift else "",
        shown=shown_ids(command),
        tasks=tasks_for(desk, card.text),
    )


def tasks_for(desk: Desk, text: str) -> tuple[str, ...]:
    """Return what the language model can be asked: to translate into the language that the text is not in, to write one anew."""
    if desk.model is None:
        return ()
    other = Task.TRANSLATE_JA if language_of(text) == "en" else Task.TRANSLATE_EN
    return (Task.POLISH.value, Task.SHORTEN.value, other.value, Task.DRAFT.value)


def shown_ids(command: Command) -> tuple[str, ...]:
    """Return the ids of the templates that had been proposed when the agent clicked."""
    return tuple(filter(None, command.args.get("shown", "").split(",")))[:MOST]


def began_as(desk: Desk, command: Command, viewer: Viewer, view: View) -> Suggestion | None:
    """Return the suggestion that the click, or the card it stood on, came from."""
    template, kind = command.args.get("template", ""), command.args.get("kind", "")
    return suggestion_of(desk.shelves, viewer, command.place, view, template, kind) if template or kind else None

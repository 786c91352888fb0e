"""An agent looks around: the home card, a conversation behind a row, further history, the whole timeline, a question card."""

from __future__ import annotations

from typing import Any, Final, cast, get_args, get_type_hints

from server.domain.events import Open
from server.domain.outcomes import Ask, HistoryPage, Leading, NotOurs, Outcome, Seen, TimelinePage, Waiting
from server.domain.ports import Elsewhere, Target
from server.domain.workspace import Viewer
from server.usecases.compose import write
from server.usecases.desk import Command, Desk
from server.usecases.open_message import open_message

QUESTIONS: Final = frozenset(get_args(get_type_hints(Ask)["what"]))
WHOLE_TIMELINE: Final = 50


def home(desk: Desk, viewer: Viewer) -> Outcome:
    """Show what waits for the agent and their teams."""
    return Waiting(desk.conversations.queue(viewer))


def go_home(desk: Desk, command: Command) -> Outcome:
    """Show the home card at a click."""
    return Waiting(desk.conversations.queue(command.viewer), over=command.args.get("over") == "1")


def open_queue(desk: Desk, command: Command) -> Outcome:
    """Lead to the queue's page, for a second screen: signed in by a link that works once."""
    return Leading(desk.links.link(command.viewer.workspace, command.identity))


def go_back(desk: Desk, command: Command) -> Outcome:
    """Leave a question or the card of a reply: what a language model is still at is wanted no more."""
    if desk.model:
        desk.model.cancel(f"{command.viewer.workspace.id}:{command.viewer.id}")
    return show(desk, command)


def show(desk: Desk, command: Command) -> Outcome:
    """Show the conversation as it is now: by the open mail where the card stood for one, or stood for nothing yet."""
    if command.window is not None:
        return write(desk, command.viewer, command.window)
    if command.mail is not None and (command.target.message or not command.target.conversation):
        event = Open(command.place, command.mail, command.pointer, command.thread, command.mailbox)
        return open_message(desk, command.viewer, event)
    if not command.target.conversation:
        return home(desk, command.viewer)
    view = desk.conversations.open_conversation(command.viewer, command.target, place=command.place)
    return NotOurs() if isinstance(view, Elsewhere) else Seen(view)


def peek(desk: Desk, command: Command) -> Outcome:
    """Show the conversation that a row of the history or the queue leads to."""
    view = desk.conversations.open_conversation(
        command.viewer, Target(command.args.get("conversation", ""), 0), place=command.place
    )
    return NotOurs() if isinstance(view, Elsewhere) else Seen(view, over=True)


def history(desk: Desk, command: Command) -> Outcome:
    """Show the next page of the history."""
    cursor, before = command.args.get("cursor", ""), command.args.get("before", "")
    view = desk.conversations.open_conversation(command.viewer, command.target, cursor=cursor)
    return NotOurs() if isinstance(view, Elsewhere) else HistoryPage(view, int(before) if before.isdecimal() else 0)


def timeline(desk: Desk, command: Command) -> Outcome:
    """Show all that happened."""
    view = desk.conversations.open_conversation(command.viewer, command.target, events=WHOLE_TIMELINE)
    return NotOurs() if isinstance(view, Elsewhere) else TimelinePage(view)


def ask(desk: Desk, command: Command) -> Outcome:
    """Show the question that comes before a change."""
    view = desk.conversations.open_conversation(command.viewer, command.target)
    if isinstance(view, Elsewhere):
        return NotOurs()
    what = command.args.get("what", "")
    return Ask(cast("Any", what), view, command.kept) if what in QUESTIONS else Seen(view)


def look_again(desk: Desk, command: Command) -> Outcome:
    """Read anew what a CRM says of the customer: somebody has just changed it there."""
    view = desk.conversations.open_conversation(command.viewer, command.target)
    if isinstance(view, Elsewhere):
        return NotOurs()
    connection = command.args.get("connection", "")
    if desk.crm is None or (view.crm and connection in view.crm.broken):
        return Seen(view)
    return Seen(desk.crm.again(command.viewer, view, connection))

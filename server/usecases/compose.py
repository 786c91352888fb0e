"""An agent writes a mail: who the recipients are, who else is at it, text for the cursor, and our word when it is sent."""

from __future__ import annotations

import dataclasses
import unicodedata
from contextlib import suppress
from typing import Final

import msgspec

from server.domain.categories import CATEGORIES, name_of
from server.domain.changes import Picked, Taken
from server.domain.conversation import Composed, Conversation, Customer, View
from server.domain.errors import RecordsUnavailable
from server.domain.events import Compose, Send, Window
from server.domain.ids import is_prefixed
from server.domain.outcomes import Checked, Found, Inserting, Outcome, Refusal, Writing
from server.domain.ports import Target
from server.domain.template import Template
from server.domain.workspace import Viewer
from server.replies.check import check
from server.usecases.acting import refused
from server.usecases.checking import draft_of, mended, others_at_hand, policy_of
from server.usecases.desk import Command, Desk
from server.usecases.editor import shown_ids, text_of
from server.usecases.suggest import made, suggestion_of

ALL: Final = "all"
"""The first entry of the list of categories: neither host draws an empty value."""
FOUND: Final = 6
"""Templates that a search shows: more would not be read beside a mail."""
LONGEST_SEARCH: Final = 100


def compose(desk: Desk, viewer: Viewer, event: Compose) -> Outcome:
    """Show what is known of a compose window; while words are being written, colleagues see who writes."""
    return write(desk, viewer, event.window)


def write(desk: Desk, viewer: Viewer, window: Window) -> Writing:
    """Look at the window."""
    try:
        living = tuple(desk.shelves.templates(viewer.workspace).values())
    except RecordsUnavailable:
        living = ()
    written = {one.category for one in living if one.category}
    known = [one for one in CATEGORIES if one in written]
    categories = (*known, *sorted(written.difference(CATEGORIES)))
    return Writing(desk.conversations.compose(viewer, window), known=window.known, categories=categories)


def find(desk: Desk, command: Command) -> Outcome:
    """Look for templates by words and category, each filled for whom the window writes to."""
    if command.window is None:
        return refused(desk, command, Refusal.OTHER_MAIL)
    writing = write(desk, command.viewer, command.window)
    words, category = command.typed("find")[:LONGEST_SEARCH], command.typed("category")
    category = "" if category == ALL else category
    templates = _usable(desk, command.viewer, writing.composed)
    spoken = _spoken(command, writing.composed)
    found = [one for one in templates if _matches(one, words, category)]
    # The same answer in the window's own language first, then by name.
    found.sort(key=lambda one: (one.language != spoken, one.title))
    view = _view_of(writing.composed)
    rows = tuple(made(command.viewer, command.place, view, one) for one in found[:FOUND])
    more = len(found) - len(rows)
    return msgspec.structs.replace(writing, found=Found(words, category, rows, more), text=text_of(command))


def check_text(desk: Desk, command: Command) -> Outcome:
    """Check what was typed or pasted for the window."""
    return _checked(desk, command, text_of(command))


def replace_text(desk: Desk, command: Command) -> Outcome:
    """Put in what a finding proposes."""
    return _checked(desk, command, text_of(command), mend=True)


def _checked(desk: Desk, command: Command, text: str, *, mend: bool = False) -> Outcome:
    if command.window is None:
        return refused(desk, command, Refusal.OTHER_MAIL)
    writing = write(desk, command.viewer, command.window)
    view = _view_of(writing.composed)
    others = others_at_hand(desk.conversations, command.viewer, view)
    draft = draft_of(command.viewer, command.place, view, text, others)
    # Under an answer stands the customer's own subject; only a new mail's is ours to mend.
    subject = command.window.subject if not is_prefixed(command.window.subject) else ""
    draft = dataclasses.replace(draft, subject=subject or None)
    policy = policy_of(command.viewer)
    if mend:
        text = mended(text, command, check(draft, policy))
        draft = dataclasses.replace(draft, body=text)
    return msgspec.structs.replace(writing, text=text, findings=check(draft, policy), checked=True)


def _usable(desk: Desk, viewer: Viewer, composed: Composed) -> list[Template]:
    """Return the templates of the conversation's team, else of every team that the viewer may see."""
    teams = composed.view.conversation.teams[:1] if composed.view else viewer.teams
    living = desk.shelves.templates(viewer.workspace).values()
    return [one for one in living if not one.teams or any(team in one.teams for team in teams)]


def _matches(template: Template, words: str, category: str) -> bool:
    if category and template.category != category:
        return False
    text = folded(f"{template.title} {template.body} {name_of(template.category, template.language)}")
    return all(word in text for word in folded(words).split())


def folded(text: str) -> str:
    """Return the text as it is searched: widths and case do not matter."""
    return unicodedata.normalize("NFKC", text).casefold()


def _spoken(command: Command, composed: Composed) -> str:
    view = composed.view
    understood = view.reading.understood if view else None
    customer = view.customer if view else next((one.customer for one in composed.recipients if one.customer), None)
    said = (understood.language if understood else "") or (customer.language if customer else "")
    return said or command.place.language or command.viewer.workspace.language


def _view_of(composed: Composed) -> View:
    """Return the conversation that the window answers, else as much of one as is known of the first recipient."""
    if composed.view:
        return composed.view
    first = composed.recipients[0] if composed.recipients else None
    customer = first.customer or Customer("", name=first.name) if first else None
    nothing = Conversation(
        id="", subject="", status="", kind="open", customer="", active=0, teams=(), created=0, version=0, state=0
    )
    return View(composed.now, None, nothing, customer, first.company if first else None)


def insert(desk: Desk, command: Command) -> Outcome:
    """Put into the open compose window what was typed, or a template: what nothing is known for stays visible in it."""
    if command.args.get("template") or command.args.get("kind"):
        return _insert_template(desk, command)
    text = text_of(command)
    if text:
        return Inserting(text)
    if command.window is not None:
        return write(desk, command.viewer, command.window)
    return refused(desk, command, Refusal.NEEDS_TEXT)


def _insert_template(desk: Desk, command: Command) -> Outcome:
    if command.window is None:
        return refused(desk, command, Refusal.OTHER_MAIL)
    viewer = command.viewer
    composed = desk.conversations.compose(viewer, command.window)
    found = desk.shelves.templates(viewer.workspace).get(command.args.get("template", ""))
    view, kind = _view_of(composed), command.args.get("kind", "template")
    if kind == "clarify":
        filled = suggestion_of(desk.shelves, viewer, command.place, view, "", kind)
    else:
        filled = made(viewer, command.place, view, found, "upset" if kind == "upset" else "template") if found else None
    if filled is None:
        return refused(desk, command, Refusal.UNKNOWN_VALUE)
    # It teaches only where it is known which mail it answers.
    if found and composed.view and composed.view.message and viewer.person:
        conversation, message = composed.view.conversation, composed.view.message
        target = Target(conversation.id, conversation.state, message.key, message.circle)
        pick = Taken(found.id, found.title, shown=shown_ids(command))
        with suppress(RecordsUnavailable):  # the words are wanted now, whatever becomes of what is learned
            desk.conversations.act(viewer, target, Picked(pick), once=command.once)
    return Inserting(filled.text)


def send(desk: Desk, viewer: Viewer, event: Send) -> Outcome:
    """Say whether a mail may go: a colleague's claim stops it, a colleague's answer of just now is asked about.

    An account that several people use is never stopped: who is at it may well be the one who has the conversation.
    """
    check = desk.conversations.check_send(viewer, event.window, can_ask=event.can_ask, missed=event.missed)
    if check.code == "held":
        if not viewer.shared:
            return Checked("stop", check)
        return Checked("ask" if event.can_ask else "allow", check)
    if check.code == "answered" and event.can_ask:
        return Checked("ask", check)
    return Checked("allow", check)

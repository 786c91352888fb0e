"""An agent writes a mail: who the recipients are, who else is at it, text for the cursor, and our word when it is sent."""

from __future__ import annotations

from server.domain.events import Compose, Send, Window
from server.domain.outcomes import Checked, Inserting, Outcome, Refusal, Writing
from server.domain.workspace import Viewer
from server.usecases.acting import refused
from server.usecases.desk import Command, Desk


def compose(desk: Desk, viewer: Viewer, event: Compose) -> Outcome:
    """Show what is known of a compose window; while words are being written, colleagues see who writes."""
    return write(desk, viewer, event.window)


def write(desk: Desk, viewer: Viewer, window: Window) -> Writing:
    """Look at the window."""
    return Writing(desk.conversations.compose(viewer, window), known=window.known)


def insert(desk: Desk, command: Command) -> Outcome:
    """Put what was typed into the open compose window."""
    text = command.typed("reply_text").replace("\0", "")
    if text:
        return Inserting(text)
    if command.window is not None:
        return write(desk, command.viewer, command.window)
    return refused(desk, command, Refusal.NEEDS_TEXT)


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

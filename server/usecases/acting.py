"""Who acts at a click, and how a click is refused before the store was asked."""

from __future__ import annotations

from server.domain.outcomes import NotOurs, Outcome, Refusal, Refused
from server.domain.ports import Elsewhere
from server.domain.workspace import Viewer
from server.usecases.desk import Command, Desk


def acting(command: Command) -> Viewer | None:
    """Return who acts: the person, or the one that a shared account names; None when nobody was named."""
    if command.viewer.person is not None:
        return command.viewer
    person = command.viewer.workspace.person_by_id.get(command.typed("acting_as"))
    return command.viewer.named(person) if person and not person.archived else None


def refused(desk: Desk, command: Command, why: Refusal, question: str = "") -> Outcome:
    """Refuse: the fresh card, or the `question` again, with what had been typed."""
    view = desk.conversations.open_conversation(command.viewer, command.target)
    return NotOurs() if isinstance(view, Elsewhere) else Refused(why, view, command.kept, question)

"""An agent adds a benefit to an apology."""

from __future__ import annotations

from server.domain.outcomes import NotOurs, Outcome
from server.replies.carp import with_benefit
from server.usecases.benefits import benefits_for
from server.usecases.checking import written_in
from server.usecases.desk import Command, Desk
from server.usecases.editor import checked, text_of, view_of
from server.usecases.suggest import known


def offer(desk: Desk, command: Command) -> Outcome:
    """Add a benefit to the apology, if this customer may still have it: before the closing words."""
    view = view_of(desk, command)
    if view is None:
        return NotOurs()
    text = text_of(command)
    chosen = next((one for one in benefits_for(command.viewer, view) if one.id == command.args.get("benefit")), None)
    if chosen is None or chosen.code in text:
        return checked(desk, command, view, text)
    language = written_in(text, view, command.place, command.viewer)
    facts = known(command.viewer, command.place, view, language, benefit=chosen)
    return checked(desk, command, view, with_benefit(text, facts, language), placed=True)

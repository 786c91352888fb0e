"""An agent writes a reply beside the mail: from a suggestion or from nothing, checked like a careful colleague would read it."""

from __future__ import annotations

from server.domain.outcomes import Editing, NotOurs, Outcome
from server.domain.salutation import salutation
from server.usecases.checking import findings_of, ignored, language_read, mended
from server.usecases.desk import Command, Desk
from server.usecases.editor import began_as, checked, offering, text_of, view_of


def write(desk: Desk, command: Command) -> Outcome:
    """Show the card on which a reply is written, with the suggestion that was clicked, else with whom it speaks to."""
    view = view_of(desk, command)
    if view is None:
        return NotOurs()
    found = began_as(desk, command, command.viewer, view)
    language = command.place.language or command.viewer.workspace.language
    text = found.text if found else salutation(view, language_read(view) or language)
    return offering(desk, command, command.viewer, Editing(view, text, found, placed=True, ignored=ignored(command)))


def look_over(desk: Desk, command: Command) -> Outcome:
    """Check the text as it stands."""
    view = view_of(desk, command)
    return NotOurs() if view is None else checked(desk, command, view, text_of(command))


def replace(desk: Desk, command: Command) -> Outcome:
    """Put in what a finding proposes. The text may have been changed since it was found: it is looked for again."""
    view = view_of(desk, command)
    if view is None:
        return NotOurs()
    before = text_of(command)
    text = mended(before, command, findings_of(desk, command.viewer, command.place, view, before))
    return checked(desk, command, view, text, placed=text != before)


def ignore(desk: Desk, command: Command) -> Outcome:
    """Hear no more of one hint in this text."""
    return look_over(desk, command)

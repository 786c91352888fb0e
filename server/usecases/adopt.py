"""An agent adds a mail of their own mailbox to the team's conversations."""

from __future__ import annotations

from server.domain.errors import MailUnavailable
from server.domain.outcomes import Done, Failed, NotOurs, Outcome
from server.domain.placing import placing_of
from server.domain.ports import Elsewhere
from server.usecases.desk import Command, Desk
from server.usecases.open_message import adopting_teams


def adopt(desk: Desk, command: Command) -> Outcome:
    """Make the open mail the team's. The same mail again changes nothing: its id is known by then."""
    teams = adopting_teams(command.viewer)
    if command.mail is None or not teams:
        return NotOurs(teams)
    chosen = command.typed("team")
    try:
        mail = command.mail()
    except MailUnavailable as error:
        return Failed(public=error.public, retryable=error.retryable)
    placing = placing_of(mail, command.viewer.workspace, adopted_by=chosen if chosen in teams else teams[0])
    opened = desk.conversations.open_mail(command.viewer, placing, command.pointer, thread=command.thread)
    return NotOurs(teams) if isinstance(opened, Elsewhere) else Done(opened, "adopt")

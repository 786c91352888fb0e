"""An agent looks at a mail: whose it is, who has it, what was before."""

from __future__ import annotations

from server.domain.errors import MailUnavailable
from server.domain.events import Open
from server.domain.outcomes import Failed, NotOurs, Outcome, Seen
from server.domain.placing import placing_of
from server.domain.ports import Elsewhere, Missing
from server.domain.workspace import Viewer
from server.usecases.desk import Desk


def open_message(desk: Desk, viewer: Viewer, event: Open, *, whole: bool = False) -> Outcome:
    """Show the mail's conversation: by the pointer when this mailbox has led there before, else by reading the mail once.

    `whole` asks for all records and no kept drawing: for a card that must show again what had been typed.
    """
    place = None if whole else event.place
    if event.pointer is not None:
        known = desk.conversations.open_pointer(viewer, event.pointer, place)
        if isinstance(known, Elsewhere):
            return NotOurs(adopting_teams(viewer))
        if not isinstance(known, Missing):
            return Seen(known)
    try:
        mail = event.mail()
    except MailUnavailable as error:
        return Failed(public=error.public, retryable=error.retryable)
    opened = desk.conversations.open_mail(viewer, placing_of(mail, viewer.workspace), event.pointer, place)
    return NotOurs(adopting_teams(viewer)) if isinstance(opened, Elsewhere) else Seen(opened)


def adopting_teams(viewer: Viewer) -> tuple[str, ...]:
    """Return the teams that the viewer may add a mail to, the default one first."""
    teams = [team for team in viewer.workspace.teams if not team.archived and viewer.sees(team)]
    return tuple(team.id for team in sorted(teams, key=lambda team: not team.default))

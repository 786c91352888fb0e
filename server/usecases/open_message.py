"""An agent looks at a mail: whose it is, who has it, what was before."""

from __future__ import annotations

from typing import Final

from server.domain.conversation import View
from server.domain.errors import ConsentNeeded, MailUnavailable
from server.domain.events import Open, Place
from server.domain.outcomes import Failed, NotOurs, Outcome, Seen
from server.domain.placing import placing_of
from server.domain.ports import Elsewhere, Missing
from server.domain.workspace import Viewer
from server.usecases.desk import Desk

CLOCKS_APART: Final = 120_000
"""ms by which the clock that dates a mail may be behind ours."""

GIVEN_UP: Final = 14 * 86_400_000
"""ms after which nobody asks any more whether a draft was sent: it was thrown away."""


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
            known = _read_again(desk, viewer, event, known, place)
            return Seen(_with_what_was_sent(desk, viewer, event, known, place))
    try:
        mail = event.mail()
    except MailUnavailable as error:
        public = "consent_to_read" if error.reason == "consent" else error.public
        return Failed(public=public, retryable=error.retryable)
    placing = placing_of(mail, viewer.workspace)
    opened = desk.conversations.open_mail(viewer, placing, event.pointer, place, event.thread)
    if isinstance(opened, Elsewhere):
        return NotOurs(adopting_teams(viewer))
    return Seen(_with_what_was_sent(desk, viewer, event, opened, place))


def _read_again(desk: Desk, viewer: Viewer, event: Open, view: View, place: Place | None) -> View:
    """Have a question understood that was never read, or by a model that reads no more: its text is not kept, so it is fetched."""
    if not (view.message and view.message.asks and view.reading.stale):
        return view
    try:
        mail = event.mail()
    except MailUnavailable:
        return view  # it is tried again at the next look
    opened = desk.conversations.open_mail(
        viewer, placing_of(mail, viewer.workspace), event.pointer, place, event.thread
    )
    return view if isinstance(opened, Elsewhere) else opened


def _with_what_was_sent(desk: Desk, viewer: Viewer, event: Open, view: View, place: Place | None) -> View:
    """Look whether the viewer's draft of this conversation has been sent: only its own mailbox knows.

    It costs calls to the mailbox, so it is done for the draft's writer alone, and only until the draft was seen sent.
    """
    draft = view.conversation.draft
    mailbox, pointer = event.mailbox, event.pointer
    if mailbox is None or pointer is None or not draft or (draft.by, draft.box) != (viewer.id, pointer.mailbox):
        return view
    if view.now - draft.at > GIVEN_UP:
        return view
    try:
        sent = mailbox.sent()
    except (MailUnavailable, ConsentNeeded):
        return view  # it is asked again at the next look
    newer = [mail for mail in sent if mail.date * 1000 >= draft.at - CLOCKS_APART]
    for mail in newer:
        desk.conversations.open_mail(viewer, placing_of(mail, viewer.workspace))
    seen = desk.conversations.open_pointer(viewer, pointer, place) if newer else view
    return seen if isinstance(seen, View) else view


def adopting_teams(viewer: Viewer) -> tuple[str, ...]:
    """Return the teams that the viewer may add a mail to, the default one first."""
    teams = [team for team in viewer.workspace.teams if not team.archived and viewer.sees(team)]
    chosen = viewer.preferences.team
    return tuple(team.id for team in sorted(teams, key=lambda team: (team.id != chosen, not team.default)))

"""An agent chooses for themselves: language, whose queue comes first, what they are told; and grants what Gmail asks for."""

from __future__ import annotations

from typing import Any, Final, cast, get_args

from server.domain.events import Need
from server.domain.outcomes import Choosing, Leading, Outcome, Refusal
from server.domain.roles import may
from server.domain.workspace import Preferences, Viewer
from server.usecases.acting import refused
from server.usecases.desk import Command, Desk
from server.usecases.look import show

NOTICES: Final = ("mentions", "assigned")
SENDS_DAYS: Final = 7


def settings(desk: Desk, viewer: Viewer) -> Outcome:
    """Show the settings card."""
    sends = desk.conversations.sends(viewer.workspace, SENDS_DAYS) if may(viewer.role, "see_figures") else None
    return Choosing(viewer.preferences, sends)


def go_settings(desk: Desk, command: Command) -> Outcome:
    """Show it at a click."""
    return settings(desk, command.viewer)


def prefer(desk: Desk, command: Command) -> Outcome:
    """Keep what was chosen. What the card did not offer stays as it was."""
    viewer = command.viewer
    if viewer.person is None or viewer.shared:
        return refused(desk, command, Refusal.NOT_ALLOWED)
    language, team = command.typed("language"), command.typed("team")
    team = team if team in viewer.teams else ""
    told = set(command.form.get("told", ()))
    chosen = Preferences(
        language=cast("Any", language) if language in ("ja", "en") else "",
        team=team,
        quiet=tuple(cast("Any", notice) for notice in NOTICES if notice not in told),
    )
    desk.directory.prefer(viewer, chosen)
    shown = settings(desk, viewer)
    return Choosing(chosen, shown.sends if isinstance(shown, Choosing) else None, saved=True)


def open_crm(desk: Desk, command: Command) -> Outcome:
    """Lead an administrator to the page on which CRMs are connected."""
    if not may(command.viewer.role, "connect_crms"):
        return refused(desk, command, Refusal.NOT_ALLOWED)
    return Leading(desk.links.link(command.viewer.workspace, command.identity, "crm"))


def grant(desk: Desk, command: Command) -> Outcome:
    """Have the host ask for a permission; when it has been given, look again."""
    need = command.args.get("need", "")
    if command.mailbox is not None and need in get_args(Need):
        command.mailbox.require(cast("Need", need))
    return show(desk, command)

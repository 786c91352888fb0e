"""What stands above every web page: whose it is, and the pages that this person may open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from server.domain.roles import may
from server.domain.workspace import Viewer
from server.screens.words import Voice, mark

_WAYS: Final[Mapping[str, tuple[str, str]]] = {
    "queue": (mark("Queue"), "work"),
    "templates": (mark("Templates"), "write_templates"),
    "crm": (mark("CRM"), "connect_crms"),
    "customers": (mark("Customers"), "keep_customers"),
}
"""Of each page its title, and the deed it is for (domain.roles)."""


class Way(NamedTuple):
    """A link to a page."""

    page: str
    label: str


class Head(NamedTuple):
    """The header. Whose page it is always shows: a browser may have been signed in by somebody else's link."""

    language: str
    who: str
    ways: tuple[Way, ...]
    pages: str  # what the links are called together
    leave: str


def head_of(voice: Voice, viewer: Viewer) -> Head:
    """Return the header for this viewer."""
    who = viewer.person.name if viewer.person else viewer.shared
    return Head(
        language=voice.language,
        who=f"{voice.workspace.name} · {who}",
        ways=tuple(Way(page, voice.say(title)) for page, (title, deed) in _WAYS.items() if may(viewer.role, deed)),
        pages=voice.say("Pages"),
        leave=voice.say("Sign out"),
    )

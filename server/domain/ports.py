"""What the use-cases need of the outside, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

import msgspec

from server.domain.changes import Change
from server.domain.conversation import Composed, Customer, Queue, QueuePage, SendCheck, Sends, View
from server.domain.crm import Entry, Known
from server.domain.events import Identity, Place, Pointer, Window
from server.domain.outcomes import Stranger
from server.domain.placing import Placing
from server.domain.workspace import Preferences, Viewer, Workspace


class Target(msgspec.Struct, frozen=True, array_like=True):
    """What a drawn card was about: carried by its buttons."""

    conversation: str
    state: int
    message: str = ""  # key of the mail that was open
    circle: str = ""


class Acted(msgspec.Struct, frozen=True):
    """What became of a change: code "ok", or why it changed nothing ("held", "stale", "not_mine", "unknown_value")."""

    code: str
    view: View
    replayed: bool = False


class Missing(msgspec.Struct, frozen=True):
    """The pointer is not known here: the mail itself must be read."""


class Elsewhere(msgspec.Struct, frozen=True):
    """It is none of the viewer's teams' conversations, or does not exist; which of the two is not told."""


class Imported(msgspec.Struct, frozen=True):
    """What became of a batch of mails."""

    new: int = 0
    known: int = 0
    elsewhere: int = 0


class Forgotten(msgspec.Struct, frozen=True):
    """What went when an address was forgotten; `shortened` conversations live on with what others wrote."""

    mails: int = 0
    notes: int = 0
    conversations: int = 0
    shortened: int = 0
    customers: int = 0


class Looking(msgspec.Struct, frozen=True):
    """What a look-up in a CRM begins with. `raw_*` are the links as they stood: what was looked up under others is not kept."""

    customer: Customer
    known: Known = Known()
    raw_link: str = ""
    raw_unlike: str = ""


class Looked(Protocol):
    """Where look-ups begin and end. Both raise RecordsUnavailable."""

    def looking(self, workspace: str, customer: str, connection: str) -> Looking | None:
        """Return what is known already; None when the customer is gone."""

    def keep(self, workspace: str, looking: Looking, entry: Entry, cid: str) -> int | None:
        """Keep what came of it and tell open panes; the feed's number, None when it was overtaken meanwhile."""


class Conversations(Protocol):
    """The shared state of a workspace's conversations. Every method is one round trip; all raise RecordsUnavailable."""

    def open_pointer(self, viewer: Viewer, pointer: Pointer, place: Place | None = None) -> View | Missing | Elsewhere:
        """Show the mail that this pointer led to before. With a place, a drawing kept for it comes along."""

    def open_mail(
        self,
        viewer: Viewer,
        mail: Placing,
        pointer: Pointer | None = None,
        place: Place | None = None,
        thread: Pointer | None = None,
    ) -> View | Elsewhere:
        """Find or make the mail's conversation and show it; remember the pointers of the mail and of its thread."""

    def open_conversation(
        self, viewer: Viewer, target: Target, *, cursor: str = "", events: int = 8, place: Place | None = None
    ) -> View | Elsewhere:
        """Show a conversation that a row or a card leads to; with a cursor, a further page of its history."""

    def glance(self, viewer: Viewer, target: Target) -> View | Elsewhere:
        """Show a conversation without being seen there, and without taking for read what waits there for the viewer."""

    def keep(self, viewer: Viewer, view: View, drawn: bytes, milliseconds: int) -> None:
        """Keep the lasting part of the card's drawing under the view's sheet; it goes along with the next call."""

    def act(self, viewer: Viewer, target: Target, change: Change, *, once: str) -> Acted | Elsewhere:
        """Apply the change at most once per `once`, and show what the conversation is like now."""

    def compose(self, viewer: Viewer, window: Window) -> Composed:
        """Show what a compose window answers, and who its recipients are; with `window.replying`, be seen writing."""

    def check_send(self, viewer: Viewer, window: Window, *, can_ask: bool, missed: Mapping[str, int]) -> SendCheck:
        """Say whether a send would be a second reply. What is free counts as answered from now on; all is counted."""

    def sends(self, workspace: Workspace, days: int) -> Sends:
        """How many sends of the last days were checked."""

    def queue(self, viewer: Viewer) -> Queue:
        """What waits for the viewer and their teams."""

    def queue_page(self, viewer: Viewer, name: str, cursor: str = "", rows: int = 50) -> QueuePage:
        """One list of it ("mentions", "overdue", "unclaimed", "mine", "held"), from the cursor on."""

    def ingest(self, workspace: Workspace, mails: Iterable[Placing]) -> Imported:
        """Write down past mails."""


class Directory(Protocol):
    """Which company and which person an account is."""

    def viewer(self, identity: Identity) -> Viewer | Stranger:
        """The agent behind a verified account, bound at its first sign-in. Raises RecordsUnavailable."""

    def prefer(self, viewer: Viewer, preferences: Preferences) -> None:
        """Keep what the viewer has chosen for themselves. Raises RecordsUnavailable."""

    def notice(self, workspace: Workspace, revision: int) -> None:
        """Another copy has seen a newer directory: read it again at the next look."""


class QueueLinks(Protocol):
    """The way to our pages in a browser: the queue's, for a second screen, and from there to the others."""

    def link(self, workspace: Workspace, identity: Identity, page: Literal["queue", "crm"] = "queue") -> str:
        """Return an address that opens the page for this account, once and within a minute. Raises RecordsUnavailable."""

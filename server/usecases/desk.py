"""What every use-case is given: the ports, and the click it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.conversation import View
from server.domain.events import FileSource, Identity, Mailbox, MailSource, Place, Pointer, Window
from server.domain.ports import Conversations, Directory, QueueLinks, Target
from server.domain.workspace import Viewer
from server.replies.polish import Declined, Job, Rewritten
from server.usecases.suggest import Shelves


class Models(Protocol):
    """The configured language model. One wish an agent at a time: another one, or leaving the card, ends the one before."""

    def rewrite(self, agent: str, job: Job) -> Rewritten | Declined:
        """Ask and wait, ten seconds at most."""

    def cancel(self, agent: str) -> None:
        """Nobody waits any longer for what this agent has asked."""


class CrmDesk(Protocol):
    """CRMs, asked beside a request (server.web.lookups)."""

    def again(self, viewer: Viewer, view: View, connection: str) -> View:
        """Ask one anew, a search included, and wait for it two seconds at most; the view with what it said."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The ports that use-cases work through."""

    conversations: Conversations
    directory: Directory
    links: QueueLinks
    shelves: Shelves
    model: Models | None = None  # None: no language model is configured
    crm: CrmDesk | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One click, opened and checked: who, on what, with which arguments and typed values. `once` names it for idempotency."""

    identity: Identity
    viewer: Viewer
    target: Target
    args: Mapping[str, str]
    form: Mapping[str, tuple[str, ...]]
    once: str
    place: Place = field(default_factory=Place)
    mail: MailSource | None = None
    pointer: Pointer | None = None
    thread: Pointer | None = None
    mailbox: Mailbox | None = None
    window: Window | None = None
    files: FileSource | None = None

    def typed(self, name: str) -> str:
        """Return what was typed or chosen under this name, without outer blanks; "" when nothing was."""
        values = self.form.get(name, ())
        return values[0].strip() if values else ""

    @property
    def kept(self) -> dict[str, str]:
        """Return all that was typed, to be shown again when the click changes nothing."""
        return {name: values[0] for name, values in self.form.items() if values and values[0]}

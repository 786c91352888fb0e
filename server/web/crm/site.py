"""What the routes of the CRMs' pages share: the connections, and how one is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Protocol

from flask import abort

from server.domain.crm import Ability, Connection, Connections, CrmError, Trouble
from server.domain.ids import digest
from server.gateways.crm.spec import Line, Spec
from server.screens import crm_page as words
from server.store.connections import Pending, Tested
from server.web.pages import Desk, FormSite
from server.web.pages.forms import Words


class Kept(Connections, Protocol):
    """The connections, and what their page needs besides (store.connections). Every method raises RecordsUnavailable."""

    def new_id(self, workspace: str) -> str: ...
    def of(self, workspace: str) -> tuple[Connection, ...]: ...
    def has_credentials(self, workspace: str) -> frozenset[str]: ...
    def states(self, workspace: str) -> Mapping[str, Tested]: ...
    def asked(self, workspace: str, connection: str, at: int, trouble: Trouble | None) -> None: ...
    def hook_secret(self, workspace: str, connection: str) -> str: ...
    def renew_hook(self, workspace: str, connection: str) -> None: ...
    def hold(self, workspace: str, kind: str, credentials: Mapping[str, str]) -> str: ...
    def held(self, workspace: str, kind: str, text: str) -> Mapping[str, str]: ...
    def leave(self, workspace: str, pending: Pending) -> str: ...
    def come_back(self, workspace: str, state: str) -> Pending | None: ...


class Makers(Protocol):
    """Who makes CRMs of connections (gateways.crm.connectors)."""

    def spec(self, kind: str) -> Spec | None:
        """Return what a connector of this kind wants; None for a kind that there is not."""

    def check(
        self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None, sample: str = ""
    ) -> Sequence[tuple[str, str]]:
        """Do what a look-up would need; what an address to try it with has found. Raises CrmError."""

    def able(self, connection: Connection) -> frozenset[Ability]:
        """Return what this connection can do. Raises CrmError."""

    def tries(self, kind: str) -> bool:
        """Whether this kind is tried with an address before it is saved."""

    def line(self, workspace: str, connection: Connection) -> AbstractContextManager[Line]:
        """Lend a guarded way to the CRM of this connection."""


@dataclass(frozen=True, slots=True)
class Site(FormSite):
    """The pages' ports, and what every route does with them."""

    name: ClassVar[str] = "crm"
    wording: ClassVar[Words] = words
    back: ClassVar[str] = "back_to_list"
    deed: ClassVar[str] = "connect_crms"

    connections: Kept
    connectors: Makers

    def browser(self) -> str:
        """Return which session asks, as it may be written down."""
        return digest(self.signin.cookie.token())

    def connection(self, at: Desk, id_: str) -> Connection:
        """Return this one of the workspace's, as it stands in the store now."""
        found = next((one for one in self.connections.of(at.workspace) if one.id == id_), None)
        if found is None:
            abort(404)
        return found

    def spec(self, kind: str) -> Spec:
        """Return what a connector of this kind wants; there are no others."""
        found = self.connectors.spec(kind)
        if found is None:
            abort(404)
        return found

    def test(self, at: Desk, connection: Connection) -> CrmError | None:
        """Ask a saved connection, and note how it was; what is wrong."""
        try:
            self.connectors.check(at.workspace, connection)
        except CrmError as error:
            self.connections.asked(at.workspace, connection.id, self.now, error.why)
            return error
        self.connections.asked(at.workspace, connection.id, self.now, None)
        return None

    def hook(self, at: Desk, connection: Connection) -> str:
        """Return the address that its webhooks are sent to, "" when there is none."""
        secret = self.connections.hook_secret(at.workspace, connection.id)
        return f"{self.signin.public_url}/webhooks/{at.workspace}/{connection.id}/{secret}" if secret else ""

"""Makes the CRMs behind connections, and keeps them: one guarded line each, made anew when its connection changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol, cast

from server.domain.crm import Ability, Connection, Crm, CrmKind
from server.gateways.crm import MODULES, load
from server.gateways.crm.line import Gate, GuardedLine
from server.gateways.crm.spec import Clock, Secrets, Spec

CHECK_SECONDS: Final = 10.0
"""All calls of a test together: somebody waits before a page for what it says."""


class Gates(Protocol):
    """The gates that all copies of the service share (store.crm)."""

    def gate(self, workspace: str, connection: str) -> Gate: ...


class Vaults(Protocol):
    """The credentials of each connection (store.connections)."""

    def secrets(self, workspace: str, connection: str) -> Secrets: ...


class Trial(Protocol):
    """What a mapped look-up can do besides a Crm's work."""

    def try_it(self, address: str) -> Sequence[tuple[str, str]]:
        """Look this address up; what each mapped field has found. Raises CrmError."""


class TypedSecrets:
    """The port `Secrets` with credentials that were typed and are not saved: for a test before saving."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._credentials = credentials

    def get(self) -> Mapping[str, str]:
        """See the port."""
        return self._credentials

    def put(self, credentials: Mapping[str, str]) -> None:
        """See the port; kept as long as the test lasts."""
        self._credentials = credentials


class _Go(NamedTuple):
    wait: float = 0.0
    broken: int = 0


class _OpenGate:
    """The gate of a connection that is not saved yet: nobody shares it, and nobody has broken it."""

    def enter(self, quotas: Sequence[tuple[int, float]], cost: int) -> _Go:
        """See the port."""
        del quotas, cost
        return _Go()

    def left(self, *, ok: bool, pause: float = 0.0) -> None:
        """See the port."""


class _Held(NamedTuple):
    connection: Connection
    line: GuardedLine
    crm: Crm


class GuardedConnectors:
    """The port `Connectors`, and what the administrators' page asks besides. Safe between threads.

    `local` lets connections call addresses inside: for tests and the playground. `own` makes the CRM that is the workspace's own
    records: it reads the store, and no line leads there.
    """

    def __init__(
        self,
        gates: Gates,
        vaults: Vaults,
        clock: Clock,
        *,
        own: Callable[[str, Connection], Crm],
        local: bool = False,
    ) -> None:
        self._gates = gates
        self._vaults = vaults
        self._clock = clock
        self._own = own
        self._local = local
        self._held: dict[tuple[str, str], _Held] = {}
        self._lock = threading.Lock()

    def connect(self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None) -> Crm:
        """See the port."""
        if connection.kind == "builtin":
            return self._own(workspace, connection)
        if credentials is not None:
            line = self._line(workspace, connection)
            return load(connection.kind).connect(connection, TypedSecrets(credentials), line, self._clock)
        key = (workspace, connection.id)
        module = load(connection.kind)  # before the lock: the first time it may take a second
        with self._lock:
            held = self._held.get(key)
            if held and held.connection == connection:
                return held.crm
            line = self._line(workspace, connection)
            secrets = self._vaults.secrets(workspace, connection.id)
            crm = module.connect(connection, secrets, line, self._clock)
            self._held[key] = _Held(connection, line, crm)
        if held:
            held.line.close()
        return crm

    def check(
        self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None, sample: str = ""
    ) -> Sequence[tuple[str, str]]:
        """Do what a look-up would need, with this connection as it is given: saved or not. Raises CrmError, what is wrong.

        A mapped look-up is tried with the address `sample`: what each field has found.
        """
        if connection.kind == "builtin":
            self._own(workspace, connection).check()
            return ()
        secrets = self._vaults.secrets(workspace, connection.id) if credentials is None else TypedSecrets(credentials)
        with self.line(workspace, connection) as line, line.within(CHECK_SECONDS):
            crm = load(connection.kind).connect(connection, secrets, line, self._clock)
            crm.check()
            return cast("Trial", crm).try_it(sample) if sample and self.tries(connection.kind) else ()

    @contextmanager
    def line(self, workspace: str, connection: Connection) -> Iterator[GuardedLine]:
        """Lend a line of its own to the CRM of this connection."""
        line = self._line(workspace, connection)
        try:
            yield line
        finally:
            line.close()

    def spec(self, kind: str) -> Spec | None:
        """Return what a connector of this kind wants; None for a kind that there is not."""
        found: CrmKind | None = next((one for one in MODULES if one == kind), None)
        return load(found).SPEC if found else None

    def able(self, connection: Connection) -> frozenset[Ability]:
        """Return what this connection can do: all that its kind can, unless its settings leave something out. Raises CrmError."""
        module = load(connection.kind)
        narrowed: Callable[[Connection], frozenset[Ability]] | None = getattr(module, "able", None)
        return narrowed(connection) if narrowed else module.SPEC.abilities

    def tries(self, kind: str) -> bool:
        """Whether this kind is tried with an address before it is saved."""
        return kind == "http"

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for held in self._held.values():
                held.line.close()

    def _line(self, workspace: str, connection: Connection) -> GuardedLine:
        spec = load(connection.kind).SPEC
        gate = self._gates.gate(workspace, connection.id) if connection.id else _OpenGate()
        return GuardedLine(spec, gate, local=self._local)

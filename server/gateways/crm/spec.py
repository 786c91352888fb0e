"""What a connector says about itself, and what it is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

from server.domain.crm import Ability, Connection, Crm, CrmKind


class Setting(NamedTuple):
    """One field of a connector's form. Labels and hints are screens' (server.screens.crm_page), found by kind and name."""

    name: str
    form: Literal["text", "url", "lines", "choice", "secret"] = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""


class Quota(NamedTuple):
    """At most `calls` in any `seconds`, counted over all copies of the service."""

    calls: int
    seconds: float


class Spec(NamedTuple):
    """One kind of CRM. `calls`: HTTP calls of a look-up at most, by "find" and "load", as the vendor's documents have it."""

    kind: CrmKind
    settings: tuple[Setting, ...]  # shown again
    secrets: tuple[Setting, ...]  # never shown again
    abilities: frozenset[Ability]
    quotas: tuple[Quota, ...]  # under the vendor's published ones; their source stands beside them
    at_once: int  # calls of one connection at a time, in one copy of the service
    calls: Mapping[str, int]
    oauth: OAuth | None = None
    largest: int = 2 * 1024 * 1024  # bytes of an answer

    def chosen(self, connection: Connection) -> Mapping[str, str]:
        """Every setting by its name: as the connection has it, without blanks around it, or else by default."""
        return {one.name: connection.settings.get(one.name, "").strip() or one.default for one in self.settings}


class OAuth(NamedTuple):
    """Where an administrator agrees, and where the code becomes tokens. `{...}` are settings of the connection."""

    authorize: str
    token: str
    scopes: tuple[str, ...]
    json: bool = False  # the token's address wants JSON and the scopes again, where RFC 6749 has a form
    pkce: bool = False  # the vendor documents RFC 7636: a code is of no use to who only overhears it


class Reply(NamedTuple):
    """An answer below 400, whole; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line(Protocol):
    """The guarded way to one CRM: pooled connections, one deadline, a look-up's retries, the shared quota, the circuit breaker.

    Safe between threads.
    """

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        repeatable: bool | None = None,
        cost: int = 1,
    ) -> Reply:
        """Send one request. `repeatable` (None: GET only) may be tried again; `cost` counts against the quota.

        Raises CrmError: refused (401, 403), missing (404, 410), conflict (409), busy (429 or our own limit), mapping (400, 422),
        slow, down (no connection, 5xx), broken, unsafe, garbled (a redirect, too long, cut off).
        """

    def json(self, reply: Reply) -> object:
        """Parse the answer. Raises CrmError("garbled")."""

    def within(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """All calls of this context in the block share one deadline (None: the line's own limit of one call)."""


class Secrets(Protocol):
    """The credentials of one connection, opened for the moment."""

    def get(self) -> Mapping[str, str]:
        """Return them. Raises CrmError("unset") when there are none, or none that can still be opened."""

    def put(self, credentials: Mapping[str, str]) -> None:
        """Keep new ones instead: a refreshed token is everybody's."""


Clock = Callable[[], int]
"""ms since the epoch."""


class Connect(Protocol):
    """What the module of a kind has beside its `SPEC`, as `connect`."""

    def __call__(self, connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Crm:
        """Return the CRM behind this connection; no call is made. Raises CrmError("unset", "unsafe", "mapping")."""

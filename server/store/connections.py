"""CRM connections as a workspace's administrators keep them: what is shown, what is sealed, and what came by webhook.

Credentials and webhook secrets are sealed (store.vault) for one workspace and one connection: a copy of the records tells
nothing, and what was sealed for one connection opens for no other. Whatever an older key sealed is sealed anew when it is used.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from server.domain.crm import PANEL_FIELDS, Connection, CrmError, Trouble
from server.domain.errors import RecordsUnavailable
from server.domain.ids import digest
from server.store.connect import FAILURES
from server.store.keys import prefix, sequence
from server.store.library import Library
from server.store.vault import Unreadable, Vault

DELIVERY_SECONDS: Final = 24 * 3600
"""How long the id of a webhook's event is remembered: vendors repeat a delivery for some hours."""
STATE_SECONDS: Final = 30 * 24 * 3600
OAUTH_SECONDS: Final = 600
"""How long an administrator may take to agree at the vendor's."""
_NOBODYS: Final = "no connection has this secret"

_encode: Final = msgspec.msgpack.Encoder().encode


class Tested(msgspec.Struct, frozen=True, array_like=True):
    """When a connection was asked last (ms), and what was wrong then, "" when it worked."""

    at: int
    trouble: str = ""


class Pending(msgspec.Struct, frozen=True):
    """An administrator is at the vendor's to agree. `browser` is a digest of their session: the answer must come back to it."""

    connection: str
    browser: str
    verifier: str


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    number: int  # in order of making
    connection: Connection


_kept: Final = msgspec.msgpack.Decoder(_Kept).decode
_tested: Final = msgspec.msgpack.Decoder(Tested).decode
_pending: Final = msgspec.msgpack.Decoder(Pending).decode
_credentials: Final = msgspec.msgpack.Decoder(dict[str, str]).decode
_fields: Final = msgspec.msgpack.Decoder(tuple[str, ...]).decode


class RedisConnections:
    """The port `Connections`, and what the administrators' page, webhooks and connectors need. Everything raises RecordsUnavailable."""

    def __init__(
        self,
        library: Library,
        vault: Vault | None,
        new_secret: Callable[[], str],
        forget: Callable[[str, str], object] | None = None,
    ) -> None:
        """`new_secret`: 20 characters or more that nobody guesses. `forget(workspace, connection)` drops what was read through it."""
        self._library = library
        self._vault = vault
        self._new_secret = new_secret
        self._forget = forget

    # ------------------------------------------------------------------ the port

    def save(self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None) -> None:
        """See the port."""
        hook = _field_of(connection.id, hook=True)
        sealed = b"" if credentials is None else self._seal(workspace, connection.id, _encode(dict(credentials)))
        secret = self._seal(workspace, hook, self._new_secret().encode()) if self._vault else b""
        request = {"p": prefix(workspace), "id": connection.id}
        self._library.call("save_connection", sequence(workspace), request, _encode(connection), sealed, secret)

    def remove(self, workspace: str, connection: str) -> None:
        """See the port."""
        self._library.call("remove_connection", sequence(workspace), {"p": prefix(workspace), "id": connection})
        if self._forget:
            self._forget(workspace, connection)

    def credentials(self, workspace: str, connection: str) -> Mapping[str, str]:
        """See the port."""
        return self.opened(workspace, connection)[0]

    def show(self, workspace: str, fields: Sequence[str]) -> None:
        """See the port. Names that are no field are left out; none at all means the product's own choice."""
        known = tuple(dict.fromkeys(field for field in fields if field in PANEL_FIELDS))
        p = prefix(workspace)
        self._run([("set", f"{p}panel", _encode(known)), ("incr", f"{p}rev")])

    # ------------------------------------------------------------------ for the administrators' page

    def new_id(self, workspace: str) -> str:
        """Return an id that no connection of this workspace has had."""
        (number,) = self._run([("hincrby", f"{prefix(workspace)}seq", "connection", 1)])
        return f"x{number}"

    def has_credentials(self, workspace: str) -> frozenset[str]:
        """Return the connections for which something is sealed."""
        (names,) = self._run([("hkeys", f"{prefix(workspace)}cs")])
        return frozenset(name.decode() for name in names)

    def states(self, workspace: str) -> Mapping[str, Tested]:
        """Return how each connection was when it was asked last; under `<id>/hook`, when its last webhook came."""
        (raw,) = self._run([("hgetall", f"{prefix(workspace)}ca")])
        return {name.decode(): _tested(value) for name, value in raw.items()}

    def asked(self, workspace: str, connection: str, at: int, trouble: Trouble | None) -> None:
        """Note how a connection was just now."""
        self._note(workspace, connection, Tested(at, trouble or ""))

    def hook_secret(self, workspace: str, connection: str) -> str:
        """Return the secret part of the address that its webhooks are sent to, "" when there is none."""
        (raw,) = self._run([("hget", f"{prefix(workspace)}cs", _field_of(connection, hook=True))])
        return self._hook_of(workspace, connection, raw)

    def renew_hook(self, workspace: str, connection: str) -> None:
        """Give it another address: what is sent to the old one is refused from now on."""
        field = _field_of(connection, hook=True)
        sealed = self._seal(workspace, field, self._new_secret().encode())
        self._run([("hset", f"{prefix(workspace)}cs", field, sealed)])

    def leave(self, workspace: str, pending: Pending) -> str:
        """Remember that an administrator goes to the vendor to agree; the state to take along."""
        state = self._new_secret()
        key = f"{prefix(workspace)}ag:{digest(state)}"
        self._run([("set", key, self._seal(workspace, "oauth", _encode(pending)), "EX", OAUTH_SECONDS)])
        return state

    def come_back(self, workspace: str, state: str) -> Pending | None:
        """Return what was remembered with this state, once; None for one that was used, has expired, or is not ours."""
        (raw,) = self._run([("getdel", f"{prefix(workspace)}ag:{digest(state)}")])
        try:
            return _pending(self._unseal(workspace, "oauth", raw)) if raw else None
        except Unreadable:
            return None

    def hold(self, workspace: str, kind: str, credentials: Mapping[str, str]) -> str:
        """Return what was typed and is not saved yet, sealed: a form carries it to its next step, and nobody reads it there."""
        return b64encode(self._seal(workspace, f"held/{kind}", _encode(dict(credentials)))).decode()

    def held(self, workspace: str, kind: str, text: str) -> Mapping[str, str]:
        """Return what a form has carried; nothing for what is no such text."""
        try:
            return _credentials(self._unseal(workspace, f"held/{kind}", b64decode(text, validate=True)))
        except (binascii.Error, ValueError, Unreadable, msgspec.DecodeError):
            return {}

    # ------------------------------------------------------------------ for connectors

    def of(self, workspace: str) -> tuple[Connection, ...]:
        """Return the connections as they are in the store now."""
        (raw,) = self._run([("hgetall", f"{prefix(workspace)}cx")])
        return connections_of(raw)

    def secrets(self, workspace: str, connection: str) -> KeptSecrets:
        """Return the credentials of one connection as a connector is given them."""
        return KeptSecrets(self, workspace, connection)

    # ------------------------------------------------------------------ for webhooks

    def hooked(self, workspace: str, connection: str, secret: str) -> Connection | None:
        """Return the connection whose webhook address this is. How long it takes tells nothing of how much of it is right."""
        p = prefix(workspace)
        kept, raw = self._run(
            [("hget", f"{p}cx", connection), ("hget", f"{p}cs", _field_of(connection, hook=True))],
        )
        expected = self._hook_of(workspace, connection, raw) or _NOBODYS
        is_right = hmac.compare_digest(expected.encode(), secret.encode("utf-8", "replace"))
        found = _kept(kept).connection if kept else None
        return found if is_right else None

    def fresh(self, workspace: str, connection: str, ids: Sequence[str]) -> tuple[str, ...]:
        """Return those of these event ids that have not come before, which thereby have."""
        commands = [("set", key, b"1", "NX", "EX", DELIVERY_SECONDS) for key in _events(workspace, connection, ids)]
        answers = self._run(commands) if commands else []
        return tuple(one for one, is_new in zip(ids, answers, strict=True) if is_new)

    def delivered(self, workspace: str, connection: str, at: int) -> None:
        """Note that a webhook came."""
        self._note(workspace, _field_of(connection, hook=True), Tested(at))

    def undelivered(self, workspace: str, connection: str, ids: Sequence[str]) -> None:
        """Let these events come again: what they told could not be done."""
        self._run([("del", key) for key in _events(workspace, connection, ids)])

    # ------------------------------------------------------------------ sealing

    def opened(self, workspace: str, connection: str) -> tuple[Mapping[str, str], bytes]:
        """Return the credentials, and what seals them now."""
        (sealed,) = self._run([("hget", f"{prefix(workspace)}cs", connection)])
        if not sealed:
            raise CrmError("unset", "no credentials")
        try:
            found = _credentials(self._unseal(workspace, connection, sealed))
        except (Unreadable, msgspec.DecodeError) as error:
            raise CrmError("unset", "credentials sealed with a key that is gone") from error
        renewed = self._vault.renewed(sealed, _sealed_for(workspace, connection)) if self._vault else None
        if renewed and self._swap(workspace, connection, sealed, renewed):
            sealed = renewed
        return found, sealed

    def replace(self, workspace: str, connection: str, before: bytes, credentials: Mapping[str, str]) -> bytes:
        """Keep refreshed credentials, if the ones they were made from still stand; what stands now."""
        sealed = self._seal(workspace, connection, _encode(dict(credentials)))
        return sealed if self._swap(workspace, connection, before, sealed) else before

    def _swap(self, workspace: str, field: str, before: bytes, after: bytes) -> bool:
        request = {"p": prefix(workspace), "field": field}
        return bool(self._library.call("swap_sealed", sequence(workspace), request, before, after))

    def _hook_of(self, workspace: str, connection: str, sealed: bytes | None) -> str:
        if not sealed:
            return ""
        field = _field_of(connection, hook=True)
        try:
            secret = self._unseal(workspace, field, sealed).decode()
        except Unreadable:
            return ""
        renewed = self._vault.renewed(sealed, _sealed_for(workspace, field)) if self._vault else None
        if renewed:
            self._swap(workspace, field, sealed, renewed)
        return secret

    def _seal(self, workspace: str, field: str, plain: bytes) -> bytes:
        if self._vault is None:
            raise CrmError("unset", "no keys to seal with")
        return self._vault.seal(plain, _sealed_for(workspace, field))

    def _unseal(self, workspace: str, field: str, sealed: bytes) -> bytes:
        if self._vault is None:
            raise Unreadable
        return self._vault.open(sealed, _sealed_for(workspace, field))

    def _note(self, workspace: str, field: str, state: Tested) -> None:
        key = f"{prefix(workspace)}ca"
        self._run([("hset", key, field, _encode(state)), ("expire", key, STATE_SECONDS)])

    def _run(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Send the commands in one round trip. Raises RecordsUnavailable."""
        client: Any = self._library.client  # the two clients' types agree on no command
        try:
            with client.pipeline(transaction=False) as pipe:
                for name, *args in commands:
                    getattr(pipe, name)(*args) if name == "hgetall" else pipe.execute_command(name.upper(), *args)
                answers: list[Any] = pipe.execute()
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error
        return answers


class KeptSecrets:
    """The port `Secrets` of one connection: read anew each time, so that a revoked or replaced token ends at once everywhere."""

    def __init__(self, connections: RedisConnections, workspace: str, connection: str) -> None:
        self._connections = connections
        self._workspace = workspace
        self._connection = connection
        self._seen = b""

    def get(self) -> Mapping[str, str]:
        """See the port."""
        found, self._seen = self._connections.opened(self._workspace, self._connection)
        return found

    def put(self, credentials: Mapping[str, str]) -> None:
        """See the port. Credentials that an administrator has replaced or removed meanwhile stay as they left them."""
        self._seen = self._connections.replace(self._workspace, self._connection, self._seen, credentials)


def connections_of(raw: Mapping[bytes, bytes]) -> tuple[Connection, ...]:
    """Return the connections of the hash `cx`, oldest first."""
    found = sorted((_kept(value) for value in raw.values()), key=lambda one: one.number)
    return tuple(one.connection for one in found)


def panel_of(raw: bytes | None) -> tuple[str, ...]:
    """Return the panel's fields as they were chosen; none when nobody has chosen."""
    return _fields(raw) if raw else ()


def _events(workspace: str, connection: str, ids: Iterable[str]) -> list[str]:
    return [f"{prefix(workspace)}wh:{digest(f'{connection} {one}')}" for one in ids]


def _field_of(connection: str, *, hook: bool) -> str:
    # Ids of connections have no slash (the page makes them), so that neither field is another connection's.
    return f"{connection}/hook" if hook else connection


def _sealed_for(workspace: str, field: str) -> str:
    return f"{workspace}/crm/{field}"

"""The keys with which a workspace's other systems may push customers: made and shown once, kept as digests, counted.

A key is `sobani_<workspace>.<id>.<secret>`. Its secret is 32 random bytes, so that a plain SHA-256 of it gives nothing away.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from server.domain.errors import RecordsUnavailable
from server.store.connect import FAILURES
from server.store.keys import prefix
from server.store.library import Library

MOST: Final = 20
"""Keys of one workspace."""
A_MINUTE: Final = 600
"""Requests that one key may make in a minute: each may bring a thousand rows."""

_TOKEN: Final = re.compile(r"sobani_([a-z0-9][a-z0-9_-]{0,39})\.(k[0-9]{1,9})\.([A-Za-z0-9_-]{40,64})", re.ASCII)


class ApiKey(msgspec.Struct, frozen=True):
    """What is known of a key; `last` is the day on which it was last used, "" for never."""

    id: str
    name: str
    created: int
    by: str  # person id
    last: str = ""


class Access(NamedTuple):
    """A key that was shown and is good. `wait`: seconds until it may ask again, 0 for now."""

    workspace: str
    key: str
    wait: int


class _Kept(msgspec.Struct, frozen=True):
    name: str
    created: int
    by: str
    secret: str  # its digest


class RedisApiKeys:
    """Makes, lists and ends keys, and knows them again. Every method raises RecordsUnavailable."""

    def __init__(self, library: Library, new_secret: Callable[[], str], clock: Callable[[], float]) -> None:
        """`new_secret`: 40 characters or more that nobody guesses; `clock`: seconds since the epoch."""
        self._client: Any = library.client  # the two clients' types agree on no command
        self._new_secret = new_secret
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._kept = msgspec.msgpack.Decoder(_Kept).decode

    def issue(self, workspace: str, name: str, by: str) -> str | None:
        """Return a new key, for the only time; None when there are too many already."""
        p = prefix(workspace)
        count, number = self._run([("hlen", f"{p}ak"), ("hincrby", f"{p}seq", "api_key", 1)])
        if count >= MOST:
            return None
        secret = self._new_secret()
        kept = _Kept(name, int(self._clock() * 1000), by, _digest(secret))
        self._run([("hset", f"{p}ak", f"k{number}", self._encode(kept))])
        return f"sobani_{workspace}.k{number}.{secret}"

    def all(self, workspace: str) -> tuple[ApiKey, ...]:
        """Return the workspace's keys, the newest first."""
        p = prefix(workspace)
        rows, used = self._run([("hgetall", f"{p}ak"), ("hgetall", f"{p}al")])
        keys = []
        for id_, raw in rows.items():
            kept = self._kept(raw)
            keys.append(ApiKey(id_.decode(), kept.name, kept.created, kept.by, used.get(id_, b"").decode()))
        return tuple(sorted(keys, key=lambda one: int(one.id[1:]), reverse=True))

    def revoke(self, workspace: str, id_: str) -> bool:
        """End a key, as of its next request. False: there is none of this id."""
        p = prefix(workspace)
        gone, *_ = self._run([("hdel", f"{p}ak", id_), ("hdel", f"{p}al", id_), ("del", f"{p}ar:{id_}")])
        return bool(gone)

    def verify(self, token: str) -> Access | None:
        """Return whose key this is, and count its request; None when it is none of ours, or was ended."""
        found = _TOKEN.fullmatch(token)
        if not found:
            return None
        workspace, id_, secret = found.groups()
        p = prefix(workspace)
        raw, last = self._run([("hget", f"{p}ak", id_), ("hget", f"{p}al", id_)])
        if not raw or not hmac.compare_digest(self._kept(raw).secret, _digest(secret)):
            return None
        today = datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
        counter = f"{p}ar:{id_}"
        commands: list[tuple[Any, ...]] = [
            ("incr", counter),
            ("expire", counter, 60, "NX"),
            ("ttl", counter),
        ]
        if last != today.encode():
            commands.append(("hset", f"{p}al", id_, today))
        count, _, left, *_ = self._run(commands)
        return Access(workspace, id_, max(1, left) if count > A_MINUTE else 0)

    def _run(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Send the commands in one round trip."""
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for name, *args in commands:
                    pipe.execute_command(name.upper(), *args)
                answers: list[Any] = pipe.execute()
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error
        return answers


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

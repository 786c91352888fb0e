"""Who may look at the queue's page: links that work once, and the sessions they are exchanged for.

A token is `<workspace>.<secret>`; the store knows only its digest. A session holds the account and not the person: what the
account may see is asked of the directory at each request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.events import Identity
from server.domain.ids import digest
from server.domain.workspace import Workspace
from server.store.connect import FAILURES
from server.store.directory import account_of
from server.store.keys import prefix
from server.store.library import Library

LINK_SECONDS: Final = 60
SESSION_SECONDS: Final = 12 * 3600
"""How long a session lives from its last use on."""
RENEWED_AFTER: Final = 600
"""Seconds between two writes of the same session's last use: an open page asks every few seconds."""
SESSIONS_EACH: Final = 5
"""Sessions that one account has at a time; the one that was used longest ago makes room."""

_TOKEN: Final = re.compile(r"([a-z0-9][a-z0-9_-]{0,39})\.([A-Za-z0-9_-]{20,64})", re.ASCII)


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser. `revision` is the directory's newest: a copy that knows an older one reads it again."""

    workspace: str
    identity: Identity
    time_zone: str
    revision: int


class _Kept(msgspec.Struct, frozen=True):
    identity: Identity
    time_zone: str = ""


class RedisSessions:
    """The port `QueueLinks`, and what the page's routes need. `clock` is seconds since the epoch.

    Plain commands and no script: each is harmless when it runs twice, and whoever ends a session deletes its key, which no
    renewal brings back.
    """

    def __init__(self, library: Library, page: str, new_secret: Callable[[], str], clock: Callable[[], float]) -> None:
        """`page`: the address that exchanges links. `new_secret`: 20 characters or more that nobody guesses."""
        self._client: Any = library.client  # the two clients' types agree on no command
        self._page = page
        self._new_secret = new_secret
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._identity = msgspec.msgpack.Decoder(Identity).decode
        self._kept = msgspec.msgpack.Decoder(_Kept).decode

    def link(self, workspace: Workspace, identity: Identity, page: Literal["queue", "crm"] = "queue") -> str:
        """See the port. The token stands in the fragment: it reaches no server's log, no referrer and no scanner of links."""
        token = f"{workspace.id}.{self._new_secret()}"
        self._run([("set", _key("link", token), self._encode(identity), "EX", LINK_SECONDS)])
        further = "" if page == "queue" else f"?to={page}"
        return f"{self._page}{further}#{token}"

    def redeem(self, token: str) -> Identity | None:
        """Return whom the link was made for, once; None for one that was used, has expired, or is not ours."""
        if not _TOKEN.fullmatch(token):
            return None
        (raw,) = self._run([("getdel", _key("link", token))])
        return self._identity(raw) if raw else None

    def begin(self, workspace: str, identity: Identity, time_zone: str) -> str:
        """Return the token of a new session of this account."""
        token = f"{workspace}.{self._new_secret()}"
        mine, now = _account(workspace, identity), self._clock()
        surplus = self._run(
            [
                ("set", _key("s", token), self._encode(_Kept(identity, time_zone)), "EX", SESSION_SECONDS),
                ("zadd", mine, now, digest(token)),
                ("expire", mine, SESSION_SECONDS),
                ("zremrangebyscore", mine, "-inf", now - SESSION_SECONDS),
                ("zrange", mine, 0, -SESSIONS_EACH - 1),
            ]
        )[-1]
        if surplus:
            keys = [f"{prefix(workspace)}s:{one.decode()}" for one in surplus]
            self._run([("del", *keys), ("zrem", mine, *surplus)])
        return token

    def find(self, token: str) -> Session | None:
        """Return the session, which thereby was used; None when it has ended."""
        found = _TOKEN.fullmatch(token)
        if not found:
            return None
        workspace, key = found[1], _key("s", token)
        raw, left, revision = self._run([("get", key), ("ttl", key), ("get", f"{prefix(workspace)}rev")])
        if not raw:
            return None
        kept = self._kept(raw)
        if left < SESSION_SECONDS - RENEWED_AFTER:
            mine = _account(workspace, kept.identity)
            self._run(
                [
                    ("expire", key, SESSION_SECONDS),
                    ("zadd", mine, "XX", self._clock(), digest(token)),
                    ("expire", mine, SESSION_SECONDS),
                ]
            )
        return Session(workspace, kept.identity, kept.time_zone, int(revision or 0))

    def end(self, token: str) -> None:
        """End the session; one that has ended already, or never was, is none either."""
        found = _TOKEN.fullmatch(token)
        if not found:
            return
        (raw,) = self._run([("getdel", _key("s", token))])
        if raw:
            self._run([("zrem", _account(found[1], self._kept(raw).identity), digest(token))])

    def _run(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Send the commands in one round trip. Raises RecordsUnavailable."""
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for name, *args in commands:
                    pipe.execute_command(name.upper(), *args)
                answers: list[Any] = pipe.execute()
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error
        return answers


def _key(family: str, token: str) -> str:
    return f"{prefix(token.partition('.')[0])}{family}:{digest(token)}"


def _account(workspace: str, identity: Identity) -> str:
    return f"{prefix(workspace)}sa:{digest(account_of(identity))}"

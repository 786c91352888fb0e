"""A stream per workspace of what waits for the worker: each entry is taken by one, done at least once, then gone.

    script  --XADD-->  {w:<id>}:<name>  --XREADGROUP, by the worker-->  done, then XACK and XDEL

An entry that a worker took and did not finish (it died) is taken again after `AGAIN` milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from redis.exceptions import ResponseError

from server.domain.errors import RecordsUnavailable
from server.store.connect import FAILURES
from server.store.keys import prefix
from server.store.library import Library

GROUP: Final = "worker"
AGAIN: Final = 120_000

Entry = tuple[str, Mapping[bytes, bytes]]
"""Id and fields."""


class Stream:
    """One family of such streams, as one consumer sees it. Everything raises RecordsUnavailable."""

    def __init__(self, library: Library, name: str, consumer: str) -> None:
        self._library = library
        self._name = name
        self._consumer = consumer
        self._grouped: set[str] = set()

    def take(self, workspace: str, most: int) -> tuple[Entry, ...]:
        """Return what waits, oldest first; what a dead worker left, before the rest."""
        client, key = self._client, self._key(workspace)
        try:
            if workspace not in self._grouped:
                _make_group(client, key)
                self._grouped.add(workspace)
            if left := client.xautoclaim(key, GROUP, self._consumer, AGAIN, "0-0", count=most)[1]:
                return tuple((id_.decode(), fields) for id_, fields in left if fields)
            got = client.xreadgroup(GROUP, self._consumer, {key: ">"}, count=most)
        except FAILURES as error:
            self._grouped.discard(workspace)  # the store may have come back empty
            raise RecordsUnavailable(type(error).__name__) from error
        return tuple((id_.decode(), fields) for id_, fields in got[0][1]) if got else ()

    def done(self, workspace: str, ids: Iterable[str]) -> None:
        """These need not be done again."""
        if not (gone := tuple(ids)):
            return
        client, key = self._client, self._key(workspace)
        try:
            client.xack(key, GROUP, *gone)
            client.xdel(key, *gone)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    @property
    def _client(self) -> Any:
        return self._library.client  # the two clients' types agree on no command

    def _key(self, workspace: str) -> str:
        return f"{prefix(workspace)}{self._name}"


def _make_group(client: Any, key: str) -> None:
    try:
        client.xgroup_create(key, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise

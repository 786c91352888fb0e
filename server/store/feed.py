"""The feed of each workspace: which conversation shows something new, in the order in which it happened.

The scripts write it (scripts/base.lua, `publish`): a stream whose entries are numbered 1, 2, 3 ... with nothing left out, and
some thousand of them kept. A copy of the service reads it once for all that wait there (web/waiting.py).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from redis.cluster import RedisCluster

from server.domain.errors import RecordsUnavailable
from server.store.connect import FAILURES, Client
from server.store.keys import prefix, sequence

CHECK_SECONDS: Final = 10.0
"""How often the feed is held against what was read of it: a store that was emptied or put back would go unnoticed."""
PAUSE: Final = 0.25
"""Seconds between two looks where one command cannot wait for all feeds (a cluster, several workspaces)."""
_REMEMBERED: Final = 16


class Entry(NamedTuple):
    """Something changed: in which conversation, what ("state", "note", "presence"), by whom."""

    number: int
    conversation: str
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class News:
    """What one look at a workspace's feed brought."""

    entries: tuple[Entry, ...]
    begins: int | None = None
    """Set when the reader begins, or had to begin anew: nothing is known of what came up to this number."""
    rewound: bool = False
    """The feed is not the one that was read before: whatever was seen may be outdated."""


@dataclass(slots=True)
class _Place:
    """How far a workspace's feed was read, and its last entries by then: the same numbers may come back with other changes."""

    number: int
    checked: float
    last: deque[Entry] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class Feeds:
    """Reads feeds, each from where it was left. For one thread at a time. `clock` is monotonic seconds."""

    def __init__(
        self, client: Client, clock: Callable[[], float], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client: Any = client  # the two clients' types agree on no command
        self._is_cluster = isinstance(client, RedisCluster)
        self._clock = clock
        self._sleep = sleep
        self._places: dict[str, _Place] = {}
        self._doubt = False

    def read(self, workspaces: Collection[str], seconds: float) -> Mapping[str, News]:
        """Return what is new in these workspaces; when nothing is, wait for it up to so many seconds.

        A workspace that is asked for the first time begins with all that its feed still holds; one that is no longer asked for
        is forgotten. Raises RecordsUnavailable; the next call goes on where this one would have.
        """
        try:
            return self._read(workspaces, seconds)
        except FAILURES as error:
            # Perhaps another server answers from now on, which does not have the last changes.
            self._doubt = True
            raise RecordsUnavailable(type(error).__name__) from error

    def newest(self, workspace: str) -> int:
        """Return the number of the newest change, from the store. Raises RecordsUnavailable. For any thread."""
        try:
            return int(self._client.hget(sequence(workspace), "feed") or 0)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    def _read(self, workspaces: Collection[str], seconds: float) -> Mapping[str, News]:
        for gone in self._places.keys() - set(workspaces):
            del self._places[gone]
        if self._doubt:
            for place in self._places.values():
                place.checked = float("-inf")
            self._doubt = False
        news: dict[str, News] = {}
        now = self._clock()
        for workspace in workspaces:
            known = self._places.get(workspace)
            if known is None:
                news[workspace] = self._begin(workspace, now)
            elif now - known.checked >= CHECK_SECONDS:
                if self._is_same(workspace, known):
                    known.checked = now
                else:
                    news[workspace] = self._begin(workspace, now, rewound=True)
        going_on = [workspace for workspace in workspaces if workspace not in news]
        if going_on:
            news |= self._go_on(going_on, 0 if news else seconds)
        return news

    def _begin(self, workspace: str, now: float, *, rewound: bool = False) -> News:
        entries = _entries(self._client.xrange(_feed(workspace)))
        begins = entries[0].number - 1 if entries else self.newest(workspace)
        place = _Place(entries[-1].number if entries else begins, now)
        place.last.extend(entries)
        self._places[workspace] = place
        return News(entries, begins, rewound)

    def _is_same(self, workspace: str, place: _Place) -> bool:
        if not place.last:
            return self.newest(workspace) >= place.number
        found = _entries(self._client.xrange(_feed(workspace), place.last[0].number, place.number))
        # The oldest ones may have been cut off meanwhile.
        return bool(found) and found == tuple(place.last)[-len(found) :] and found[-1].number == place.number

    def _go_on(self, workspaces: Collection[str], seconds: float) -> Mapping[str, News]:
        together = not self._is_cluster or len(workspaces) == 1
        groups = [workspaces] if together else [[workspace] for workspace in workspaces]
        found: dict[str, News] = {}
        for group in groups:
            ids = {_feed(workspace): f"{self._places[workspace].number}-0" for workspace in group}
            wait = max(1, int(seconds * 1000)) if together and seconds > 0 else None
            by_key = {_feed(workspace): workspace for workspace in group}
            for key, raw in self._client.xread(ids, block=wait) or ():
                workspace = by_key[key.decode()]
                found[workspace] = self._take(workspace, _entries(raw))
        if not found and not together and seconds > 0:
            self._sleep(min(PAUSE, seconds))
        return found

    def _take(self, workspace: str, entries: tuple[Entry, ...]) -> News:
        place = self._places[workspace]
        gap = entries[0].number > place.number + 1
        begins = entries[0].number - 1 if gap else None
        place.number = entries[-1].number
        place.last.extend(entries)
        return News(entries, begins)


def _feed(workspace: str) -> str:
    return f"{prefix(workspace)}feed"


def _entries(raw: Any) -> tuple[Entry, ...]:
    return tuple(
        Entry(int(number.partition(b"-")[0]), *(fields.get(name, b"").decode() for name in (b"c", b"w", b"b")))
        for number, fields in raw
    )

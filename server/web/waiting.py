"""The waiting room: panes that wait for a change of what they show, in memory, without a thread each.

Two threads serve them all. One reads the workspaces' feeds (store/feed.py) and answers those whose conversation changed; the
other answers those who have waited long enough, and lets those who show the queue in one after another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from heapq import heappop, heappush
from itertools import count as counter
from typing import Final, NamedTuple, Protocol

import structlog

from server.domain.errors import RecordsUnavailable
from server.store.feed import Entry, News
from server.web.later import Reply
from server.web.live import Live

WAIT_SECONDS: Final = 45.0
SPREAD_SECONDS: Final = 8.0
"""A pane waits so long and up to this much longer: together less than the 60 s after which many a proxy gives up."""
QUEUE_SECONDS: Final = 1.0
"""What a queue that changed waits at least, so that several changes are one."""
OWN_SECONDS: Final = 1.0
"""How much later an agent's own change is told to their panes: by then the one they clicked in shows it."""
PER_SECOND: Final = 100
"""Panes that are sent to look again for another reason than a change of their own conversation."""
BLOCK_SECONDS: Final = 0.5
"""How long the store is asked to wait for news: a workspace that nobody waited in before is read from after as long."""
INTEREST_SECONDS: Final = 120.0
"""How long a workspace is read after the last pane has asked: they come back."""
REMEMBERED: Final = 50_000
"""Conversations of a workspace whose newest change is known."""
PANES_EACH: Final = 16
"""Panes of one agent that wait at a time. A pane that was closed looks like one that waits, until its time is over."""
CROWDED_SECONDS: Final = 15.0
"""How much later the longest waiting of too many is to ask again: it would end another one's wait by that."""
PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds between two questions to a store that does not answer."""
TICK: Final = 0.2
"""Seconds between two looks at whose turn it is: those who are late by that are answered together."""

CHANGED: Final = b'{"changed":true}'
UNCHANGED: Final = b'{"changed":false}'
HEADERS: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))

log = structlog.get_logger()


def later(seconds: float) -> bytes:
    """Return the answer to a pane that is to ask again after so many seconds."""
    return b'{"changed":false,"wait":%.1f}' % seconds


class Feeds(Protocol):
    """What the room reads (store.feed.Feeds)."""

    def read(self, workspaces: Collection[str], seconds: float) -> Mapping[str, News]:
        """Return what is new there, or wait for it. Raises RecordsUnavailable."""

    def newest(self, workspace: str) -> int:
        """Return the number of the newest change. Raises RecordsUnavailable."""


class _Seen(NamedTuple):
    """The newest numbers of a conversation: of a change, of somebody's coming or going, and of anybody else's before that."""

    change: int
    presence: int
    by: str
    others: int


class Memory:
    """What a copy knows of one workspace: for each conversation the number of its newest change."""

    def __init__(self, begins: int, most: int = REMEMBERED) -> None:
        """Nothing is known of what came up to the number `begins`; `most` conversations are remembered."""
        self._most = most
        self.newest = begins
        self._queue = begins
        self._floor = begins
        self._conversations: dict[str, _Seen] = {}  # the one that changed longest ago comes first

    def note(self, entry: Entry) -> None:
        """Take in one entry; they come in order."""
        self.newest = number = entry.number
        seen = self._conversations.pop(entry.conversation, None) or _Seen(self._floor, self._floor, "", self._floor)
        if entry.what == "presence":
            others = seen.others if entry.by == seen.by else seen.presence
            seen = _Seen(seen.change, number, entry.by, others)
        else:
            seen = seen._replace(change=number)
            self._queue = number
        self._conversations[entry.conversation] = seen
        if len(self._conversations) > self._most:
            oldest = self._conversations.pop(next(iter(self._conversations)))
            self._floor = max(oldest.change, oldest.presence)

    def has_changed(self, live: Live) -> bool:
        """Whether somebody who saw this would see something else now; what is not known counts as changed."""
        if not live.conversation:
            return self._queue > live.number
        seen = self._conversations.get(live.conversation)
        if seen is None:
            return self._floor > live.number
        # Who comes or goes does not show on their own pane.
        presence = seen.others if seen.by == live.viewer else seen.presence
        return max(seen.change, presence) > live.number


class _Waiter:
    """A pane that waits."""

    __slots__ = ("called", "gone", "live", "pane", "reply")

    def __init__(self, live: Live, pane: str, reply: Reply) -> None:
        self.live = live
        self.pane = pane
        self.reply = reply
        self.called = False  # it has its turn in the line of those who are sent to look again
        self.gone = False


def in_thread(work: Callable[[], None]) -> Callable[[], None]:
    """Do the work beside everything else; what waits for its end."""
    thread = threading.Thread(target=work, name=work.__name__, daemon=True)
    thread.start()
    return thread.join


class Room:
    """Where panes wait. `clock` is monotonic seconds, `chance` a number from 0 to 1; `begin` does work beside the requests."""

    def __init__(
        self,
        places: int,
        feeds: Feeds,
        clock: Callable[[], float],
        chance: Callable[[], float],
        count: Callable[[str], None],
        begin: Callable[[Callable[[], None]], Callable[[], None]] = in_thread,
    ) -> None:
        self.places = places
        self._feeds = feeds
        self._clock = clock
        self._chance = chance
        self._count = count
        self._begin = begin
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._memories: dict[str, Memory] = {}
        self._asked: dict[str, float] = {}  # workspace -> when somebody last asked
        self._read_at = float("-inf")
        self._by_conversation: dict[str, dict[str, dict[_Waiter, None]]] = {}
        self._by_viewer: dict[tuple[str, str], dict[str, _Waiter]] = {}
        self._waiting = 0
        self._turns: list[tuple[float, int, _Waiter]] = []
        self._order = counter()
        self._next_turn = 0.0
        self._somebody = threading.Event()
        self._closed = threading.Event()
        self._ends: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return self._waiting

    def ask(self, live: Live, pane: str, hold: Callable[[], Reply] | None) -> bytes | None:
        """Return what to tell the pane now: that it changed, or to ask again (None: it waits, and is told later).

        `hold` takes the request's answer upon us; None when this server cannot let anybody wait.
        """
        if hold is None or not self.places:
            self._catch_up(live.workspace)
        if self._is_ahead(live):
            return CHANGED
        ended: list[_Waiter] = []
        try:
            with self._lock:
                ended += self._leave_earlier(live, pane)
                self._asked[live.workspace] = self._clock()
                is_full = self._waiting >= self.places or self._closed.is_set()
                memory = self._memories.get(live.workspace)  # None: judged as soon as the feed has been read
                changed = memory is not None and memory.has_changed(live)
                if changed and (live.conversation or is_full or hold is None):
                    return CHANGED
                if is_full or hold is None:
                    self._count("panes.not_held")
                    return b""
                waiter = _Waiter(live, pane, hold())
                self._come(waiter)
                if changed:  # a queue: it waits for its turn as the others do
                    self._call(waiter, self._clock())
            self._open()
            return None
        finally:
            for one in ended:
                self._tell([one], UNCHANGED if one.pane == pane else later(CROWDED_SECONDS))

    def close(self) -> None:
        """Let everybody go: they ask another copy, or this one when it is back."""
        self._closed.set()
        self._somebody.set()
        with self._lock:
            everybody = [one for panes in self._by_viewer.values() for one in panes.values()]
            for one in everybody:
                self._leave(one)
        for one in everybody:
            self._tell([one], later(1 + 3 * self._chance()))
        for end in self._ends:
            end()

    def _is_ahead(self, live: Live) -> bool:
        """Whether the pane has seen a change that never was: the store was put back to an earlier state."""
        memory = self._memories.get(live.workspace)
        if memory is None or live.number <= memory.newest:
            return False  # without memory nothing is known; and mostly our reader is as far as anybody
        return live.number > self._feeds.newest(live.workspace)

    def _open(self) -> None:
        """Begin to read and to answer, with the first who waits: an application that nobody asks starts no threads."""
        self._somebody.set()
        if self._ends:
            return
        with self._lock:
            if not self._ends and not self._closed.is_set():
                self._ends = [self._begin(self._follow), self._begin(self._take_turns)]

    # What happens

    def _follow(self) -> None:
        """Read the feeds of all workspaces in which somebody is interested, for ever."""
        failures = 0
        while not self._closed.is_set():
            workspaces = self._interesting()
            if not workspaces:
                self._somebody.clear()
            try:
                with self._reading:  # of nothing, too: the feeds forget where they were when we forget what they said
                    self.take(self._feeds.read(workspaces, BLOCK_SECONDS))
                failures = 0
            except RecordsUnavailable as error:
                if not failures:
                    log.warning("records_unavailable", reason=str(error))
                self._count("feeds.unavailable")
                self._closed.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
            except Exception:
                # The panes' own time limit still holds; a room that stopped reading would keep them in the dark.
                log.exception("fault")
                self._count("problems.fault")
                self._closed.wait(PAUSES[-1])
            if not workspaces and not self._waiting:  # nobody came since the bell was taken down
                self._somebody.wait(INTEREST_SECONDS)

    def _catch_up(self, workspace: str) -> None:
        """Read now what is new, where no thread does it: nobody can wait here."""
        with self._lock:
            self._asked[workspace] = self._clock()
        if self._ends:
            return
        with self._reading:
            now = self._clock()
            if workspace in self._memories and now - self._read_at < QUEUE_SECONDS:
                return
            self.take(self._feeds.read(self._interesting(), 0))
            self._read_at = now

    def _interesting(self) -> tuple[str, ...]:
        with self._lock:
            now = self._clock()
            for workspace in [one for one, at in self._asked.items() if now - at > INTEREST_SECONDS]:
                if not self._by_conversation.get(workspace):
                    del self._asked[workspace]
                    self._memories.pop(workspace, None)
            return tuple(self._asked)

    def take(self, news: Mapping[str, News]) -> None:
        """Take in what happened, and answer whom it concerns."""
        told: list[_Waiter] = []
        with self._lock:
            for workspace, new in news.items():
                told += self._take_one(workspace, new)
        self._tell(told, CHANGED)

    def _tell(self, those: Iterable[_Waiter], answer: bytes) -> None:
        for one in those:
            try:
                one.reply(200, HEADERS, answer)
            except Exception:  # of one who cannot be told; the others are
                log.exception("fault")
                self._count("problems.fault")

    def _take_one(self, workspace: str, new: News) -> list[_Waiter]:
        here = self._by_conversation.get(workspace, {})
        memory = self._memories.get(workspace)
        if new.begins is not None or memory is None:
            memory = Memory(new.begins or 0)
            self._memories[workspace] = memory
        for entry in new.entries:
            memory.note(entry)
        now = self._clock()
        if new.begins is not None:
            if new.rewound:
                self._count("feeds.rewound")
            for one in [one for there in here.values() for one in there]:
                if new.rewound or memory.has_changed(one.live):
                    self._call(one, now)
            return []
        for one in here.get("", ()):
            if memory.has_changed(one.live):
                self._call(one, now)
        told = []
        by: dict[str, set[str]] = {}
        for entry in new.entries:
            by.setdefault(entry.conversation, set()).add(entry.by)
        for conversation, who in by.items():
            for one in list(here.get(conversation, ())):
                if not memory.has_changed(one.live):
                    continue
                if who == {one.live.viewer}:
                    # Mostly of this very pane: the answer it gets for its click has all there is to see.
                    one.called = True
                    self._turn(now + OWN_SECONDS, one)
                else:
                    self._leave(one)
                    told.append(one)
        return told

    # Who waits: all of this under the lock

    def _come(self, waiter: _Waiter) -> None:
        live = waiter.live
        self._by_conversation.setdefault(live.workspace, {}).setdefault(live.conversation, {})[waiter] = None
        self._by_viewer.setdefault((live.workspace, live.viewer), {})[waiter.pane] = waiter
        self._waiting += 1
        self._turn(self._clock() + WAIT_SECONDS + SPREAD_SECONDS * self._chance(), waiter)

    def _leave(self, waiter: _Waiter) -> None:
        waiter.gone = True
        live, who = waiter.live, (waiter.live.workspace, waiter.live.viewer)
        there = self._by_conversation[live.workspace]
        del there[live.conversation][waiter]
        if not there[live.conversation]:
            del there[live.conversation]
            if not there:
                del self._by_conversation[live.workspace]
        del self._by_viewer[who][waiter.pane]
        if not self._by_viewer[who]:
            del self._by_viewer[who]
        self._waiting -= 1

    def _leave_earlier(self, live: Live, pane: str) -> list[_Waiter]:
        """End the pane's earlier wait, and the longest of an agent who has too many: a client that has gone looks like one that waits."""
        panes = self._by_viewer.get((live.workspace, live.viewer))
        if not panes:
            return []
        ended = [panes[pane]] if pane in panes else []
        if not ended and len(panes) >= PANES_EACH:
            ended = [next(iter(panes.values()))]
        for one in ended:
            self._leave(one)
        return ended

    def _call(self, waiter: _Waiter, now: float) -> None:
        """Put the pane at the end of the line of those who are sent to look again."""
        if not waiter.called:
            waiter.called = True
            first = now if waiter.live.conversation else now + QUEUE_SECONDS * (1 + self._chance() / 2)
            self._next_turn = max(first, self._next_turn + 1 / PER_SECOND)
            self._turn(self._next_turn, waiter)

    def _turn(self, at: float, waiter: _Waiter) -> None:
        heappush(self._turns, (at, next(self._order), waiter))

    def _take_turns(self) -> None:
        """Answer those whose time has come, for ever."""
        while not self._closed.is_set():
            if not self._turns:
                self._somebody.wait(BLOCK_SECONDS)
            pause = self.answer_due()
            self._closed.wait(min(BLOCK_SECONDS, max(TICK, pause)))

    def answer_due(self) -> float:
        """Answer those whose turn it is; the seconds until the next one's."""
        told: list[_Waiter] = []
        with self._lock:
            now = self._clock()
            while self._turns and self._turns[0][0] <= now:
                one = heappop(self._turns)[2]
                if not one.gone:
                    self._leave(one)
                    told.append(one)
            pause = self._turns[0][0] - now if self._turns else BLOCK_SECONDS
        self._tell((one for one in told if one.called), CHANGED)
        self._tell((one for one in told if not one.called), UNCHANGED)
        return pause

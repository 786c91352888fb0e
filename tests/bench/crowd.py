"""Many panes that wait for changes: a process of its own, so that what it costs to be so many falls on nobody who is measured."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final
from urllib.parse import quote

import redis

from server.store.keys import sequence
from server.web.live import Lives
from tests.bench.clients import SECONDS

TURNOVER_SECONDS: Final = 50
"""Each pane asks anew so often, as it does when it has waited in vain."""
STEP: Final = 0.025


@dataclass(frozen=True, slots=True)
class Pane:
    """What a pane shows ("": the queue), to whom."""

    viewer: str
    bearer: str
    conversation: str


@dataclass(frozen=True, slots=True)
class Told:
    """When a pane heard of a change."""

    pane: int
    conversation: str
    at: float


@dataclass(frozen=True, slots=True)
class Where:
    """The service and its store."""

    port: int
    redis_url: str
    keys: tuple[str, ...]
    workspace: str


class Crowd:
    """The panes, as the benchmark has them in its hand."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def heard(self) -> Sequence[Told]:
        """Return what they heard since the last time."""
        self._pipe.send("heard")
        if not self._pipe.poll(SECONDS):
            raise RuntimeError("the panes do not answer")
        told: Sequence[Told] = self._pipe.recv()
        return told


@contextmanager
def crowd(where: Where, panes: Sequence[Pane]) -> Iterator[Crowd]:
    """Give panes that all wait."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_be, args=(theirs, where, panes), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(60) or ours.recv() != "ready":
            raise RuntimeError("the panes do not wait")
        yield Crowd(ours)
    finally:
        with suppress(OSError):
            ours.send("end")
        process.join(10)
        process.kill()
        ours.close()


def _be(pipe: Connection, where: Where, panes: Sequence[Pane]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with suppress(EOFError, KeyboardInterrupt):
        asyncio.run(_Panes(where, panes).live(pipe))


class _Panes:
    def __init__(self, where: Where, panes: Sequence[Pane]) -> None:
        self._where = where
        self._panes = panes
        self._lives = Lives(where.keys, time.time)
        self._store = redis.Redis.from_url(where.redis_url)
        self._told: list[Told] = []
        self._waits: dict[int, asyncio.Task[None]] = {}
        self._seen: dict[int, int] = {}  # by pane: what it showed when it last looked

    async def live(self, pipe: Connection) -> None:
        """Wait, all of them, and do as the benchmark says."""
        self._seen = dict.fromkeys(range(len(self._panes)), self._newest())
        for pane in range(len(self._panes)):
            self._wait(pane)
            if pane % 20 == 0:
                await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        pipe.send("ready")
        turn, due = 0, time.monotonic()
        while True:
            if pipe.poll():
                if pipe.recv() == "end":
                    break
                pipe.send(self._told)
                self._told = []
            while due < time.monotonic():
                self._wait(turn % len(self._panes))
                turn, due = turn + 1, due + TURNOVER_SECONDS / len(self._panes)
            await asyncio.sleep(STEP)
        for task in self._waits.values():
            task.cancel()

    def _newest(self) -> int:
        return int(self._store.hget(sequence(self._where.workspace), "feed") or 0)

    def _wait(self, number: int) -> None:
        earlier = self._waits.get(number)
        self._waits[number] = asyncio.create_task(self._ask(number))
        # The service ends the earlier request when it sees the new one; this one only hangs up in case it does not.
        if earlier and not earlier.done():
            asyncio.get_running_loop().call_later(2, earlier.cancel)

    async def _ask(self, number: int) -> None:
        pane = self._panes[number]
        while True:
            token = self._lives.token(self._where.workspace, pane.viewer, pane.conversation, self._seen[number])
            try:
                body = await self._get(f"/outlook/changes?live={quote(token)}&pane={number}", pane.bearer)
            except (OSError, EOFError):
                return  # the service has gone; a pane that misses a change because of this is counted
            if body != b'{"changed":true}':
                return  # this pane asks again at its time
            self._told.append(Told(number, pane.conversation, time.monotonic()))
            if self._waits[number] is not asyncio.current_task():
                return  # its newer request waits, and hears of the same
            self._seen[number] = self._newest()  # it looks again

    async def _get(self, path: str, bearer: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._where.port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {bearer}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            return await reader.readexactly(length)
        finally:
            writer.close()

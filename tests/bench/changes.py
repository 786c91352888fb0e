"""What it costs that panes wait for changes, how soon they hear of one, and whether those who open mails notice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from server.domain.workspace import Viewer
from server.web.sealing import Sealer
from server.wiring import Store
from tests.bench.clients import Client, Outlook
from tests.bench.crowd import Crowd, Pane, Where, crowd
from tests.bench.figures import Figure, high, middle
from tests.bench.processes import family, megabytes
from tests.bench.world import KEYS, Copy, World, settle

PANES_AN_AGENT: Final = 10
PANES_A_MAIL: Final = 11
LATEST: Final = 3.0  # s
AT_THE_QUEUE: Final = 10  # every tenth pane


def measure(world: World, *, panes: int, seconds: float, opens: int, changes: int) -> Iterator[Figure]:
    """Give what waiting panes cost, what an open beside them takes, how late a change reaches them, and how they are let go."""
    with world.valkey() as valkey, ExitStack() as ending:
        store, workspace = settle(valkey.url)
        alone = ending.enter_context(world.copy(valkey.url))
        copy = ending.enter_context(world.copy(valkey.url))
        colleague = [
            Outlook(world, 0, world.letter(f"c{number}@k{number}.example", f"件名 {number}"), copy.port)
            for number in range(max(2, panes // PANES_A_MAIL))
        ]
        conversations = [_conversation(one) for one in colleague]
        waiting = _panes(world, store, conversations, panes)
        empty = _largest(copy)
        where = Where(copy.port, valkey.url, (KEYS,), workspace.id)
        everybody = ending.enter_context(crowd(where, waiting))
        yield from _idle(copy, empty, seconds)
        letter = world.letter("hanako@sakura.example", "先日の見積書の件")
        yield from _opens([Outlook(world, 1, letter, one.port) for one in (copy, alone)], opens)
        yield from _delays(list(zip(colleague, conversations, strict=True)), everybody, waiting, changes)
        begun = time.monotonic()
        copy.stop()
        yield Figure("changes.stop_seconds", time.monotonic() - begun, "s")


def _idle(copy: Copy, empty: float, seconds: float) -> Iterator[Figure]:
    before, begun = copy.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    spent = copy.cpu_seconds() - before
    yield Figure("changes.idle_cpu_percent", 100 * spent / (time.monotonic() - begun), "% of a core")
    yield Figure("changes.idle_mb", _largest(copy), "MB, the process")
    yield Figure("changes.added_mb", _largest(copy) - empty, "MB by the panes")


def _opens(sides: Sequence[Client], opens: int) -> Iterator[Figure]:
    took: list[list[float]] = [[] for _ in sides]
    for number in range(opens + 20):
        # One after the other, so that whatever else the machine does falls on both.
        for side, times in zip(sides, took, strict=True):
            begun = time.perf_counter()
            side.open()
            if number >= 20:
                times.append((time.perf_counter() - begun) * 1000)
    beside, alone = took
    yield Figure("changes.open_p99_ratio", high(beside) / high(alone), "times, p99")
    yield Figure("changes.open_p50_ratio", middle(beside) / middle(alone), "times, median")


def _delays(
    mails: Sequence[tuple[Client, str]], everybody: Crowd, waiting: Sequence[Pane], changes: int
) -> Iterator[Figure]:
    delays: list[float] = []
    missed = 0
    everybody.heard()
    for number in range(changes):
        one, shown = mails[number % len(mails)]
        card = one.open()
        begun = time.monotonic()
        one.press(card.button("note"), {"note": f"覚え {number}"})
        expected = sum(pane.conversation == shown for pane in waiting)
        told: dict[int, float] = {}
        while len(told) < expected and time.monotonic() < begun + LATEST:
            time.sleep(0.05)
            for heard in everybody.heard():
                if heard.conversation == shown:
                    told.setdefault(heard.pane, (heard.at - begun) * 1000)
        missed += expected - len(told)
        delays += told.values()
        one.close()
    yield Figure("changes.delay_ms", middle(delays), "ms, median")
    yield Figure("changes.delay.p99_ms", high(delays), "ms")
    yield Figure("changes.delay.missed", missed, "panes")


def _conversation(colleague: Outlook) -> str:
    """Open the mail; the conversation that its card's buttons are about."""
    card = colleague.open()
    colleague.close()
    return Sealer([KEYS], time.time).open(card.button("take")).target.conversation


def _panes(world: World, store: Store, conversations: Sequence[str], count: int) -> Sequence[Pane]:
    """Return panes of many agents: each mail is open in several, some show the queue."""
    panes = []
    agents: list[tuple[str, str]] = []
    for number in range(count):
        if number % PANES_AN_AGENT == 0:
            agent = world.agent(2 + len(agents))
            viewer = store.directory.viewer(agent.entra_identity)
            if not isinstance(viewer, Viewer):
                raise RuntimeError("a stranger")
            agents.append((viewer.id, agent.entra_token))
        shown = conversations[number % len(conversations)] if number % AT_THE_QUEUE else ""
        panes.append(Pane(*agents[-1], shown))
    return panes


def _largest(copy: Copy) -> float:
    """Return the memory of the process that answers: granian's first one only looks after it."""
    return max(megabytes(pid) for pid in family(copy.pid))

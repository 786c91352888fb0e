"""kill -9 of the service and of its store, again and again, while agents work: is all there that was acknowledged, and only once?"""

from __future__ import annotations

import http.client
import itertools
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import redis

from server.store.embedded import attach_or_start
from tests.bench.clients import Answer, Client, client
from tests.bench.figures import Figure
from tests.bench.processes import command, family, kill
from tests.bench.world import ROOT, World, free_port, settle, wait_for_answer

AGENTS: Final = 8
WITHIN: Final = 120.0
"""Seconds in which an unacknowledged click must go through, restarts and all."""
_unpack = msgspec.msgpack.Decoder().decode


@dataclass
class Work:
    """What one agent was told to be done: claims and releases counted, each note by its own words."""

    client: Client
    subject: str
    notes: list[str] = field(default_factory=list)
    taken: int = 0
    released: int = 0
    retried: int = 0

    @property
    def acknowledged(self) -> int:
        return len(self.notes) + self.taken + self.released


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has of one conversation."""

    notes: Counter[str]
    happened: Counter[str]


class Service:
    """`sobani run` with its embedded Valkey, which can be killed in parts or whole."""

    def __init__(self, world: World, data: Path) -> None:
        self.port = free_port()
        self._data = data
        self._world = world
        self._start()

    def _start(self) -> None:
        log = self._world.log()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", "run"],
                cwd=ROOT,
                env=self._world.environment(PORT=str(self.port), SOBANI_DATA=str(self._data)),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for_answer(self.port, self._process, log)

    def kill_store(self) -> None:
        """Kill Valkey; its keeper starts it again."""
        kill(self._pids("valkey.pid"))

    def kill_web(self) -> None:
        """Kill granian with its workers; `sobani run` starts them again."""
        kill(pid for pid in family(self._process.pid) if " _web " in command(pid))

    def kill_everything(self) -> None:
        """Kill `sobani run`, all its parts, Valkey and its keeper, as a machine that fails; then start anew."""
        kill((*family(self._process.pid), *self._pids("server.lock"), *self._pids("valkey.pid")))
        self._process.wait()
        self._start()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _pids(self, file: str) -> list[int]:
        try:
            return [int((self._data / "store" / file).read_text())]
        except (OSError, ValueError):
            return []  # it starts just now


def measure(world: World, *, acknowledged: int, kills: int) -> Iterator[Figure]:
    """Give what of the acknowledged changes is missing afterwards, and what is there twice."""
    data = world.folder / "crash"
    with attach_or_start(data) as valkey:
        settle(valkey.url)
    service = Service(world, data)
    try:
        works = [_work(world, number, service.port) for number in range(AGENTS)]
        begun = time.perf_counter()
        _run(service, works, acknowledged, kills)
        seconds = time.perf_counter() - begun
    finally:
        service.stop()
    with attach_or_start(data) as valkey:
        kept = _kept(valkey.url)
    balances = [_balance(work, kept[work.subject]) for work in works]
    total = sum(work.acknowledged for work in works)
    yield Figure("crash.lost", sum(lost for lost, _ in balances), "changes")
    yield Figure("crash.duplicated", sum(more for _, more in balances), "changes")
    yield Figure("crash.acknowledged", total, "changes")
    yield Figure("crash.kills", kills, "times kill -9")
    yield Figure("crash.retried", sum(work.retried for work in works), "clicks sent again")
    yield Figure("crash.per_second", total / seconds, "changes/s")


def _work(world: World, number: int, port: int) -> Work:
    subject = f"件名 {number}"
    return Work(client(world, number, world.letter(f"c{number}@k{number}.example", subject), port), subject)


def _run(service: Service, works: Sequence[Work], acknowledged: int, kills: int) -> None:
    """Let the agents work until enough is acknowledged, killing at moments spread over all of it."""
    over = threading.Event()
    chance = random.Random()
    moments = sorted(chance.sample(range(acknowledged // 50, acknowledged), kills))
    # The store every other time; the service in turn a part of it, and everything.
    blows = itertools.cycle((service.kill_store, service.kill_web, service.kill_store, service.kill_everything))

    def done() -> int:
        return sum(work.acknowledged for work in works)

    with ThreadPoolExecutor(len(works)) as agents:
        try:
            working = [agents.submit(_labour, work, over, random.Random(chance.random())) for work in works]
            for moment, blow in zip((*moments, acknowledged), blows, strict=False):
                while done() < moment:
                    if any(one.done() for one in working):
                        break  # an agent has failed: its error is raised below
                    time.sleep(0.002)
                if moment < acknowledged:
                    blow()
        finally:
            over.set()
        for one in working:
            one.result()


def _labour(work: Work, over: threading.Event, chance: random.Random) -> None:
    """Take the conversation, write notes, release it, again and again; every click until it is acknowledged."""
    card = _insist(work, work.client.open, lambda answer: any(name == "take" for name, _, _ in answer.buttons))

    def press(name: str, form: Mapping[str, str]) -> Answer:
        click = partial(work.client.press, card.button(name), form)
        answer = _insist(work, click, _is_acknowledged)
        if chance.random() < 0.1:  # hosts replay clicks that were answered, too
            answer = _insist(work, click, _is_acknowledged)
        return answer

    while not over.is_set():
        card = press("take", {})
        work.taken += 1
        for _ in range(3):
            words = f"{work.subject} {len(work.notes)}"
            card = press("note", {"note": words})
            work.notes.append(words)
        card = press("release", {})
        work.released += 1


def _insist(work: Work, click: Callable[[], Answer], is_good: Callable[[Answer], bool]) -> Answer:
    """Send the same request until it is answered as it should be. Raises RuntimeError for a refusal, or after too long."""
    deadline = time.monotonic() + WITHIN
    said = ""
    while time.monotonic() < deadline:
        try:
            answer = click()
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = type(error).__name__
            work.client.close()
        else:
            if is_good(answer):
                return answer
            said = f"{answer.status} {answer.toast} {answer.body.decode()[:500]}"
            if answer.toast and answer.buttons:  # with a fresh card: decided, not an outage
                raise RuntimeError(f"{work.subject}: refused: {said}")
        work.retried += 1
        time.sleep(0.1)  # leaves the machine to the restart
    raise RuntimeError(f"{work.subject}: not acknowledged in {WITHIN:.0f} s: {said}")


def _is_acknowledged(answer: Answer) -> bool:
    return answer.status == 200 and answer.changed


def _kept(url: str) -> dict[str, Kept]:
    """Read from the store itself what it has of each conversation, by subject."""
    found = {}
    with redis.Redis.from_url(url) as client:
        for key in client.keys("*:c:*"):
            conversation = _unpack(client.get(key))
            place = key.decode().rpartition("c:")[0]
            notes = [_unpack(raw)["text"] for raw in client.lrange(f"{place}n:{conversation['id']}", 0, -1)]
            happened = [_unpack(raw)["kind"] for raw in client.lrange(f"{place}t:{conversation['id']}", 0, -1)]
            found[conversation["subject"]] = Kept(Counter(notes), Counter(happened))
    return found


def _balance(work: Work, kept: Kept) -> tuple[int, int]:
    """Return how many of the agent's changes are missing, and how many are there too often."""
    wanted = Counter({f"note {words}": 1 for words in work.notes})
    wanted |= Counter({"claimed": work.taken, "released": work.released, "noted": len(work.notes)})
    there = Counter({f"note {words}": count for words, count in kept.notes.items()})
    there |= Counter({kind: count for kind, count in kept.happened.items() if kind in {"claimed", "released", "noted"}})
    return (wanted - there).total(), (there - wanted).total()

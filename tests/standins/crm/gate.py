"""An exact gate in memory: what the store does in Redis for all copies of the service, here for one test."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permit:
    wait: float = 0.0
    broken: int = 0


class MemoryGate:
    """A Gate. `clock`: seconds. Breaks after `failures` in a row for `shut` seconds; then one caller finds out for all."""

    def __init__(self, clock: Callable[[], float], *, failures: int = 5, shut: float = 30.0) -> None:
        self._clock = clock
        self._most = failures
        self._shut = shut
        self._lock = threading.Lock()
        self._calls: dict[int, deque[tuple[float, int]]] = {}
        self._failures = 0
        self._until = 0.0
        self._probing = False
        self.entered = 0
        self.results: list[tuple[bool, float]] = []

    def enter(self, quotas: Sequence[tuple[int, float]], cost: int) -> Permit:
        with self._lock:
            now = self._clock()
            if now < self._until:
                return Permit(broken=int(self._until * 1000))
            half_open = self._failures >= self._most
            if half_open and self._probing:
                return Permit(broken=int((now + 1) * 1000))
            wait = max((self._wait(number, *quota, cost, now) for number, quota in enumerate(quotas)), default=0.0)
            if wait > 0:
                return Permit(wait=wait)
            for number in range(len(quotas)):
                self._calls[number].append((now, cost))
            self._probing = half_open
            self.entered += 1
            return Permit()

    def left(self, *, ok: bool, pause: float = 0.0) -> None:
        with self._lock:
            self.results.append((ok, pause))
            self._probing = False
            self._failures = 0 if ok else self._failures + 1
            if pause:
                self._until = max(self._until, self._clock() + pause)
            elif self._failures >= self._most:
                self._until = self._clock() + self._shut

    def _wait(self, number: int, calls: int, seconds: float, cost: int, now: float) -> float:
        made = self._calls.setdefault(number, deque())
        while made and made[0][0] <= now - seconds:
            made.popleft()
        over = sum(each for _, each in made) + cost - calls
        for at, each in made:
            if over <= 0:
                break
            over -= each
            if over <= 0:
                return at + seconds - now
        return 0.0

"""What a call costs, as a ratio within one run: no machine is too slow for that. How many seconds it takes, `make bench` says.

The processor's time of this thread is measured, so that others on the machine count little. What they disturb all the same
is measured again, and the least counts.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Final

SHORTER: Final = 8
MOST: Final = 24
"""Times as much for eight times the length: what is linear takes 8, what is quadratic 64."""
NOISE: Final = 0.004
"""Seconds below which caches and interrupts are most of what is measured."""
ATTEMPTS: Final = 6


def costs_its_length(
    call: Callable[[int], object], length: int, *, clock: Callable[[], float] = time.thread_time
) -> None:
    """Fail unless the call costs about eight times as much with this length as with an eighth of it."""
    _compare(lambda: call(length), lambda: call(length // SHORTER), MOST, clock)


def costs_no_more_than(
    hostile: Callable[[], object],
    ordinary: Callable[[], object],
    times: float,
    *,
    clock: Callable[[], float] = time.thread_time,
) -> None:
    """Fail when the hostile call costs more than so many times the ordinary one: for what is cut at a length, where a law of growth sees nothing."""
    _compare(hostile, ordinary, times, clock)


def _compare(dear: Callable[[], object], cheap: Callable[[], object], times: float, clock: Callable[[], float]) -> None:
    cheap()  # what is compiled or kept at the first use is no part of it
    most = least = float("inf")
    for _ in range(ATTEMPTS):
        least = min(least, _seconds(cheap, clock))
        most = min(most, _seconds(dear, clock))
        if most <= max(NOISE, times * least):
            return
    raise AssertionError(f"{most * 1e3:.1f} ms are more than {times:g} times {least * 1e3:.1f} ms")


def _seconds(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """Without the garbage collector, whose work depends on what other tests have left."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = clock()
        call()
        return clock() - started
    finally:
        if collecting:
            gc.enable()

"""The laws about costs, with a clock that only the measured call moves."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.costs import ATTEMPTS, NOISE, costs_its_length, costs_no_more_than


class Machine:
    """Time passes by what is worked on it, and at some calls by what others do."""

    def __init__(self, speed: float = 1.0, disturbed: Sequence[float] = ()) -> None:
        self.now = 0.0
        self.calls = 0
        self._speed = speed
        self._disturbed = iter(disturbed)

    def clock(self) -> float:
        return self.now

    def works(self, seconds: float) -> None:
        self.calls += 1
        self.now += seconds / self._speed + next(self._disturbed, 0.0)


SHAPES: dict[str, tuple[Callable[[int], float], bool]] = {
    "nothing": (lambda _: 0.0, True),
    "nothing, until it is long": (lambda length: 0.2 * (length > 50_000), False),
    "always the same": (lambda _: 0.2, True),
    "its length": (lambda length: length * 1e-6, True),
    "its length, by sorting": (lambda length: length * math.log2(length) * 1e-6, True),
    "its square": (lambda length: length**2 * 1e-9, False),
    "its square beside its length": (lambda length: length * 1e-6 + length**2 * 1e-10, False),
    "its cube": (lambda length: length**3 * 1e-14, False),
}


def is_lawful(law: Callable[[], None]) -> bool:
    try:
        law()
    except AssertionError as error:
        assert "times" in str(error)  # noqa: PT017 - refusing is an answer here
        return False
    return True


@pytest.mark.parametrize("speed", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_costs_more_than_its_length_is_told_on_any_machine(shape: str, speed: float) -> None:
    cost, lawful = SHAPES[shape]
    machine = Machine(speed)
    law = partial(costs_its_length, lambda length: machine.works(cost(length)), 100_000, clock=machine.clock)
    assert is_lawful(law) is lawful


def test_what_is_cheap_whatever_its_shape_is_noise() -> None:
    machine = Machine()
    costs_its_length(lambda length: machine.works(NOISE * (length / 1000) ** 2), 1000, clock=machine.clock)


@pytest.mark.parametrize(("seconds", "lawful"), [(0.1, True), (0.3, True), (0.5, False)])
def test_the_hostile_is_held_against_the_ordinary(seconds: float, lawful: bool) -> None:
    machine = Machine()
    law = partial(
        costs_no_more_than, lambda: machine.works(seconds), lambda: machine.works(0.1), 4, clock=machine.clock
    )
    assert is_lawful(law) is lawful


def test_what_is_lawful_at_once_is_measured_once() -> None:
    machine = Machine()
    costs_its_length(lambda length: machine.works(length * 1e-6), 80_000, clock=machine.clock)
    assert machine.calls == 3  # one of them to warm up


def test_a_disturbance_is_measured_again() -> None:
    machine = Machine(disturbed=[0, 0, 9.0, 0, 9.0])
    costs_its_length(lambda length: machine.works(length * 1e-6), 80_000, clock=machine.clock)
    assert machine.calls == 7


def test_after_some_attempts_it_is_no_disturbance() -> None:
    machine = Machine()
    assert not is_lawful(lambda: costs_its_length(lambda n: machine.works(n**2 * 1e-9), 80_000, clock=machine.clock))
    assert machine.calls == 1 + 2 * ATTEMPTS


def test_garbage_is_collected_before_and_after_but_not_meanwhile() -> None:
    seen: list[bool] = []
    costs_no_more_than(lambda: seen.append(gc.isenabled()), lambda: None, 1)
    assert seen == [False]
    assert gc.isenabled()


def test_an_error_of_the_call_is_its_own_and_leaves_the_collector_on() -> None:
    with pytest.raises(ZeroDivisionError):
        costs_its_length(lambda length: 1 // (length % 8), 80)
    assert gc.isenabled()

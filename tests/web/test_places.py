"""Places for requests that need much: only so many, waited for a moment, and not lost with whoever never comes back."""

from __future__ import annotations

import threading

import pytest

from server.domain.errors import Crowded
from server.web.places import Places


def test_one_too_many_is_told_to_come_again() -> None:
    places = Places(most=2, patience=0.01)
    with places.one(), places.one(), pytest.raises(Crowded), places.one():
        pass
    with places.one(), places.one():
        pass


def test_a_place_that_becomes_free_meanwhile_is_taken() -> None:
    places = Places(most=1, patience=10.0)
    entered, done = threading.Event(), threading.Event()

    def hold() -> None:
        with places.one():
            entered.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(10)
    threading.Timer(0.05, done.set).start()
    with places.one():
        assert done.is_set()
    thread.join()


def test_a_failure_gives_the_place_back() -> None:
    places = Places(most=1, patience=0.01)
    with pytest.raises(RuntimeError), places.one():
        raise RuntimeError
    with places.one():
        pass


def test_whoever_never_comes_back_loses_the_place() -> None:
    now = [0.0]
    places = Places(most=1, patience=0.01, lasts=60.0, clock=lambda: now[0])
    with places.one():
        now[0] = 59.0
        with pytest.raises(Crowded), places.one():
            pass
        now[0] = 61.0
        with places.one():
            pass
        with places.one():
            pass

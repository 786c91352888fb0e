from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins.google import Google, Signer, google


@pytest.fixture(scope="module")
def running() -> Iterator[Google]:
    with google([Signer("google-1")]) as standin:
        yield standin


@pytest.fixture
def standin(running: Google) -> Iterator[Google]:
    """Google, answering on the loopback."""
    yield running
    running.forget()

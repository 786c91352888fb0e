from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins.google import Google, Signer, google


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer("google-1")


@pytest.fixture
def standin(signer: Signer) -> Iterator[Google]:
    """Google, answering on the loopback."""
    with google([signer]) as running:
        yield running

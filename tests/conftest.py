"""What every test may ask for; the fixtures speak the words of the domain."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from server.store.embedded import Embedded, attach_or_start

# A shared machine may pause any test for longer than hypothesis' 200 ms; where time matters a test measures it itself.
settings.register_profile("sobani", deadline=None)
settings.load_profile("sobani")


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """Return a real server for the whole run, the one that `make run` uses."""
    data: Path = tmp_path_factory.mktemp("data")
    with attach_or_start(data) as server:
        yield server


@pytest.fixture
def redis_url(valkey: Embedded) -> str:
    """Return the address of an empty Redis."""
    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
    return valkey.url

"""What every test may ask for; the fixtures speak the words of the domain."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from server.store.embedded import Embedded, attach_or_start


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

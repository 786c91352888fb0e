"""A shop per test: an empty store with one workspace."""

from collections.abc import Iterator

import pytest

from tests.store.shop import Shop, shop_at


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    """Return the shop."""
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()

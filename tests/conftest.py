"""What every test may ask for; the fixtures speak the words of the domain."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
import redis
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from xdist.scheduler import LoadFileScheduling

from server.hosts.outlook import pane
from server.store.embedded import Embedded, attach_or_start

if TYPE_CHECKING:
    from xdist.remote import Producer

# A shared machine may pause any test for longer than hypothesis' 200 ms; where time matters a test measures it itself.
settings.register_profile("sobani", deadline=None)
settings.load_profile("sobani")


PLAYGROUND = "tests/e2e/test_playground"
"""The files that begin so share one service: see `_scope`."""


class _ByService(LoadFileScheduling):  # type: ignore[misc]  # xdist comes without types
    """A file goes to one worker as a whole, and all the playground's to the same: to start their service takes half a minute."""

    def _split_scope(self, nodeid: str) -> str:
        return PLAYGROUND if nodeid.startswith(PLAYGROUND) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a quarter of the time a test waits for a browser, a process or a clock."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByService | None:
    """Replace --dist=loadfile."""
    return _ByService(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first where workers share the tests (in that order: --no-loadscope-reorder), so that none is left alone with it."""
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: (
                not item.nodeid.startswith(PLAYGROUND),
                item.get_closest_marker("browser") is None,
                item.get_closest_marker("slow") is None,
            )
        )


class _Compiled(BytecodeCache):
    """What Jinja made of templates, for as long as the tests run."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _an_application_is_cheap() -> Iterator[None]:
    """Hundreds of tests make one. It compiles its templates and packs the task pane's files: nine tenths of its time, and always the same."""
    compiled = _Compiled()
    load, make = pane._load, jinja2.Environment.__init__
    loaded = cache(load)

    def load_once(dist: Path, service_url: str) -> Mapping[str, pane.Asset]:
        return loaded(dist, service_url) if dist == pane.DIST else load(dist, service_url)

    def make_with_cache(self: jinja2.Environment, *args: Any, **options: Any) -> None:
        make(self, *args, **{"bytecode_cache": compiled} | options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pane, "_load", load_once)
        patch.setattr(jinja2.Environment, "__init__", make_with_cache)
        yield


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

"""The feed of a workspace is read from where it was left, nothing twice and nothing left out, whatever happens to the store."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from server.domain.changes import AddNote, Take
from server.domain.errors import RecordsUnavailable
from server.store.connect import connect
from server.store.embedded import attach_or_start, is_running
from server.store.feed import CHECK_SECONDS, Entry, Feeds, News
from server.store.keys import prefix, sequence
from tests.contract.office import mail
from tests.store.shop import Shop


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feeds(client: redis.Redis, clock: Clock) -> Feeds:
    return Feeds(client, clock)


def write(client: Any, *conversations: str, workspace: str = "aoba", what: str = "state", by: str = "sato") -> None:
    """Write entries as scripts/base.lua does."""
    for conversation in conversations:
        number = client.hincrby(sequence(workspace), "feed", 1)
        client.xadd(f"{prefix(workspace)}feed", {"c": conversation, "w": what, "b": by}, id=f"{number}-0")


def numbers(news: News) -> list[int]:
    return [entry.number for entry in news.entries]


def test_what_the_scripts_write_is_what_is_read(shop: Shop) -> None:
    feeds = Feeds(shop.client, time.monotonic)
    view = shop.opens(mail(1))
    feeds.read(["aoba"], 0)
    shop.acts(view, Take(), "suzuki")
    entries = feeds.read(["aoba"], 1)["aoba"].entries
    assert {(entry.conversation, entry.what, entry.by) for entry in entries} >= {
        (view.conversation.id, "state", "suzuki")
    }
    shop.acts(shop.opens(mail(1)), AddNote("覚え", ()))
    assert (view.conversation.id, "note", "sato") in {entry[1:] for entry in feeds.read(["aoba"], 1)["aoba"].entries}
    assert feeds.newest("aoba") == int(shop.client.hget(sequence("aoba"), "feed") or 0)


def test_the_first_look_brings_what_is_still_there_and_later_ones_what_came_since(
    client: redis.Redis, feeds: Feeds
) -> None:
    write(client, "c1", "c2")
    first = feeds.read(["aoba"], 0)["aoba"]
    assert first == News((Entry(1, "c1", "state", "sato"), Entry(2, "c2", "state", "sato")), begins=0)
    assert feeds.read(["aoba"], 0) == {}
    write(client, "c1", what="presence", by="ito")
    assert feeds.read(["aoba"], 0)["aoba"] == News((Entry(3, "c1", "presence", "ito"),))


def test_a_workspace_without_a_feed_begins_at_nothing(feeds: Feeds, client: redis.Redis) -> None:
    assert feeds.read(["aoba"], 0)["aoba"] == News((), begins=0)
    client.hset(sequence("aoba"), "feed", 40)
    assert Feeds(client, Clock()).read(["aoba"], 0)["aoba"] == News((), begins=40)


def test_a_look_waits_for_news_and_ends_with_it(redis_url: str, client: redis.Redis, feeds: Feeds) -> None:
    feeds.read(["aoba", "midori"], 0)

    def later() -> None:
        time.sleep(0.1)
        with redis.Redis.from_url(redis_url) as another:
            write(another, "c7", workspace="midori")

    writer = threading.Thread(target=later)
    writer.start()
    begun = time.monotonic()
    assert numbers(feeds.read(["aoba", "midori"], 30)["midori"]) == [1]
    assert time.monotonic() - begun < 15
    writer.join()
    begun = time.monotonic()
    assert feeds.read(["aoba", "midori"], 0.1) == {}
    assert time.monotonic() - begun >= 0.09


def test_a_workspace_nobody_asks_for_is_forgotten_and_begins_anew(client: redis.Redis, feeds: Feeds) -> None:
    write(client, "c1")
    feeds.read(["aoba"], 0)
    assert feeds.read([], 0) == {}
    assert feeds.read(["aoba"], 0)["aoba"].begins == 0


def test_what_was_cut_off_before_it_was_read_is_a_gap(client: redis.Redis, feeds: Feeds) -> None:
    write(client, "c1")
    feeds.read(["aoba"], 0)
    write(client, *(["c2"] * 9))
    client.xtrim(f"{prefix('aoba')}feed", maxlen=3, approximate=False)
    news = feeds.read(["aoba"], 0)["aoba"]
    assert (numbers(news), news.begins, news.rewound) == ([8, 9, 10], 7, False)


def test_what_was_cut_off_after_it_was_read_is_none(client: redis.Redis, feeds: Feeds, clock: Clock) -> None:
    write(client, *(["c2"] * 9))
    feeds.read(["aoba"], 0)
    client.xtrim(f"{prefix('aoba')}feed", maxlen=3, approximate=False)
    clock.now += CHECK_SECONDS
    assert feeds.read(["aoba"], 0) == {}


@pytest.mark.parametrize("again", [0, 2, 5], ids=["empty", "shorter", "longer"])
def test_an_emptied_store_is_noticed_soon(client: redis.Redis, feeds: Feeds, clock: Clock, again: int) -> None:
    write(client, "c1", "c2", "c3")
    feeds.read(["aoba"], 0)
    client.flushall()
    write(client, *(["c9"] * again))
    clock.now += CHECK_SECONDS
    news = feeds.read(["aoba"], 0)["aoba"]
    assert (numbers(news), news.begins, news.rewound) == (list(range(1, again + 1)), 0, True)
    write(client, "c4")
    assert numbers(feeds.read(["aoba"], 0)["aoba"]) == [again + 1]


def test_after_an_outage_a_store_without_the_last_changes_is_noticed_at_once(client: redis.Redis, feeds: Feeds) -> None:
    """A replica that took over may lack what its primary had just acknowledged, and give the same numbers to other changes."""
    write(client, "c1", "c2", "c3")
    feeds.read(["aoba"], 0)
    client.xdel(f"{prefix('aoba')}feed", "3-0")
    client.delete(f"{prefix('aoba')}feed", sequence("aoba"))
    write(client, "c1", "c2", "c8", "c9")
    feeds._doubt = True  # as every failure leaves it
    news = feeds.read(["aoba"], 0)["aoba"]
    assert news.rewound
    assert [entry.conversation for entry in news.entries] == ["c1", "c2", "c8", "c9"]


@pytest.mark.slow
def test_a_killed_server_is_an_outage_and_then_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as server:
        client = connect(server.url)
        feeds = Feeds(client, time.monotonic)
        write(client, "c1")
        feeds.read(["aoba"], 0)
        pid = server.pid
        assert pid is not None
        keeper = int((tmp_path / "store" / "server.lock").read_text())
        os.kill(keeper, signal.SIGSTOP)  # or the next server may be there before anybody looks
        try:
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(RecordsUnavailable):
                feeds.read(["aoba"], 0.05)
        finally:
            os.kill(keeper, signal.SIGCONT)
        deadline = time.monotonic() + 60
        while (server.pid == pid or not is_running(tmp_path)) and time.monotonic() < deadline:
            time.sleep(0.02)
        write(client, "c2")
        news: dict[str, News] = {}
        while not news and time.monotonic() < deadline:
            try:
                news = dict(feeds.read(["aoba"], 0.2))
            except RecordsUnavailable:
                continue
        assert news == {"aoba": News((Entry(2, "c2", "state", "sato"),))}
        client.close()

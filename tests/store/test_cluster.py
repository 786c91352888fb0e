"""The same scripts on a cluster: every key of a workspace stands in one slot, and nothing else is touched."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import redis

from server.domain.changes import AddNote, Take
from server.domain.conversation import View
from server.domain.errors import RecordsUnavailable
from server.domain.events import Identity
from server.store.embedded import _binary
from server.store.feed import Feeds
from server.store.sessions import SESSIONS_EACH, RedisSessions
from server.wiring import open_store
from tests.contract.office import mail
from tests.store.shop import Shop, shop_at

pytestmark = pytest.mark.slow

SLOTS = 16_384


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run one node that has all slots; its address, and its process."""
    with socket.socket() as free, socket.socket() as bus:
        for one in (free, bus):
            one.bind(("127.0.0.1", 0))
        port, bus_port = free.getsockname()[1], bus.getsockname()[1]
    settings = {
        "port": port,
        "cluster-port": bus_port,
        "cluster-enabled": "yes",
        "dir": tmp_path,
        "bind": "127.0.0.1",
        "save": "",
    }
    words = [str(word) for name, value in settings.items() for word in (f"--{name}", value)]
    with subprocess.Popen([_binary(), *words], stdout=subprocess.DEVNULL) as server:
        node: Any = redis.Redis(port=port)  # redis-py has no types for commands by name
        for _ in range(1500):
            try:
                node.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
        node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)
        while b"cluster_state:ok" not in node.execute_command("CLUSTER", "INFO"):
            time.sleep(0.02)
        node.close()
        yield f"redis+cluster://127.0.0.1:{port}", server
        server.terminate()


def test_a_workspace_works_on_a_cluster(cluster: tuple[str, subprocess.Popen[bytes]]) -> None:
    shop: Shop = shop_at(cluster[0])
    view = shop.opens(mail(1))
    assert shop.acts(view, Take()).code == "ok"
    noted = shop.acts(shop.opens(mail(1)), AddNote("覚え @鈴木", ("suzuki",)))
    assert noted.view.note_count == 1
    joined = shop.opens(mail(3, references=[1, 2]), "suzuki")
    assert isinstance(joined, View)
    assert shop.conversations.queue(shop.viewer()).counts["mine"] == 1
    assert shop.conversations.sweep(shop.workspace) == 0
    assert shop.conversations.forget(shop.workspace, "tanaka@midori.example").conversations == 1
    shop.store.library.client.close()


def test_the_feeds_of_workspaces_in_several_slots_are_read(cluster: tuple[str, subprocess.Popen[bytes]]) -> None:
    shop = shop_at(cluster[0])
    feeds = Feeds(shop.store.library.client, time.monotonic)
    view = shop.opens(mail(1))
    assert feeds.read(["aoba"], 0)["aoba"].begins == 0
    shop.acts(view, Take())
    assert feeds.read(["aoba"], 1)["aoba"].entries[-1].conversation == view.conversation.id
    assert feeds.read(["aoba", "midori"], 0)["midori"].begins == 0
    shop.acts(shop.opens(mail(1)), AddNote("覚え", ()))
    assert [entry.what for entry in feeds.read(["aoba", "midori"], 1)["aoba"].entries] == ["note"]
    assert feeds.read(["aoba", "midori"], 0.1) == {}
    shop.store.library.client.close()


def test_sessions_of_the_queue_s_page_live_on_a_cluster(cluster: tuple[str, subprocess.Popen[bytes]]) -> None:
    shop = shop_at(cluster[0])
    sessions = RedisSessions(shop.store.library, "page", partial(token_hex, 16), time.time)
    account = Identity("google", "aoba.example", "g-sato", "sato@aoba.example")
    assert sessions.redeem(sessions.link(shop.workspace, account).partition("#")[2]) == account
    tokens = [sessions.begin("aoba", account, "") for _ in range(SESSIONS_EACH + 2)]
    assert sum(sessions.find(token) is not None for token in tokens) == SESSIONS_EACH
    sessions.end(tokens[-1])
    assert sessions.find(tokens[-1]) is None
    shop.store.library.client.close()


def test_a_cluster_that_dies_is_an_outage_like_any_other(cluster: tuple[str, subprocess.Popen[bytes]]) -> None:
    address, server = cluster
    shop = shop_at(address)
    shop.opens(mail(1))
    server.terminate()
    server.wait()
    for _ in range(3):
        with pytest.raises(RecordsUnavailable):
            shop.opens(mail(1))
    with pytest.raises(RecordsUnavailable):
        shop.store.directory.workspaces()
    with pytest.raises(RecordsUnavailable):
        shop.store.library.ping()
    with pytest.raises(RecordsUnavailable):
        open_store(address)

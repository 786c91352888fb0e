"""Panes that wait, on the real server: they hear of changes, take no thread, and keep nobody from anything."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from server.domain.workspace import Viewer
from server.store.embedded import Embedded
from server.store.keys import sequence
from server.web.later import HOLD, make_room, teach
from server.web.live import Lives
from server.web.sealing import Sealer
from server.wiring import Store
from tests.bench.clients import Outlook
from tests.bench.world import KEYS, Agent, Copy, World, settle, world


class Desk:
    """A copy of the service, a colleague who opens mails in it, and agents whose panes wait."""

    def __init__(self, place: World, valkey: Embedded, store: Store, copy: Copy) -> None:
        self.world, self.valkey, self.store, self.copy = place, valkey, store, copy
        self.lives = Lives([KEYS], time.time)
        self.colleague = Outlook(place, 0, place.letter("hanako@sakura.example", "見積書の件"), copy.port)
        self.card = self.colleague.open()
        self.conversation = Sealer([KEYS], time.time).open(self.card.button("take")).target.conversation

    def press(self, name: str, form: dict[str, str] | None = None) -> None:
        self.card = self.colleague.press(self.card.button(name), form)
        assert self.card.changed

    def number(self) -> int:
        found: Any = self.store.library.client.hget(sequence("aoba"), "feed")
        return int(found or 0)

    def token(self, agent: Agent, conversation: str) -> str:
        viewer = self.store.directory.viewer(agent.entra_identity)
        assert isinstance(viewer, Viewer)
        return self.lives.token(viewer.workspace.id, viewer.id, conversation, self.number())

    def waits(self, agent: int = 1, pane: str = "p", conversation: str | None = None) -> http.client.HTTPConnection:
        """Return the connection of a pane that now waits."""
        who = self.world.agent(agent)
        live = self.token(who, self.conversation if conversation is None else conversation)
        connection = http.client.HTTPConnection("127.0.0.1", self.copy.port, timeout=20)
        self.world.ending.callback(connection.close)
        headers = {"Authorization": f"Bearer {who.entra_token}"}
        connection.request("GET", f"/outlook/changes?live={live}&pane={pane}", headers=headers)
        return connection


def said(connection: http.client.HTTPConnection) -> dict[str, object]:
    answer = connection.getresponse()
    assert answer.status == 200
    found: dict[str, object] = json.loads(answer.read())
    return found


@pytest.fixture
def desk() -> Iterator[Desk]:
    with world() as place, place.valkey() as valkey:
        store, _ = settle(valkey.url)
        with place.copy(valkey.url) as copy:
            yield Desk(place, valkey, store, copy)
        store.library.client.close()


@pytest.mark.slow
def test_a_colleagues_change_reaches_the_panes_that_show_it_soon(desk: Desk) -> None:
    panes = [desk.waits(1), desk.waits(2), desk.waits(1, "another")]
    elsewhere, queue = desk.waits(3, conversation="another"), desk.waits(4, conversation="")
    time.sleep(0.7)  # the copy has begun to read
    begun = time.monotonic()
    desk.press("take")
    assert [said(pane) for pane in panes] == [{"changed": True}] * 3
    assert time.monotonic() - begun < 6  # without a word from the store it would be ten
    assert said(queue) == {"changed": True}
    assert 1 < time.monotonic() - begun < 9
    assert elsewhere.sock is not None
    elsewhere.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        elsewhere.getresponse()


@pytest.mark.slow
def test_a_newer_request_ends_the_older_one_and_a_change_in_between_is_not_lost(desk: Desk) -> None:
    older = desk.waits(1)
    time.sleep(0.1)
    newer = desk.waits(1)
    assert said(older) == {"changed": False}
    desk.press("take")
    assert said(newer) == {"changed": True}


@pytest.mark.slow
def test_more_panes_than_threads_wait_and_opens_are_answered_meanwhile_and_the_end_comes_soon() -> None:
    with world() as place, place.valkey() as valkey:
        store, _ = settle(valkey.url)
        threads = place.environment
        place.environment = lambda **more: threads(SOBANI_THREADS="4", SOBANI_PANES="50", **more)  # type: ignore[method-assign]
        with place.copy(valkey.url) as copy:
            desk = Desk(place, valkey, store, copy)
            waiting = [desk.waits(1 + number // 10, f"p{number}") for number in range(50)]
            time.sleep(0.5)
            assert desk.colleague.open().status == 200
            full = said(desk.waits(9))
            assert full["changed"] is False
            assert cast("float", full["wait"]) >= 1.8
            begun = time.monotonic()
            copy.stop()
            assert time.monotonic() - begun < 8  # what does not end by then is killed after ten
            assert all(cast("float", said(one)["wait"]) >= 1 for one in waiting)
        store.library.client.close()


@pytest.mark.slow
def test_a_restart_of_redis_is_survived_by_those_who_wait(desk: Desk) -> None:
    pane = desk.waits(1)
    time.sleep(0.7)
    pid = desk.valkey.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while desk.colleague.open().status != 200 or desk.valkey.pid == pid:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    desk.press("take")
    assert said(pane) == {"changed": True}


def test_a_version_of_granian_that_works_otherwise_is_left_alone() -> None:
    module = SimpleNamespace()
    teach(module, {"/outlook/changes"})
    assert vars(module) == {}


def test_what_is_held_is_not_answered_by_the_server_and_everything_else_is() -> None:
    def granians_own(application: Any, *_rest: object) -> Any:
        def run(protocol: Any, scope: dict[str, Any]) -> None:
            protocol.response_bytes(200, [], application(scope))

        return run

    def application(environ: dict[str, Any]) -> bytes:
        if environ.get("hold"):
            replies.append(environ[HOLD]())
        return b"at once"

    replies: list[Any] = []
    module = SimpleNamespace(_wsgi_call_wrap=granians_own)
    teach(module, {"/wait"})
    callback = module._wsgi_call_wrap(application, {}, None)
    sent: list[tuple[int, object, bytes]] = []
    protocol = SimpleNamespace(response_bytes=lambda *answer: sent.append(answer))
    for scope in ({"PATH_INFO": "/"}, {"PATH_INFO": "/wait"}, {"PATH_INFO": "/wait", "hold": True}):
        callback(protocol, scope)
    assert sent == [(200, [], b"at once")] * 2
    replies[0](200, (), b"later")
    assert sent[2:] == [(200, (), b"later")]


def test_a_process_takes_as_many_connections_as_the_system_lets_it() -> None:
    assert make_room(128, 0) == 1024
    assert make_room(2000, 0) == 2000
    assert make_room(128, 2000) <= 5024

"""How often one request asks the store and waits: counted at the socket, with a cold script cache and after a restart too."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import redis

from server.store.embedded import Embedded, is_running
from tests.bench.clients import Answer, Client, Gmail, Outlook
from tests.bench.figures import Figure
from tests.bench.proxy import Proxy, between
from tests.bench.world import World, settle, suggest


def measure(world: World) -> Iterator[Figure]:
    """Give the largest number of round trips of a warm open and of an action, in both clients."""
    with world.valkey() as valkey:
        store, workspace = settle(valkey.url)
        with between(world.folder / "proxy.sock", valkey.url) as proxy, world.copy(proxy.url) as copy:
            letter = world.letter("hanako@sakura.example", "見積書の件", "山田 花子")
            clients: list[Client] = [
                Gmail(world, 0, letter, copy.port),
                Outlook(world, 1, letter, copy.port),
            ]
            opens: list[int] = []
            actions: list[int] = []
            for client in clients:
                client.open()  # signs in, binds, reads the mail
            suggest(store, workspace)
            for client in clients:
                client.open().button("write")  # it is suggested, and the team's templates are in memory from here on
            for disturb in (lambda _: None, _flush_scripts, _restart):
                disturb(valkey)
                for client, colleague in (clients, clients[::-1]):
                    _one_client(proxy, client, colleague, opens, actions)
            yield Figure("open.round_trips", max(opens), "round trips")
            yield Figure("action.round_trips", max(actions), "round trips")


def _one_client(proxy: Proxy, client: Client, colleague: Client, opens: list[int], actions: list[int]) -> None:
    def count(into: list[int], call: Callable[[], Answer], *, changes: bool) -> Answer:
        proxy.turns()
        answer = call()
        if answer.status != 200 or answer.changed is not changes:
            raise RuntimeError(f"{answer.status} {answer.toast} {answer.body[:300]!r}")
        into.append(len(proxy.turns()))
        return answer

    late = count(opens, colleague.open, changes=False).button("take")
    card = count(opens, client.open, changes=False)
    for name, form in (("take", {}), ("note", {"note": "電話で確認済み"}), ("release", {})):
        press = partial(client.press, card.button(name), form)
        card = count(actions, press, changes=True)
        count(actions, press, changes=True)  # both hosts replay clicks: known and answered in the same round trip
        if name == "take":
            count(actions, partial(colleague.press, late), changes=False)


def _flush_scripts(valkey: Embedded) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.script_flush()


def _restart(valkey: Embedded) -> None:
    """Kill it; its keeper starts it again. The functions come back with the data."""
    pid = valkey.pid
    if pid is None:
        raise RuntimeError("the embedded Valkey has no pid file")
    os.kill(pid, signal.SIGKILL)
    while valkey.pid == pid or not is_running(valkey.data):
        time.sleep(0.02)

"""A workspace in a real store, without any mail client: mails go in, views come out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis

from server.domain.changes import Change
from server.domain.conversation import View
from server.domain.placing import Placing, placing_of
from server.domain.ports import Acted, Target
from server.domain.workspace import Viewer, Workspace
from server.mail.parse import parse
from server.store.conversations import RedisConversations
from server.usecases.apply import apply
from server.wiring import Store, open_store
from tests.contract.conftest import WORKSPACE
from tests.standins import entra


@dataclass
class Shop:
    """The store's ports, and people by their ids."""

    store: Store
    workspace: Workspace
    clicks: int = 0

    @property
    def conversations(self) -> RedisConversations:
        return self.store.conversations

    @property
    def client(self) -> redis.Redis:
        found = self.store.library.client
        assert isinstance(found, redis.Redis)
        return found

    def viewer(self, person: str = "sato") -> Viewer:
        return Viewer(self.workspace, self.workspace.person_by_id[person])

    def placing(self, raw: bytes) -> Placing:
        return placing_of(parse(raw), self.workspace)

    def opens(self, raw: bytes, person: str = "sato") -> View:
        view = self.conversations.open_mail(self.viewer(person), self.placing(raw))
        assert isinstance(view, View)
        return view

    def acts(self, view: View, change: Change, person: str = "sato", *, once: str = "") -> Acted:
        self.clicks += 1
        target = Target(view.conversation.id, view.conversation.state)
        acted = self.conversations.act(self.viewer(person), target, change, once=once or f"click {self.clicks}")
        assert isinstance(acted, Acted)
        return acted

    def pages(self, view: View, person: str = "sato") -> Iterator[View]:
        """Yield every page of the history, to the last."""
        page, target = view, Target(view.conversation.id, 0)
        yield page
        while page.more:
            found = self.conversations.open_conversation(self.viewer(person), target, cursor=page.more)
            assert isinstance(found, View)
            page = found
            yield page

    def everything(self) -> dict[bytes, bytes]:
        """Return every key with its whole value, as one string of bytes."""
        return {key: b"\n".join(_values(self.client, key)) for key in self.client.scan_iter(count=1000)}


def shop_at(url: str) -> Shop:
    store = open_store(url)
    applied = apply(store.directory, WORKSPACE.format(tenant=entra.TENANT))
    return Shop(store, applied.workspace)


def _values(client: Any, key: bytes) -> Iterator[bytes]:
    kind = client.type(key)
    if kind == b"string":
        yield client.get(key) or b""
    elif kind == b"hash":
        for name, value in client.hgetall(key).items():
            yield from (name, value)
    elif kind == b"list":
        yield from client.lrange(key, 0, -1)
    elif kind == b"zset":
        yield from client.zrange(key, 0, -1)
    elif kind == b"set":
        yield from client.smembers(key)
    elif kind == b"stream":
        for number, entry in client.xrange(key):
            yield from (number, *entry.keys(), *entry.values())
    else:
        raise AssertionError(kind)

"""The API over a real store, and another system of the company that calls it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from flask import Flask

from server.store.api_keys import RedisApiKeys
from server.store.own import RedisOwn
from server.web import api
from server.wiring import Store
from tests.store.shop import Shop, shop_at

PUBLIC: Final = "https://sobani.aoba.example"


@dataclass
class Caller:
    """A system with a key of the workspace aoba."""

    store: Store
    records: Store | None = None  # another store for the customers
    touched: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = RedisApiKeys(self.store.library, partial(secrets.token_urlsafe, 32), time.time)
        self.own = RedisOwn((self.records or self.store).library, self._tell)
        self.app = Flask("api", static_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = 1_500_000
        self.app.register_blueprint(
            api.blueprint(PUBLIC, self.keys, self.store.directory.workspace, self.own, self.counted.append)
        )
        self.client = self.app.test_client()
        self.token = self.keys.issue("aoba", "基幹システム", "ito") or ""

    def _tell(self, workspace: str, addresses: Sequence[str]) -> None:
        self.touched += addresses

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request with the key; bytes go as they are."""
        sent = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        head = {"Authorization": f"Bearer {self.token}", **headers}
        if isinstance(body, bytes):
            head.setdefault("Content-Type", "application/json")
        return self.client.open(f"{api.PREFIX}{path}", method=method, headers=head, **sent)

    def put(self, id_: str, **fields: Any) -> Any:
        return self.send("PUT", f"/customers/{id_}", fields)

    def rows(self, what: str, *rows: Any) -> Any:
        """Push rows; their report."""
        answer = self.send("POST", f"/{what}", {what: rows})
        assert answer.status_code == 200, answer.text
        return answer.json


def callers(redis_url: str) -> Iterator[Caller]:
    """Give a caller over an empty store; for a fixture."""
    shop: Shop = shop_at(redis_url)
    yield Caller(shop.store)
    shop.store.library.client.close()

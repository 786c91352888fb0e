"""The queue's page over a real store, and somebody who opens it."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.domain.events import Identity
from server.store.feed import Feeds
from server.store.sessions import RedisSessions
from server.web import queue
from server.web.waiting import Room
from server.wiring import Store
from tests.contract.conftest import WORKSPACE
from tests.standins import entra

PUBLIC: Final = "https://sobani.aoba.example"
COOKIE: Final = "__Host-sobani-session"
SATO: Final = Identity("google", "aoba.example", "g-sato", "sato@aoba.example", "佐藤 美咲")
SUZUKI: Final = Identity("google", "aoba.example", "g-suzuki", "suzuki@aoba.example", "鈴木 健太")


@dataclass
class Copy:
    """One copy of the service, as far as the page goes. Its own part of the time can be moved."""

    store: Store
    public_url: str = PUBLIC
    counted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sessions = RedisSessions(
            self.store.library, f"{self.public_url}/queue/enter", partial(secrets.token_urlsafe, 24), time.time
        )
        # Nobody can wait without a server that lets them: each question is answered at once.
        room = Room(
            0, Feeds(self.store.library.client, time.monotonic), time.monotonic, lambda: 0.5, self.counted.append
        )
        self.app = Flask("second_screen", static_folder=None)
        self.app.register_blueprint(
            queue.blueprint(
                self.public_url,
                self.sessions,
                self.store.directory,
                self.store.conversations,
                room,
                self.counted.append,
                time.time,
            )
        )

    def link(self, identity: Identity = SATO) -> str:
        """What a click in a mail client opens."""
        workspace = self.store.directory.workspace("aoba")
        assert workspace
        return self.sessions.link(workspace, identity)

    def browser(self, token: str = "") -> Browser:
        """A browser; with a token one that another copy has signed in."""
        found = Browser(self.app.test_client(), self.public_url)
        if token:
            found.client.set_cookie(COOKIE, token, domain=urlsplit(PUBLIC).netloc, secure=True)
        return found


@dataclass
class Browser:
    """A browser with its cookies, that comes by the service's public name."""

    client: FlaskClient
    public_url: str = PUBLIC
    language: str = "ja"

    @property
    def token(self) -> str:
        """What its cookie says."""
        found = self.client.get_cookie(COOKIE, domain=urlsplit(PUBLIC).netloc)
        assert found
        return found.value

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=self.public_url, headers={"Accept-Language": self.language, **headers})

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self.client.post(
            path, base_url=self.public_url, json=body, headers={"Origin": self.public_url, **headers}
        )

    def enters(self, link: str, zone: str = "Asia/Tokyo") -> TestResponse:
        """What the page of the link does."""
        return self.post("/queue/enter", {"token": link.partition("#")[2], "zone": zone})

    def sees(self, path: str = "/queue") -> str:
        """Every word of the page; the test fails when it is not shown."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        return words(answer)


def words(answer: TestResponse) -> str:
    return " ".join(re.sub("<[^>]*>", " ", answer.text).split())


def named_without(person: str) -> str:
    """The workspace file after somebody has left."""
    text = WORKSPACE.format(tenant=entra.TENANT)
    return re.sub(rf'\[\[person\]\]\nid = "{person}"\n(?:[^\[]|\["[^"]*"\])*', "", text)

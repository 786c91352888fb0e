"""A playground by itself: its routes in an application, and a service behind it that remembers what it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.web.playground import Config, create_blueprint
from server.web.playground.agents import Agent, agents_of, shared_addresses
from server.web.playground.calling import Answer
from server.web.playground.letters import PostOffice
from server.web.playground.mailbox import Mailboxes

PUBLIC_URL = "http://127.0.0.1:8080"
SERVICE_ACCOUNT = "playground@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
GMAIL_CLIENT = "playground-gmail"
ENTRA_CLIENT = "5a0b0000-0000-4000-8000-706c61796772"
NOW = 1_780_000_000


EMPTY_CARD = Answer(200, b'{"action": {"navigations": []}}')


@dataclass
class Service:
    """Stands where the service stands: takes requests, and answers with an empty card."""

    received: list[tuple[str, Mapping[str, str], dict[str, object]]] = field(default_factory=list)
    answer: Answer = EMPTY_CARD

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.received.append((url, headers, orjson.loads(body)))
        return self.answer


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "playground-key.pem"


@pytest.fixture(scope="session")
def config(key_file: Path) -> Config:
    return Config(
        public_url=PUBLIC_URL,
        google_service_account=SERVICE_ACCOUNT,
        google_client_id=GMAIL_CLIENT,
        entra_url=f"{PUBLIC_URL}/playground/entra",
        entra_client_id=ENTRA_CLIENT,
        key_file=key_file,
    )


@pytest.fixture(scope="session")
def mailboxes(config: Config) -> Mailboxes:
    return Mailboxes.read(config.mailbox_folder)


@pytest.fixture
def office(config: Config, agents: Mapping[str, Agent]) -> PostOffice:
    """A post office over the sample mailbox as it was at the start."""
    return PostOffice(
        Mailboxes.read(config.mailbox_folder), agents, shared_addresses(config.workspace_file), lambda: NOW
    )


@pytest.fixture(scope="session")
def agents(config: Config) -> Mapping[str, Agent]:
    return agents_of(config.workspace_file)


@pytest.fixture(scope="session")
def running(config: Config) -> tuple[Flask, Service]:
    """Reading the mailbox takes a while: one application for all."""
    app, service = Flask(__name__, static_folder=None), Service()
    app.register_blueprint(create_blueprint(config, clock=lambda: NOW, post=service))
    return app, service


@pytest.fixture
def service(running: tuple[Flask, Service]) -> Service:
    """The service as it was before anything was sent to it."""
    running[1].received.clear()
    running[1].answer = EMPTY_CARD
    return running[1]


@pytest.fixture
def playground(running: tuple[Flask, Service]) -> FlaskClient:
    return running[0].test_client()

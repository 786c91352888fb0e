"""Gmail, speaking the domain's words: `gmail.receives("message")`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from server.domain.events import Files, Need
from server.domain.mail import Address, Mail
from server.domain.reply import Drafted, Reply
from server.hosts.gmail.adapter import ROUTES, GmailHost
from server.hosts.gmail.auth import Project, Tokens, parse_keys
from server.hosts.host import Entry, Received
from server.hosts.tokens import Fetched, KeyRing
from tests.standins.google import CLIENT_ID, SERVICE_ACCOUNT, Signer, now

FIXTURES = Path(__file__).parents[2] / "fixtures" / "gmail"
PUBLIC_URL = "https://desk.aoba.example"
PATHS = {entry: path for path, entry in ROUTES.items()}
MAIL = Mail(message_id="1@midori.example", references=(), date=1_780_000_000, sender=Address("tanaka@midori.example"))


def load(name: str) -> dict[str, Any]:
    """A posted event as Google documents it, its tokens still placeholders."""
    event: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_bytes())
    return event


@dataclass
class Reader:
    """Stands for the gateway: remembers what it was asked."""

    answer: Callable[[], Mail] = lambda: MAIL
    asked: list[dict[str, object]] = field(default_factory=list)

    def __call__(self, message_id: str, *, user_token: str, message_token: str, scopes: Collection[str] | None) -> Mail:
        self.asked.append(
            {"id": message_id, "user": user_token, "message": message_token, "scopes": scopes and len(scopes)}
        )
        return self.answer()


@dataclass
class Gmail:
    """Google's side of the conversation with the host under test."""

    host: GmailHost
    signer: Signer
    reader: Reader

    def receives(
        self,
        event: str | Mapping[str, Any],
        entry: Entry = Entry.MESSAGE,
        *,
        headers: Mapping[str, str] | None = None,
        **authorization: object,
    ) -> Received:
        """Post an event, properly signed except for what `headers` and `authorization` replace (None: leave out)."""
        path = PATHS[entry]
        posted = load(event) if isinstance(event, str) else dict(event)
        token = self.signer.system_token(PUBLIC_URL + path)
        tokens = {"systemIdToken": token, "userIdToken": self.signer.user_token(), **authorization}
        merged = {**posted.get("authorizationEventObject", {}), **tokens}
        posted["authorizationEventObject"] = {name: value for name, value in merged.items() if value is not None}
        given = {"Authorization": f"Bearer {token}"} if headers is None else headers
        return self.host.receive(entry, path, given, json.dumps(posted).encode())

    def receives_body(self, body: bytes, entry: Entry = Entry.MESSAGE) -> Received:
        """Post these very bytes, with a proper header."""
        path = PATHS[entry]
        headers = {"Authorization": f"Bearer {self.signer.system_token(PUBLIC_URL + path)}"}
        return self.host.receive(entry, path, headers, body)


def key_ring(*signers: Signer) -> KeyRing[RSAPublicKey]:
    """The keys of these signers, without a network."""
    body = json.dumps({"keys": [signer.jwk for signer in signers]}).encode()
    return KeyRing(lambda: Fetched(body), parse_keys, now)


@pytest.fixture(scope="session")
def signer() -> Signer:
    """Google's key."""
    return Signer("google-1")


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """A key that is not Google's, under the name of one that is."""
    return Signer("google-1")


def verifier(signer: Signer) -> Tokens:
    """Tokens of one project and one key."""
    return Tokens([Project(SERVICE_ACCOUNT, CLIENT_ID)], key_ring(signer), now)


class NoMailbox:
    """A mailbox of which nothing is asked in these tests."""

    def __init__(self, message_id: str, **_tokens: object) -> None:
        self.message_id = message_id

    def require(self, need: Need) -> None:
        raise AssertionError(need)

    def draft(self, reply: Reply) -> Drafted:
        raise AssertionError(reply)

    def files(self) -> Files:
        raise AssertionError(self.message_id)

    def sent(self) -> tuple[Mail, ...]:
        raise AssertionError(self.message_id)


def in_front_of_a_mailbox(signer: Signer) -> Gmail:
    """A host that believes this signer, with a mailbox behind it."""
    reader = Reader()
    return Gmail(
        GmailHost(public_url=PUBLIC_URL, tokens=verifier(signer), read_mail=reader, open_mailbox=NoMailbox),
        signer,
        reader,
    )


@pytest.fixture
def tokens(signer: Signer) -> Tokens:
    return verifier(signer)


@pytest.fixture
def gmail(signer: Signer) -> Gmail:
    return in_front_of_a_mailbox(signer)

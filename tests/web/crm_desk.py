"""The CRMs' page over a real store, with connectors of a kind that needs no network."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast

import msgspec

from server.domain.crm import Ability, Connection, CrmError, CrmKind
from server.domain.events import Identity
from server.gateways.crm.spec import Line, OAuth, Quota, Reply, Setting, Spec
from server.store.connections import RedisConnections
from server.store.vault import Vault
from server.web import crm
from tests.web.second_screen import Browser, Copy

ITO: Final = Identity("google", "aoba.example", "g-ito", "ito@aoba.example", "伊藤 大輔")
TOKEN: Final = "pat-eu1-never-to-be-seen"


def spec(kind: CrmKind, **other: object) -> Spec:
    return Spec(
        kind=kind,
        settings=(
            Setting("url", "url", required=True, default="https://crm.vendor.example"),
            Setting("orders", "choice", choices=("no", "yes"), default="no"),
            Setting("fields", "lines"),
        ),
        secrets=(
            Setting("token", "secret", required=kind != "hubspot"),
            Setting("client_id"),
            Setting("client_secret", "secret"),
        ),
        abilities=frozenset({Ability.DEALS, Ability.LOG, Ability.WEBHOOKS}),
        quotas=(Quota(10, 1.0),),
        at_once=2,
        calls={"find": 1, "load": 1},
    )._replace(**other)  # type: ignore[arg-type]  # tests name its fields


SPECS: Final[dict[str, Spec]] = {
    "kintone": spec("kintone"),
    "http": spec("http", abilities=frozenset[Ability]()),
    "hubspot": spec(
        "hubspot",
        oauth=OAuth("https://vendor.example/agree", "{url}/token", ("contacts", "deals"), pkce=True),
    ),
}


@dataclass
class Vendor:
    """Connectors: what they were asked, and what goes wrong."""

    trouble: CrmError | None = None
    checked: list[tuple[Connection, Mapping[str, str] | None, str]] = field(default_factory=list)
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)
    tokens: object = None

    def spec(self, kind: str) -> Spec | None:
        return SPECS.get(kind)

    def able(self, connection: Connection) -> frozenset[Ability]:
        return SPECS[connection.kind].abilities - {Ability.LOG}

    def tries(self, kind: str) -> bool:
        return kind == "http"

    def check(
        self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None, sample: str = ""
    ) -> Sequence[tuple[str, str]]:
        assert workspace == "aoba"
        self.checked.append((connection, credentials, sample))
        if self.trouble:
            raise self.trouble
        return [("name", "田中 <b>太郎</b>"), ("会員番号", "A-1")] if sample else []

    @contextmanager
    def line(self, workspace: str, connection: Connection) -> Iterator[Line]:
        yield cast("Line", self)

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, repeatable: bool) -> Reply:
        assert not repeatable
        self.sent.append((method, url, body))
        if self.trouble:
            raise self.trouble
        return Reply(200, {}, msgspec.json.encode(self.tokens))

    def json(self, reply: Reply) -> object:
        return msgspec.json.decode(reply.body)


@dataclass
class CrmDesk(Copy):
    """A copy of the service with the queue's page and the CRMs'."""

    vendor: Vendor = field(default_factory=Vendor)
    forgotten: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        numbers = itertools.count()
        self.connections = RedisConnections(
            self.store.library,
            Vault((b"k" * 40,)),
            lambda: f"secret-of-twenty-letters-{next(numbers):03}",
            lambda *one: self.forgotten.append(one),
        )
        self.app.register_blueprint(
            crm.blueprint(
                self.public_url,
                self.sessions,
                self.store.directory,
                self.connections,
                self.vendor,
                self.counted.append,
                time.time,
            )
        )

    def signs_in(self, identity: Identity = ITO, language: str = "ja") -> Browser:
        browser = self.browser()
        browser.language = language
        assert browser.enters(self.link(identity)).status_code == 200
        return browser

    def kept(self) -> tuple[Connection, ...]:
        return self.connections.of("aoba")

"""Webhooks: who may say that something has changed, how often, and how much."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NoReturn, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.domain.crm import Connection, Crm, CrmError, CrmRef, Delivery, ForgedDelivery, Moved
from server.domain.errors import RecordsUnavailable
from server.store.connections import RedisConnections
from server.store.vault import Vault
from server.web import webhooks
from server.web.webhooks import LARGEST
from tests.store.shop import Shop, shop_at

PUBLIC: Final = "https://sobani.aoba.example"
HUBSPOT: Final = Connection("x1", "hubspot", "HubSpot")
SIGNED: Final = {"X-Signature": "right"}


class Crms:
    """Connectors whose CRM takes a delivery with the right signature for what its body names."""

    def __init__(self) -> None:
        self.seen: list[Delivery] = []
        self.trouble: Exception | None = None

    def connect(self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None) -> Crm:
        return cast("Crm", self)

    def changed(self, delivery: Delivery) -> Moved:
        self.seen.append(delivery)
        if self.trouble:
            raise self.trouble
        if delivery.headers.get("x-signature") != "right":
            raise ForgedDelivery("signature")
        ids = tuple(delivery.body.decode().split())
        return Moved(ids=ids, refs=(CrmRef("x1", "contact", "7"),), hint=not ids)


class Cache:
    """What is known; it forgets when it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, Moved]] = []
        self.is_away = False

    def moved(self, workspace: str, connection: str, what: Moved) -> None:
        if self.is_away:
            raise RecordsUnavailable("connection")
        self.told.append((workspace, connection, what))


class Post:
    """The service's side of it, and a CRM that knows the address."""

    def __init__(self, shop: Shop) -> None:
        numbers = itertools.count()
        self.connections = RedisConnections(
            shop.store.library, Vault((b"k" * 40,)), lambda: f"secret-of-twenty-letters-{next(numbers):03}"
        )
        self.connections.save("aoba", HUBSPOT, {"token": "t"})
        self.secret = self.connections.hook_secret("aoba", "x1")
        self.crms, self.cache = Crms(), Cache()
        self.counted: list[str] = []
        app = Flask("webhooks", static_folder=None)
        app.register_blueprint(
            webhooks.blueprint(PUBLIC, self.connections, self.crms, self.cache, self.counted.append, lambda: 1_795e6)
        )
        self.client: FlaskClient = app.test_client()

    def sends(self, body: bytes = b"e1", path: str = "", **headers: str) -> TestResponse:
        return self.client.post(
            path or f"/webhooks/aoba/x1/{self.secret}", base_url=PUBLIC, data=body, headers=headers or SIGNED
        )


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def post(shop: Shop) -> Post:
    return Post(shop)


def test_a_delivery_is_told_with_the_events_that_are_new(post: Post) -> None:
    assert post.sends(b"e1 e2").status_code == 204
    assert post.sends(b"e2 e3").status_code == 204
    assert [(one, moved.ids) for one, _, moved in post.cache.told] == [("aoba", ("e1", "e2")), ("aoba", ("e3",))]
    assert post.connections.states("aoba")["x1/hook"].at == 1_795_000_000_000


def test_a_replayed_delivery_changes_nothing(post: Post) -> None:
    answers = [post.sends(b"e1 e2").status_code for _ in range(3)]
    assert answers == [204, 204, 204]
    assert len(post.cache.told) == 1
    assert post.counted.count("webhooks.repeated") == 2


def test_a_hint_without_ids_is_told_each_time(post: Post) -> None:
    assert [post.sends(b"").status_code for _ in range(2)] == [204, 204]
    assert [moved.hint for _, _, moved in post.cache.told] == [True, True]


def test_the_connector_reads_what_came_as_it_came(post: Post) -> None:
    post.sends(b"e1", f"/webhooks/aoba/x1/{post.secret}?a=%2F&b", **SIGNED, **{"X-Request-Timestamp": "12"})
    (seen,) = post.crms.seen
    assert seen.url == f"{PUBLIC}/webhooks/aoba/x1/{post.secret}?a=%2F&b"
    assert (seen.method, seen.body, seen.at) == ("POST", b"e1", 1_795_000_000_000)
    assert seen.headers["x-request-timestamp"] == "12"


def test_an_address_that_is_none_is_answered_the_same_whatever_is_wrong(post: Post) -> None:
    answers = [
        post.sends(path=path)
        for path in (
            "/webhooks/aoba/x1/wrong-secret-of-twenty-let",
            f"/webhooks/aoba/x2/{post.secret}",
            f"/webhooks/midori/x1/{post.secret}",
            f"/webhooks/{{w:aoba}}/x1/{post.secret}",
            f"/webhooks/aoba/x1%2Fhook/{post.secret}",
            "/webhooks/aoba/x1",
            "/webhooks/",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.data for answer in answers[:4]} == {b""}
    assert post.crms.seen == []


def test_a_connection_that_is_off_or_gone_listens_no_more(post: Post) -> None:
    post.connections.save("aoba", Connection("x1", "hubspot", "HubSpot", off=True), None)
    assert post.sends().status_code == 404
    post.connections.save("aoba", HUBSPOT, None)
    assert post.sends().status_code == 204
    post.connections.remove("aoba", "x1")
    assert post.sends(b"e9").status_code == 404


def test_a_forged_delivery_is_refused(post: Post) -> None:
    assert post.sends(b"e1", **{"X-Signature": "wrong"}).status_code == 401
    assert post.sends(b"e1").status_code == 204, "a forgery takes no event's id away"


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (CrmError("garbled"), 400),
        (CrmError("unset"), 401),
        (CrmError("slow"), 503),
        (CrmError("broken"), 503),
        (ForgedDelivery("too old"), 401),
    ],
)
def test_what_cannot_be_read_is_refused(post: Post, trouble: Exception, status: int) -> None:
    post.crms.trouble = trouble
    assert post.sends().status_code == status
    assert post.cache.told == []


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
def test_only_post_is_answered(post: Post, method: str) -> None:
    call: Callable[..., TestResponse] = getattr(post.client, method)
    known, unknown = (
        call(f"/webhooks/aoba/x1/{secret}", base_url=PUBLIC).status_code for secret in (post.secret, "s" * 28)
    )
    assert known == unknown == 405


def test_too_much_is_refused_before_it_is_read(post: Post) -> None:
    assert post.sends(b"e" * LARGEST).status_code == 204
    assert post.sends(b"e" * (LARGEST + 1)).status_code == 413
    assert post.sends(b"e" * (LARGEST + 1), "/webhooks/aoba/x9/none").status_code == 413


def test_what_could_not_be_written_down_may_be_sent_again(post: Post) -> None:
    post.cache.is_away = True
    assert post.sends(b"e1").status_code == 503
    post.cache.is_away = False
    assert post.sends(b"e1").status_code == 204
    assert len(post.cache.told) == 1


def test_a_store_that_is_away_is_answered_so(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(workspace: str, connection: str, secret: str) -> NoReturn:
        raise RecordsUnavailable("connection")

    monkeypatch.setattr(post.connections, "hooked", away)
    assert post.sends().status_code == 503


def test_neither_the_address_nor_the_body_is_logged(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, dict[str, object]]] = []

    class Log:
        def warning(self, event: str, **values: object) -> None:
            lines.append((event, values))

    monkeypatch.setattr("server.web.webhooks.log", Log())
    post.sends(b"taro@hokuto-foods.example", **{"X-Signature": "wrong"})
    post.crms.trouble = CrmError("garbled", "events")
    post.sends(b"taro@hokuto-foods.example")
    assert [event for event, _ in lines] == ["webhook_refused"] * 2
    said = repr(lines)
    assert post.secret not in said
    assert "taro" not in said

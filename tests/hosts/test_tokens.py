"""The keys of an issuer and the memory of verified tokens, as both hosts use them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from server.domain.errors import Unauthenticated
from server.hosts.tokens import Fetched, KeyRing, KeysError, VerifiedTokens, fetch_keys


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Issuer:
    """Publishes the names in `kids`, each with itself as its key."""

    def __init__(self, *kids: str, max_age: float = 3600) -> None:
        self.kids = list(kids)
        self.max_age = max_age
        self.asked = 0
        self.down = False

    def __call__(self) -> Fetched:
        self.asked += 1
        if self.down:
            raise KeysError("answered 503")
        return Fetched(",".join(self.kids).encode(), self.max_age)


def parse(body: bytes) -> Mapping[str, str]:
    if not body:
        raise ValueError("no keys")
    return {kid: kid for kid in body.decode().split(",")}


def ring(issuer: Issuer, clock: Clock) -> KeyRing[str]:
    return KeyRing(issuer, parse, clock)


def test_keys_are_asked_for_once_in_their_lifetime() -> None:
    issuer, clock = Issuer("a", "b"), Clock()
    keys = ring(issuer, clock)
    assert [keys.find(kid) for kid in ("a", "b", "a")] == ["a", "b", "a"]
    assert issuer.asked == 1
    clock.now += 3601
    keys.find("a")
    assert issuer.asked == 2


def test_an_unknown_key_is_asked_for_at_most_once_a_minute() -> None:
    issuer, clock = Issuer("a"), Clock()
    keys = ring(issuer, clock)
    keys.find("a")
    clock.now += 60
    for _ in range(100):
        with pytest.raises(Unauthenticated, match="unknown signing key"):
            keys.find("invented")
    assert issuer.asked == 2


def test_a_new_key_is_found_when_it_is_first_used() -> None:
    issuer, clock = Issuer("a"), Clock()
    keys = ring(issuer, clock)
    keys.find("a")
    issuer.kids = ["b"]
    clock.now += 60
    assert keys.find("b") == "b"
    with pytest.raises(Unauthenticated):
        keys.find("a")


def test_old_keys_stay_good_for_a_day_while_the_issuer_is_down() -> None:
    issuer, clock = Issuer("a"), Clock()
    keys = ring(issuer, clock)
    keys.find("a")
    issuer.down = True
    clock.now += 3600 + 86_399
    assert keys.find("a") == "a"
    clock.now += 2
    with pytest.raises(Unauthenticated, match="answered 503"):
        keys.find("a")


def test_a_failure_is_not_repeated_at_every_request() -> None:
    issuer, clock = Issuer("a"), Clock()
    issuer.down = True
    keys = ring(issuer, clock)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            keys.find("a")
    assert issuer.asked == 1
    issuer.down = False
    clock.now += 5
    assert keys.find("a") == "a"


def test_a_document_that_cannot_be_read_is_a_failure() -> None:
    clock = Clock()
    with pytest.raises(Unauthenticated, match="no keys"):
        ring(Issuer(), clock).find("a")


def test_many_threads_ask_once() -> None:
    clock = Clock()
    issuer = Issuer("a")

    def slowly() -> Fetched:
        time.sleep(0.05)
        return issuer()

    keys = KeyRing(slowly, parse, clock)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("a"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["a"] * 16
    assert issuer.asked == 1


def test_a_token_is_remembered_for_its_audience_until_it_expires() -> None:
    tokens: VerifiedTokens[str] = VerifiedTokens()
    tokens.put("head.body.signature", "sato", 100.0, audience="here")
    assert tokens.get("head.body.signature", 99.9, audience="here") == "sato"
    assert tokens.get("head.body.signature", 99.9, audience="there") is None
    assert tokens.get("head.body.signaturE", 99.9, audience="here") is None
    assert tokens.get("head.body.signature", 100.0, audience="here") is None
    assert len(tokens) == 0


def test_the_token_used_longest_ago_is_forgotten_first() -> None:
    tokens: VerifiedTokens[int] = VerifiedTokens(limit=2)
    tokens.put("a", 1, 100.0)
    tokens.put("b", 2, 100.0)
    tokens.get("a", 0.0)
    tokens.put("c", 3, 100.0)
    assert (tokens.get("a", 0.0), tokens.get("b", 0.0), tokens.get("c", 0.0)) == (1, None, 3)


def test_keys_are_fetched_with_their_age(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/keys").respond_with_data(b"{}", headers={"Cache-Control": "public, Max-Age=86400"})
    httpserver.expect_request("/bare").respond_with_data(b"{}")
    assert fetch_keys(httpserver.url_for("/keys")) == Fetched(b"{}", 86_400)
    assert fetch_keys(httpserver.url_for("/bare")).max_age == 3600


@pytest.mark.parametrize(
    "answer",
    [
        Response(b"{}", 404),
        Response(b"{}", 302, headers={"Location": "/elsewhere"}),
        Response(b"x" * 600_000, 200),
    ],
    ids=["missing", "moved", "endless"],
)
def test_another_answer_is_no_keys(httpserver: HTTPServer, answer: Response) -> None:
    httpserver.expect_request("/keys").respond_with_response(answer)
    with pytest.raises(KeysError):
        fetch_keys(httpserver.url_for("/keys"))


def test_nobody_waits_long_for_keys(httpserver: HTTPServer) -> None:
    def trickle(_: Request) -> Response:
        def body() -> object:
            for _ in range(600):
                time.sleep(0.05)
                yield b"x"

        return Response(body(), 200)  # type: ignore[arg-type]  # werkzeug takes any iterable of bytes

    httpserver.expect_request("/keys").respond_with_handler(trickle)
    started = time.monotonic()
    with pytest.raises(KeysError):
        fetch_keys(httpserver.url_for("/keys"), time_limit=0.2)
    assert time.monotonic() - started < 10


def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(KeysError, match="no answer"):
        fetch_keys("http://127.0.0.1:9/keys")

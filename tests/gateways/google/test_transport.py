from __future__ import annotations

import gzip
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server.gateways.google.transport import BoundedHttp
from server.gateways.transport import TooLargeError
from tests.standins.google import (
    Google,
    Misbehaviour,
    answers,
    breaks_off,
    elapsed,
    fails,
    google,
    hangs_up,
    sleeps,
    trickles,
)

BUDGET = 0.3
SLACK = 10.0  # for a busy machine; what misbehaves does so for far longer


@pytest.fixture
def http_() -> Iterator[BoundedHttp]:
    """With time enough."""
    bounded = BoundedHttp(budget=10.0, largest=100_000)
    yield bounded
    bounded.close()


@pytest.fixture
def hasty() -> Iterator[BoundedHttp]:
    """With little time."""
    bounded = BoundedHttp(budget=BUDGET, largest=100_000)
    yield bounded
    bounded.close()


def mail_url(standin: Google) -> str:
    return f"{standin.gmail_url}/gmail/v1/users/me/messages/1?format=full"


def test_an_answer_comes_with_status_headers_and_body(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = answers(b'{"id": "1"}', {"X-Thing": "a"})
    response, content = http_.request(mail_url(standin), headers={"X-Asked": "b"})
    assert (response.status, response["x-thing"], content) == (200, "a", b'{"id": "1"}')
    (asked,) = standin.asked
    assert asked.headers["X-Asked"] == "b"
    assert asked.query == {"format": ["full"]}


def test_connections_are_used_again(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = answers(b"{}")
    for _ in range(5):
        http_.request(mail_url(standin))
    assert standin.connections == 1


def test_threads_share_the_pool_without_mixing_answers(standin: Google, http_: BoundedHttp) -> None:
    def echo(handler: object) -> None:
        handler.answer(200, handler.path.encode())  # type: ignore[attr-defined] # the stand-in's handler

    standin.misbehave = echo

    def ask(number: int) -> bool:
        url = f"{standin.gmail_url}/gmail/v1/users/me/messages/{number}"
        return http_.request(url)[1].decode().endswith(f"/{number}")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))
    assert standin.connections <= 8


def test_an_idle_connection_that_was_closed_meanwhile_is_replaced(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = answers(b"{}")
    http_.request(mail_url(standin))
    standin.hang_up_on_the_idle()
    assert http_.request(mail_url(standin))[0].status == 200
    assert standin.connections == 2


def test_a_fresh_connection_that_hangs_up_is_not_tried_again(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = hangs_up
    with pytest.raises(ConnectionError):
        http_.request(mail_url(standin))
    assert len(standin.asked) == 1


@pytest.mark.parametrize(
    "misbehaviour",
    [sleeps(30), trickles(head=True), trickles(head=False)],
    ids=["silent", "trickles the head", "trickles the body"],
)
def test_a_request_is_over_at_its_deadline(standin: Google, hasty: BoundedHttp, misbehaviour: Misbehaviour) -> None:
    standin.misbehave = misbehaviour

    def ask() -> None:
        with pytest.raises(TimeoutError):
            hasty.request(mail_url(standin))

    assert BUDGET * 0.8 < elapsed(ask) < BUDGET + SLACK


def test_a_connection_that_missed_its_deadline_is_not_used_again(standin: Google, hasty: BoundedHttp) -> None:
    standin.misbehave = sleeps(30)
    with pytest.raises(TimeoutError):
        hasty.request(mail_url(standin))
    assert not hasty.wire._idle


def test_the_deadline_covers_a_server_that_does_not_accept(hasty: BoundedHttp) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(("127.0.0.1", port))

            def ask() -> None:
                with pytest.raises(TimeoutError):
                    hasty.request(f"http://127.0.0.1:{port}/")

            assert elapsed(ask) < BUDGET + SLACK


def test_the_deadline_covers_a_server_that_never_finishes_tls(hasty: BoundedHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def ask() -> None:
            with pytest.raises(TimeoutError):
                hasty.request(f"https://127.0.0.1:{listening.getsockname()[1]}/")

        assert elapsed(ask) < BUDGET + SLACK


def test_the_deadline_covers_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch, hasty: BoundedHttp) -> None:
    """Also when so many wait for it that no look-up is left."""
    hanging = threading.Event()

    def getaddrinfo(*_args: object, **_options: object) -> list[object]:
        hanging.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    def ask(_: int) -> None:
        with pytest.raises(TimeoutError):
            hasty.request("http://gmail.example/")

    def all_at_once() -> None:
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(ask, range(20)))

    before = threading.active_count()
    try:
        assert elapsed(all_at_once) < BUDGET + SLACK
        assert threading.active_count() <= before + 8
    finally:
        hanging.set()


def test_a_name_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch, http_: BoundedHttp) -> None:
    def getaddrinfo(*_args: object, **_options: object) -> list[object]:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(OSError, match="unknown"):
        http_.request("http://nowhere.example/")


def test_the_next_address_is_tried_when_one_is_dead(
    monkeypatch: pytest.MonkeyPatch, standin: Google, http_: BoundedHttp
) -> None:
    real = socket.getaddrinfo
    with socket.create_server(("127.0.0.1", 0)) as unused:
        dead = unused.getsockname()[1]

    def getaddrinfo(host: str, port: int, **options: int) -> object:
        return [*real(host, dead, **options), *real(host, port, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    standin.misbehave = answers(b"{}")
    assert http_.request(mail_url(standin))[1] == b"{}"


def test_nobody_listening_is_an_error(http_: BoundedHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        http_.request(f"http://127.0.0.1:{port}/")


# ---------------------------------------------------------------- https


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def secure(authority: Path) -> Iterator[Google]:
    """Google over https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with google([], context) as standin:
        standin.misbehave = answers(b"{}")
        yield standin


@pytest.fixture
def trusting(authority: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BoundedHttp]:
    """A machine whose list of authorities has this one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    bounded = BoundedHttp(budget=10.0, largest=100_000)
    yield bounded
    bounded.close()


def test_https_keeps_its_connections_too(secure: Google, trusting: BoundedHttp) -> None:
    for _ in range(3):
        assert trusting.request(mail_url(secure))[1] == b"{}"
    assert secure.connections == 1
    assert secure.asked[0].headers["Host"] == secure.url.removeprefix("https://")


def test_an_idle_https_connection_that_was_closed_meanwhile_is_replaced(secure: Google, trusting: BoundedHttp) -> None:
    trusting.request(mail_url(secure))
    secure.hang_up_on_the_idle()
    assert trusting.request(mail_url(secure))[1] == b"{}"


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Google, http_: BoundedHttp) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        http_.request(mail_url(secure))
    assert secure.asked == []


def test_a_certificate_for_another_name_is_refused(secure: Google, trusting: BoundedHttp) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        trusting.request(mail_url(secure).replace("localhost", "127.0.0.1"))
    assert secure.asked == []


# ---------------------------------------------------------------- answers that are none


def test_an_answer_that_breaks_off_is_an_error(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = breaks_off
    with pytest.raises(http.client.IncompleteRead):
        http_.request(mail_url(standin))


def test_a_huge_answer_is_not_read_to_its_end(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = answers(b"x" * 100_001)
    with pytest.raises(TooLargeError):
        http_.request(mail_url(standin))


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = answers(gzip.compress(b"\0" * 2_000_000), {"Content-Encoding": "gzip"})
    with pytest.raises(TooLargeError):
        http_.request(mail_url(standin))


def test_a_packed_answer_is_unpacked(standin: Google, http_: BoundedHttp) -> None:
    standin.compress = True
    standin.misbehave = answers(b'{"id": "1"}')
    assert http_.request(mail_url(standin))[1] == b'{"id": "1"}'


def test_an_answer_that_is_not_packed_as_it_claims_is_an_error(standin: Google, http_: BoundedHttp) -> None:
    standin.misbehave = answers(b"plain", {"Content-Encoding": "gzip"})
    with pytest.raises(http.client.HTTPException):
        http_.request(mail_url(standin))


@pytest.mark.parametrize("status", [400, 403, 500])
def test_what_an_error_says_is_thrown_away(standin: Google, http_: BoundedHttp, status: int) -> None:
    """google-api-python-client would log it, and it may name an account."""
    standin.misbehave = fails(status, b'{"error": "someone@example.com"}')
    response, content = http_.request(mail_url(standin))
    assert (response.status, content) == (status, b"")


def test_a_redirect_is_not_followed(standin: Google, http_: BoundedHttp) -> None:
    """The tokens of a request belong to the address it was made for."""

    def misbehave(handler: object) -> None:
        handler.answer(302, b"", {"Location": "/elsewhere"})  # type: ignore[attr-defined] # the stand-in's handler

    standin.misbehave = misbehave
    assert http_.request(mail_url(standin))[0].status == 302
    assert len(standin.asked) == 1


def test_a_slow_start_leaves_less_time_for_the_rest(standin: Google) -> None:
    """One budget for all steps, not one for each."""
    clock = Stepping(step=0.05)
    standin.misbehave = answers(b"{}")
    with pytest.raises(TimeoutError):
        BoundedHttp(budget=0.15, largest=1000, clock=clock).request(mail_url(standin))


class Stepping:
    """A clock that moves at every look."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._now = time.monotonic()

    def __call__(self) -> float:
        self._now += self._step
        return self._now

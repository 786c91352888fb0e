"""What we depend on fails: a clear answer, nothing lost, nothing done twice, and all is well again afterwards."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import redis
from flask.testing import FlaskClient

from server import wiring
from server.app import create_app
from server.gateways.google.gmail import GmailApi
from server.settings import from_environment
from server.store.connect import ANSWER_SECONDS
from server.store.library import Library, source
from tests.contract.office import PUBLIC, Agent, Office, Screen, mail
from tests.standins import google as standin_google

SLOW: Final = 0.15


class Line:
    """A line to the store that can be cut, mended, and made slow."""

    def __init__(self, path: Path, upstream: str) -> None:
        self.url = f"unix://{path}"
        self.delay = 0.0
        self.swallow_answers = False
        self.cut = False
        self.asked = 0
        self._upstream = upstream.removeprefix("unix://")
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def breaks(self) -> None:
        self.cut = True
        for one in list(self._open):
            hang_up(one)

    def mended(self) -> None:
        self.cut = self.swallow_answers = False

    def close(self) -> None:
        hang_up(self._listener)
        self.breaks()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.cut:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._upstream)
            self._open |= {client, server}
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, come: socket.socket, go: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := come.recv(1 << 20):
                self.asked += not answers
                time.sleep(self.delay)
                if answers and self.swallow_answers:
                    break  # done, and nobody will hear of it
                go.sendall(data)
        for one in (come, go):
            self._open.discard(one)
            hang_up(one)


def hang_up(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@pytest.fixture
def line(tmp_path: Path, redis_url: str) -> Iterator[Line]:
    """Return a line to the same store as the office's."""
    made = Line(tmp_path / "line.sock", redis_url)
    yield made
    made.close()


@pytest.fixture
def far(office: Office, line: Line, gmail_api: GmailApi) -> Iterator[Office]:
    """Return an office whose application reaches the store by that line."""
    store = wiring.open_store(line.url)
    app = create_app(office.settings, store, gmail_api)
    yield replace(office, app=app.test_client(), store=store)
    store.library.client.close()


def faults(office: Office) -> dict[str, int]:
    counters: dict[str, int] = office.app.get("/health").get_json()["counters"]
    return {name: count for name, count in counters.items() if "fault" in name}


def says_so(answer: Screen, client: str) -> None:
    """The store is away: one sentence, the status of each host, nothing of ours broken."""
    assert answer.status == (200 if client == "gmail" else 503)
    assert "記録に接続できません" in answer.text


# ------------------------------------------------------------------ the store


def test_a_store_that_is_dead_at_the_start_is_waited_for(far: Office, line: Line, client: str) -> None:
    line.breaks()
    sato = far.at(client, "sato@aoba.example")
    card = sato.opens(mail(1))
    says_so(card, client)
    says_so(sato.goes_home(), client)
    assert far.app.get("/health").status_code == 503
    line.mended()
    retry = card.button("show")
    assert sato.clicks(retry, mail=mail(1)).has("take")
    assert far.app.get("/health").status_code == 200
    assert faults(far) == {}


def test_a_store_that_dies_in_the_middle_loses_nothing_and_does_nothing_twice(
    far: Office, line: Line, client: str
) -> None:
    sato = far.at(client, "sato@aoba.example")
    card = sato.opens(mail(1))
    note, form = card.button("note"), {"note": "お電話しました"}
    line.breaks()
    answer = sato.clicks(note, form, mail=mail(1))
    says_so(answer, client)
    assert not answer.buttons, "the card with its field stays"
    line.mended()
    for _ in range(2):
        assert sato.clicks(note, form, mail=mail(1)).text.count("お電話しました") == 1
    assert faults(far) == {}


def test_a_change_whose_answer_was_lost_counts_once(far: Office, line: Line, client: str) -> None:
    """The script ran, the line broke before its answer came: the agent presses again."""
    sato = far.at(client, "sato@aoba.example")
    card = sato.opens(mail(1))
    line.swallow_answers = True
    says_so(sato.clicks(card.button("note"), {"note": "一度だけ"}, mail=mail(1)), client)
    says_so(sato.clicks(card.button("take"), mail=mail(1)), client)
    line.mended()
    noted = sato.clicks(card.button("note"), {"note": "一度だけ"}, mail=mail(1))
    assert noted.text.count("一度だけ") == 1
    taken = sato.clicks(card.button("take"), mail=mail(1))
    assert taken.has("release")
    conversation = far.store.library.client.get(f"{{w:aoba}}:c:{taken.conversation}")
    assert isinstance(conversation, bytes)
    assert far.store.library.client.llen(f"{{w:aoba}}:n:{taken.conversation}") == 1


def test_the_directory_asked_while_the_store_is_away_keeps_the_card_too(
    office: Office, far: Office, line: Line, client: str, gmail_api: GmailApi
) -> None:
    """A fresh copy of the service knows no workspace yet: a click it cannot do leaves the card where it is."""
    card = office.at(client, "sato@aoba.example").opens(mail(1))
    line.breaks()
    answer = far.at(client, "sato@aoba.example").clicks(card.button("note"), {"note": "書きかけ"})
    says_so(answer, client)
    assert not answer.buttons


def test_a_slow_store_is_only_slow(far: Office, line: Line, client: str) -> None:
    sato = far.at(client, "sato@aoba.example")
    sato.opens(mail(1))
    line.delay = SLOW
    line.asked = 0
    assert sato.clicks(sato.opens(mail(1)).button("take")).has("release")
    assert line.asked == 2, "one round trip each"


@pytest.mark.slow
def test_a_store_that_hangs_is_given_up_in_time_for_the_hosts(
    far: Office, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google waits 30 s for an answer; we give up long before."""
    sato = far.at_gmail("sato@aoba.example")
    sato.opens(mail(1))
    line.delay = 60.0
    before = time.monotonic()
    says_so(sato.opens(mail(1)), "gmail")
    assert time.monotonic() - before < 2 * ANSWER_SECONDS + 15


def test_a_store_that_forgot_our_functions_gets_them_again(office: Office, client: str) -> None:
    """FUNCTION FLUSH, or a replica that was promoted before it had them."""
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(mail(1))
    redis_client = office.store.library.client
    assert isinstance(redis_client, redis.Redis)
    redis_client.function_flush("SYNC")
    assert sato.clicks(card.button("take")).has("release")
    redis_client.function_flush("SYNC")
    assert sato.opens(mail(1)).has("release")


def test_two_versions_of_the_service_run_side_by_side(office: Office) -> None:
    """Each calls its own functions, whichever was deployed last."""
    sato = office.at_gmail("sato@aoba.example")
    sato.opens(mail(1))
    client = office.store.library.client
    assert isinstance(client, redis.Redis)
    name, text = source()
    client.function_load(text.replace(name, "sobani_another0000"))
    assert sato.opens(mail(1)).has("take")
    assert Library(client).call("sweep", "{w:aoba}:seq", {"p": "{w:aoba}:", "rows": 1}) == 0


# ------------------------------------------------------------------ the Gmail API

FAILURES: Final[dict[str, Callable[[], Any]]] = {
    "slow": lambda: standin_google.sleeps(30),
    "401": lambda: standin_google.fails(401),
    "403": lambda: standin_google.fails(403),
    "404": lambda: standin_google.fails(404),
    "429": lambda: standin_google.fails(429),
    "500": lambda: standin_google.fails(500),
    "not JSON": lambda: standin_google.answers(b"<html>"),
    "another JSON": lambda: standin_google.answers(b'{"payload": 5}'),
    "hangs up": lambda: standin_google.hangs_up,
    "breaks off": lambda: standin_google.breaks_off,
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_mail_that_cannot_be_read_says_so_and_can_be_tried_again(office: Office, failure: str) -> None:
    sato = office.at_gmail("sato@aoba.example")
    office.google.misbehave = FAILURES[failure]()
    before = time.monotonic()
    card = sato.opens(mail(1))
    assert time.monotonic() - before < 15, "two seconds are the budget"
    assert card.status == 200
    assert "メールを読み込めませんでした" in card.text
    assert "お客様" not in card.text
    office.google.misbehave = None
    again = sato.clicks(card.button("show"), mail=mail(1))
    assert again.has("take")
    assert "田中" in again.text
    assert faults(office) == {}


def test_a_mail_known_already_needs_no_gmail(office: Office) -> None:
    sato = office.at_gmail("sato@aoba.example")
    sato.opens(mail(1))
    office.google.misbehave = standin_google.fails(500)
    assert sato.opens(mail(1)).has("take")
    assert sato.clicks(sato.opens(mail(1)).button("take"), mail=mail(1)).has("release")


# ------------------------------------------------------------------ the signing keys


@pytest.fixture
def unplugged(office: Office, tmp_path: Path) -> Office:
    """Return an office that has just started and cannot reach Google's or Entra's keys."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    settings = from_environment(
        {
            "SOBANI_PUBLIC_URL": PUBLIC,
            "SOBANI_DATA": str(tmp_path),
            "REDIS_URL": office.settings.redis_url or "",
            "SOBANI_KEYS": "k" * 40,
            "SOBANI_GOOGLE_PROJECTS": json.dumps(
                [{"service_account_email": standin_google.SERVICE_ACCOUNT, "client_id": standin_google.CLIENT_ID}]
            ),
            "SOBANI_GOOGLE_CERTS_URL": f"{nobody}/certs",
            "SOBANI_GMAIL_API_URL": nobody,
            "SOBANI_ENTRA_URL": nobody,
            "SOBANI_ENTRA_CLIENT_ID": office.settings.entra_client_id,
            "SOBANI_LOG_LEVEL": "error",
        }
    )
    app: FlaskClient = create_app(settings, office.store).test_client()
    return replace(office, app=app, settings=settings)


def test_without_the_signing_keys_nobody_is_let_in(unplugged: Office, client: str) -> None:
    sato: Agent = unplugged.at(client, "sato@aoba.example")
    before = time.monotonic()
    for answer in (sato.opens(mail(1)), sato.goes_home()):
        assert answer.status == 401
        assert "確認できません" in answer.text
        assert "青葉" not in answer.text
    assert time.monotonic() - before < 20
    assert faults(unplugged) == {}


def test_keys_known_already_outlast_an_outage(office: Office) -> None:
    sato = office.at_gmail("sato@aoba.example")
    sato.goes_home()
    office.google.certs_failing = True
    try:
        assert sato.goes_home().status == 200
        assert office.at_gmail("suzuki@aoba.example").goes_home().status == 200
    finally:
        office.google.certs_failing = False

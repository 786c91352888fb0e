"""Log lines are JSON, carry the request's id, and never a mail, an address or a token."""

import io
import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import structlog

from server import telemetry
from server.telemetry import AccessLog, Counters, configure, request_id, shown_path
from tests.costs import costs_no_more_than

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


class Log:
    """A log file, and what stands in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.stream = io.BufferedWriter(io.FileIO(path, "a"))
        self.write = configure("info", self.stream)

    def lines(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self._path.read_bytes().splitlines()]

    def text(self) -> str:
        return self._path.read_text()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    shown = warnings.showwarning
    written = Log(tmp_path / "log")
    yield written
    logging.captureWarnings(capture=False)
    warnings.showwarning = shown
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    written.stream.close()
    telemetry._request_id.set("")


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    structlog.get_logger().info("opened", outcome="shown", host="gmail")
    start_response("200 OK", [])
    return [request_id().encode()]


def ask(log: Log, path: str = "/gmail/message", given: str | None = None) -> tuple[str, list[tuple[str, str]]]:
    answered: list[tuple[str, str]] = []

    def start(_status: str, headers: list[tuple[str, str]], _problem: object = None, /) -> Any:
        answered.extend(headers)

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path}
    if given is not None:
        environ["HTTP_X_REQUEST_ID"] = given
    body = b"".join(AccessLog(application, lambda: "id-made-here", log.write)(environ, start))
    return body.decode(), answered


def test_all_lines_of_a_request_and_its_answer_carry_one_id(log: Log) -> None:
    body, headers = ask(log)
    assert body == "id-made-here"
    assert headers == [("X-Request-Id", "id-made-here")]
    opened, request = log.lines()
    assert opened["request_id"] == request["request_id"] == "id-made-here"
    assert (opened["event"], opened["outcome"], opened["host"]) == ("opened", "shown", "gmail")
    assert (request["event"], request["method"], request["path"], request["status"]) == (
        "request", "POST", "/gmail/message", 200,
    )  # fmt: skip
    assert request["ms"] >= 0


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c"),
        ("x", "id-made-here"),
        ("a\nb" * 5, "id-made-here"),
    ],
)
def test_a_proxys_id_is_kept_when_it_is_one(log: Log, given: str, used: str) -> None:
    assert ask(log, given=given)[0] == used


def test_health_is_not_worth_a_line(log: Log) -> None:
    ask(log, "/health")
    assert [line["event"] for line in log.lines()] == ["opened"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/gmail/message", "/gmail/message"),
        ("/", "/"),
        ("/playground/gmail-api/gmail/v1/users/misaki@aoba.example", "/playground/gmail-api..."),
        ("/misaki@aoba.example", "/misaki..."),
        ("/秘密", "/..."),
        ("", "/..."),
    ],
)
def test_a_path_is_shown_as_far_as_it_is_ours(path: str, shown: str) -> None:
    assert shown_path(path) == shown


def test_what_is_not_listed_or_looks_private_stays_out(log: Log) -> None:
    structlog.get_logger().warning(
        "refused hanako@example.com",
        reason=f"token {TOKEN} of <hanako@example.com>",
        subject="見積もりの件",
        host={"body": "秘密"},
        outcome="x" * 1000,
    )
    (line,) = log.lines()
    assert line["event"] == "refused [removed]"
    assert line["reason"] == "token [removed] of <[removed]>"
    assert line["dropped"] == ["subject"]
    assert line["host"] == "[dict]"
    assert len(line["outcome"]) < 250
    for secret in ("hanako", "eyJ", "見積", "秘密"):
        assert secret not in log.text()


def test_an_error_is_told_by_kind_and_place_only(log: Log) -> None:
    try:
        int("本文です")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = log.lines()
    assert line["error"] == "ValueError"
    assert "test_telemetry.py" in line["where"]
    assert "本文" not in log.text()


def test_a_librarys_warning_comes_without_the_values_put_into_it(log: Log) -> None:
    logging.getLogger("urllib3").warning("Retrying %s", "https://gmail.example.com/hanako@example.com?token=1")
    logging.getLogger("urllib3").info("not worth a line")
    (line,) = log.lines()
    assert (line["event"], line["logger"], line["level"]) == ("Retrying %s", "urllib3", "warning")


def test_a_log_that_cannot_be_written_fails_no_request() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    telemetry._writer(writer)(b"{}")
    os.close(writer)


def test_the_level_leaves_requests_out(tmp_path: Path, log: Log) -> None:
    assert log.write is not None
    with (tmp_path / "quiet").open("wb") as stream:
        assert configure("warning", stream) is None


def test_counters_count_and_show_a_copy() -> None:
    counters = Counters()
    counters.count("cache_soft_failures")
    counters.count("cache_soft_failures", 2)
    seen = counters.snapshot()
    counters.count("cache_soft_failures")
    assert seen == {"cache_soft_failures": 3}


def test_the_line_of_a_request_costs_less_than_one_that_structlog_puts_together(log: Log) -> None:
    """Every request has one: nothing of another order may come into it."""

    def bare(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [])
        return []

    def start(_status: str, _headers: list[tuple[str, str]], _problem: object = None, /) -> Any:
        return None

    logged = AccessLog(bare, lambda: "id-made-here", log.write)
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/gmail/message"}
    ask = structlog.get_logger().info

    def ours() -> None:
        for _ in range(500):
            logged(environ, start)

    def anybodys() -> None:
        for _ in range(500):
            ask("request", method="POST", path="/gmail/message", status=200, ms=1.5)

    costs_no_more_than(ours, anybodys, 2)

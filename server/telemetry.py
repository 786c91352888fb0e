"""What the service says about itself: JSON lines on stderr, a request id, counters. Never a mail's text, an address or a token.

A line holds only the keys of KEYS, and of their values only what looks harmless. A key that is not listed is left out and named
under "dropped", so that whoever adds one sees at once that it has to be listed, and thinks about what it may carry.
"""

import logging
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, Final

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

if TYPE_CHECKING:
    # These names exist for type checkers only.
    from _typeshed import OptExcInfo as _Problem
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEYS: Final = frozenset(
    {
        # the line
        "component", "dropped", "event", "level", "logger", "request_id", "time", "where",
        # the request
        "bytes", "host", "method", "ms", "path", "status",
        # what it came to: names and ids of ours, never anybody's words
        "action", "conversation", "error", "outcome", "person", "reason", "team", "workspace",
        # figures
        "attempt", "count", "name", "pid", "port", "round_trips", "seconds", "version",
    }
)  # fmt: skip
LONGEST: Final = 200
# An address, or the beginning of a JSON Web Token.
_PRIVATE: Final = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+|eyJ[\w-]{10,}[\w.-]*")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_PATH: Final = re.compile(r"/[a-z0-9_.-]*(?:/[a-z0-9_.-]*)?", re.ASCII)
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def configure(level: str = "info", stream: BinaryIO | None = None) -> Callable[[bytes], None] | None:
    """Send our lines, and the libraries' warnings, to stderr as JSON. Once a process, before the first line.

    Returns what AccessLog writes with; None when the level leaves requests out.
    """
    stream = stream or sys.stderr.buffer
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = _LibraryLines(structlog.BytesLogger(stream))
    logging.basicConfig(level=max(_LEVELS[level], logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    return _writer(stream.fileno()) if _LEVELS[level] <= logging.INFO else None


def request_id() -> str:
    """Return the id of the request that this thread answers; empty outside of one."""
    return _request_id.get()


class Counters:
    """Figures that /health shows: how often something happened since this process began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def count(self, name: str, by: int = 1) -> None:
        """Note that it happened, for example "cache_soft_failures"."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + by

    def snapshot(self) -> Mapping[str, int]:
        with self._lock:
            return dict(self._counts)


class AccessLog:
    """WSGI middleware: gives each request an id, says it in the answer, and writes one line when it is answered.

    The line is put together here and not by structlog, which would take 13 of the 15 microseconds that a request has for it.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        new_id: Callable[[], str],
        write: Callable[[bytes], object] | None,
        quiet: frozenset[str] = frozenset({"/health", "/outlook/changes"}),
    ) -> None:
        self._app = app
        self._new_id = new_id
        self._write = write
        self._quiet = quiet

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID")
        identity = given if given and _REQUEST_ID.fullmatch(given) else self._new_id()
        _request_id.set(identity)
        status = "000"

        def start(
            answer: str, headers: list[tuple[str, str]], problem: "_Problem | None" = None, /
        ) -> Callable[[bytes], object]:
            nonlocal status
            status = answer
            headers.append(("X-Request-Id", identity))
            return start_response(answer, headers, problem)

        body = self._app(environ, start)
        path = environ["PATH_INFO"]
        if self._write and path not in self._quiet:
            line = {
                "time": time.time(),
                "level": "info",
                "event": "request",
                "request_id": identity,
                "method": environ["REQUEST_METHOD"],
                "path": shown_path(path),
                "status": int(status[:3]),
                "ms": int((time.perf_counter() - begun) * 100_000) / 100,
            }
            self._write(orjson.dumps(line))
        return body


@lru_cache(maxsize=1024)
def shown_path(path: str) -> str:
    """Return the first two parts of a path: what follows may be an address or somebody's message id."""
    match = _PATH.match(path)
    shown = match[0] if match else "/"
    return shown if len(shown) == len(path) else f"{shown}..."


def _writer(descriptor: int) -> Callable[[bytes], None]:
    """Return what writes a line with one system call, so that lines of several processes do not mix."""

    def write(line: bytes) -> None:
        with suppress(OSError):  # a log that cannot be written is no reason to fail a request
            os.write(descriptor, line + b"\n")

    return write


def _line(_logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    """Turn one event into one line; the last and only step, since each step costs a microsecond."""
    line: dict[str, object] = {"time": time.time(), "level": method}
    if identity := _request_id.get():
        line["request_id"] = identity
    dropped = []
    for key, value in event.items():
        if key in KEYS:
            line[key] = _harmless(value)
        elif key == "exc_info":
            line |= _problem(value)
        else:
            dropped.append(key)
    if dropped:
        line["dropped"] = dropped
    return orjson.dumps(line)


def _harmless(value: object) -> object:
    if type(value) is str:
        if len(value) > LONGEST:
            value = value[:LONGEST] + "..."
        # The pattern is only tried where it can match: it costs more than the rest of the line.
        return _PRIVATE.sub("[removed]", value) if "@" in value or "eyJ" in value else value
    if value is None or isinstance(value, bool | int | float):
        return value
    return f"[{type(value).__name__}]"


def _problem(given: object) -> dict[str, object]:
    """Return kind and place of an error. Not its text: errors quote what they choke on, and that may be a mail."""
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return {"error": type(error).__name__, "where": where}


class _LibraryLines(logging.Handler):
    """The libraries' warnings in our form: the sentence they were written with, without the values put into it."""

    def __init__(self, log: structlog.BytesLogger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        event: EventDict = {"event": str(record.msg), "logger": record.name}
        if record.exc_info:
            event["exc_info"] = record.exc_info[1]
        self._log.msg(_line(None, record.levelname.lower(), event))

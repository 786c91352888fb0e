"""What every stand-in of a CRM has: a real HTTP/1.1 server on the loopback that remembers what it was asked and misbehaves on request.

A vendor's stand-in overrides `answer`, and `error` where its errors have a shape of their own.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

How = Literal[
    "401",
    "403",
    "404",
    "409",
    "429",
    "500",
    "503",
    "malformed",  # 200, and JSON that ends too soon
    "strange",  # 200, and JSON of another shape
    "slow",  # no answer
    "drip",  # an answer, a byte at a time
    "half_closed",  # less than was announced
    "hang_up",  # the connection ends without an answer
    "empty",  # 200, and nothing
    "huge",  # an answer without end
    "redirect",
]
_FIRST: Final = 64 * 1024
_HUGE: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came; header names in lower case."""

    method: str
    target: str  # with the query, as written
    path: str  # without it, decoded
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    def param(self, name: str) -> str:
        """The first of that name in the query, "" when there is none."""
        return next((value for key, value in self.query if key == name), "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> Mapping[str, str]:
        """Fields of an application/x-www-form-urlencoded body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the stand-in says."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def says(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


@dataclass(slots=True)
class _Fault:
    how: How
    times: int | None
    retry_after: str | None
    when: Callable[[Request], bool]


class Vendor:
    """A running stand-in: `with Vendor() as vendor`."""

    def __init__(self) -> None:
        self.calls: list[Request] = []
        self.misbehaved: list[Request] = []  # those of `calls` that a misbehaviour met
        self.impostor = False  # answer each query with another customer's data; subclasses heed it
        self.distort: Callable[[Answer], Answer] | None = None  # what is done to good answers on their way out
        self.delay = 0.0  # seconds before each answer
        self.connections = 0
        self.sent = 0  # bytes of bodies
        self.broken: list[BaseException] = []  # faults of the stand-in itself: raised at its end
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._stopping = threading.Event()

        class Handler(_Handler):
            pass

        Handler.vendor = self
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url: str = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self.hang_up_on_the_idle()
        self._server.server_close()
        self._thread.join(5)
        if error is None and self.broken:
            raise self.broken[0]

    def answer(self, request: Request) -> Answer:
        """The vendor's own part. Called by several threads at a time."""
        return says({})

    def error(self, status: int, request: Request) -> Answer:
        """How this vendor says that something is wrong: its status, headers and body."""
        return says({"error": f"status {status}"}, status)

    def misbehave(
        self,
        how: How,
        *,
        times: int | None = 1,
        retry_after: float | str | None = None,
        when: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        """Do this to the next calls that `when` is true of; to all of them when `times` is None. What was asked for first comes first."""
        with self._lock:
            self._faults.append(_Fault(how, times, None if retry_after is None else str(retry_after), when))

    def behave(self) -> None:
        """No more misbehaviour, and nothing remembered."""
        with self._lock:
            self._faults.clear()
            self.calls.clear()
            self.misbehaved.clear()
            self.impostor = False
            self.distort = None
            self.delay = 0.0
            self.sent = 0

    def hang_up_on_the_idle(self) -> None:
        """Close every connection there is, as servers do after a while."""
        while self._sockets:
            with suppress(OSError):  # it was closed long ago
                self._sockets.pop().shutdown(socket.SHUT_RDWR)

    def arrived(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._sockets.append(connection)

    def asked(self, request: Request) -> _Fault | None:
        with self._lock:
            self.calls.append(request)
            for fault in self._faults:
                if fault.times != 0 and fault.when(request):
                    fault.times = None if fault.times is None else fault.times - 1
                    self.misbehaved.append(request)
                    return fault
        return None

    def pause(self, seconds: float) -> bool:
        """Wait; true when the stand-in is being closed."""
        return self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that give up are part of the tests."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            vars(self.RequestHandlerClass)["vendor"].broken.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    vendor: Vendor

    def setup(self) -> None:
        self.vendor.arrived(self.request)
        super().setup()

    def _serve(self) -> None:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:  # whoever asked was out of time and has hung up: there is nobody to answer
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qsl(address.query, keep_blank_values=True)
        request = Request(self.command, self.path, unquote(address.path), query, headers, body)
        fault = self.vendor.asked(request)
        if fault is None:
            answer = self.vendor.answer(request)
            self.vendor.pause(self.vendor.delay)
            self._send(answer if self.vendor.distort is None else self.vendor.distort(answer))
        else:
            self._misbehave(fault, request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - the base class finds them by these names

    def _misbehave(self, fault: _Fault, request: Request) -> None:
        good = Answer(200, b'{"results": [{"id": "1", "name": "', {"Content-Type": "application/json"})
        match fault.how:
            case "malformed":
                self._send(good)
            case "strange":
                self._send(says([["?"], 1]))
            case "empty":
                self._send(Answer(200, b"", good.headers))
            case "slow":
                self.vendor.pause(30)
                self.close_connection = True
            case "drip":
                self._head(200, {"Content-Length": "100000"})
                for _ in range(100_000):
                    self.wfile.write(b" ")
                    if self.vendor.pause(0.05):
                        break
                self.close_connection = True
            case "half_closed":
                self._head(200, {**good.headers, "Content-Length": "100000"})
                self.wfile.write(good.body)
                self.close_connection = True
            case "hang_up":
                self.close_connection = True
            case "huge":
                self._head(200, {**good.headers, "Content-Length": str(_HUGE)})
                for _ in range(_HUGE // _FIRST):
                    self.wfile.write(b" " * _FIRST)
                    self.vendor.sent += _FIRST
            case "redirect":
                self._send(Answer(302, b"", {"Location": f"{self.vendor.url}/elsewhere"}))
            case _:
                answer = self.vendor.error(int(fault.how), request)
                more = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                self._send(Answer(answer.status, answer.body, {**answer.headers, **more}))

    def _send(self, answer: Answer) -> None:
        self._head(answer.status, {**answer.headers, "Content-Length": str(len(answer.body))})
        if self.command != "HEAD":
            self.wfile.write(answer.body)
            self.vendor.sent += len(answer.body)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Nothing: the tests look at `calls`."""

"""A language model's part, for tests: a real HTTP server on the loopback that speaks chat completions and misbehaves on request."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

KEY: Final = "sk-made-up-key-of-the-tests"
MODEL: Final = "small-and-polite"

Behaviour = Callable[["Call"], None]


@dataclass
class Call:
    """One request, and the means to answer it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    handler: BaseHTTPRequestHandler
    ended: threading.Event

    @property
    def text(self) -> str:
        """The reply that is to be edited, as it was sent."""
        found = re.search(r"<mail_text>\n(.*?)\n</mail_text>", self.body["messages"][-1]["content"], re.DOTALL)
        assert found
        return found[1]

    def send(self, status: int, content: bytes, **headers: str) -> None:
        """A whole answer."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(content)))
        self.handler.end_headers()
        self.handler.wfile.write(content)


@dataclass
class Model:
    """The stand-in: where it is, what it was asked, how it answers. `then` are answers to the next calls, before `behaviour`."""

    url: str
    behaviour: Behaviour
    then: list[Behaviour] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)  # a caller hung up on us
    ended: threading.Event = field(default_factory=threading.Event)


def completion(text: str | None, *, finish: str = "stop", **message: Any) -> bytes:
    """An answer of the protocol."""
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_780_000_000,
            "model": MODEL,
            "choices": [
                {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text} | message}
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        },
        ensure_ascii=False,
    ).encode()


def says(write: Callable[[str], str] = lambda text: text) -> Behaviour:
    """Answers with what `write` makes of the masked reply; without it, with the reply itself."""
    return lambda call: call.send(200, completion(write(call.text)))


def answers(content: bytes, **headers: str) -> Behaviour:
    """Answers with these bytes."""
    return lambda call: call.send(200, content, **headers)


def fails(status: int, **headers: str) -> Behaviour:
    """An error whose text quotes the mail, as some endpoints' do."""
    return lambda call: call.send(status, json.dumps({"error": {"message": call.text}}).encode(), **headers)


def sleeps(call: Call) -> None:
    """Never answers."""
    call.ended.wait(30)


def trickles(head: bytes) -> Behaviour:
    """Sends `head`, and then a byte every 20 ms for as long as somebody listens."""

    def trickle(call: Call) -> None:
        call.handler.wfile.write(head)
        while not call.ended.wait(0.02):
            call.handler.wfile.write(b"x")

    return trickle


def pours(status: int) -> Behaviour:
    """An answer without end, as fast as it is taken."""

    def pour(call: Call) -> None:
        call.handler.wfile.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" % status
        )
        while not call.ended.is_set():
            call.handler.wfile.write(b" " * 65536)

    return pour


def breaks_off(call: Call) -> None:
    """Promises a thousand bytes and hangs up after ten."""
    call.handler.wfile.write(
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"choices"'
    )
    hangs_up(call)


def hangs_up(call: Call) -> None:
    """Ends the connection."""
    with suppress(OSError):
        call.handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def model(tls: ssl.SSLContext | None = None) -> Iterator[Model]:
    """A running stand-in that answers with the reply itself; over https with a context."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            call = Call(self.path, dict(self.headers.items()), json.loads(content), self, standin.ended)
            standin.calls.append(call)
            self.close_connection = True
            try:
                (standin.then.pop(0) if standin.then else standin.behaviour)(call)
            except OSError:
                standin.gone.set()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    standin = Model(f"{scheme}://localhost:{server.server_port}/v1", says())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        standin.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""Answers that come later, without a thread that waits for them (docs/adr/0011).

granian hands its callback the request and an object that takes the answer. Its WSGI layer answers as soon as the application
returns; but nothing is lost when it does not: the connection waits in granian's event loop until somebody calls that object,
from whatever thread. So the application is given a way to take the answer upon itself:

    granian -- scope, protocol --> callback() -- environ[HOLD] --> application: reply = environ[HOLD]()
                                                                   ... returns; the thread is free; seconds pass ...
    granian <------------------- reply(200, headers, body) ------- any thread

Under another server there is no HOLD in the environ, and whoever would wait answers at once (web/changes.py).
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

HOLD: Final = "sobani.hold"
"""Key of the environ: a function without arguments that returns a Reply, once; what the application then returns is not sent."""

CONNECTIONS: Final = 1024
"""Connections a process takes beside those that wait."""

Reply = Callable[[int, Sequence[tuple[str, str]], bytes], None]
"""Sends the answer: status, headers, body. Of a client that has gone it says nothing, and does nothing."""


class _Protocol(Protocol):
    """What granian gives its WSGI callback (granian._granian.WSGIProtocol)."""

    def response_bytes(self, status: int, headers: Sequence[tuple[str, str]], body: bytes, /) -> None: ...

    def response_iter(self, status: int, headers: Sequence[tuple[str, str]], body: object, /) -> None: ...


class _Holding:
    """granian's protocol object, until the application takes the answer upon itself."""

    __slots__ = ("_held", "_protocol")

    def __init__(self, protocol: _Protocol) -> None:
        self._protocol = protocol
        self._held = False

    def hold(self) -> Reply:
        self._held = True
        return self._protocol.response_bytes

    def response_bytes(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        if not self._held:
            self._protocol.response_bytes(status, headers, body)

    def response_iter(self, status: int, headers: Sequence[tuple[str, str]], body: object) -> None:
        if not self._held:
            self._protocol.response_iter(status, headers, body)


def teach(server: Any, paths: Collection[str]) -> None:
    """Let requests of these paths be held. `server`: the module of granian's Server, before it makes the worker's callback.

    granian has no public way to this object, so the name is replaced that its worker makes the callback with; a version
    without that name is left alone, and panes ask now and then instead of waiting.
    """
    original = getattr(server, "_wsgi_call_wrap", None)
    if original is None:
        return

    def wrap(application: object, *rest: object) -> Callable[[_Protocol, dict[str, Any]], object]:
        answer = original(application, *rest)

        def callback(protocol: _Protocol, scope: dict[str, Any]) -> object:
            if scope["PATH_INFO"] in paths:
                holding = _Holding(protocol)
                scope[HOLD] = holding.hold
                return answer(holding, scope)
            return answer(protocol, scope)

        return callback

    server._wsgi_call_wrap = wrap  # noqa: SLF001 - see above


def make_room(threads: int, waiting: int) -> int:
    """Return how many connections this process may have at a time, as far as the system lets it, and let it."""
    wanted = (
        max(CONNECTIONS, threads) + 2 * waiting
    )  # twice: browsers keep a second connection for what they ask meanwhile
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted + _OTHER_FILES:
        most = wanted + _OTHER_FILES
        with suppress(ValueError, OSError):  # macOS has a lower limit than the one it names
            soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if soft == resource.RLIM_INFINITY else max(64, min(wanted, soft - _OTHER_FILES))


_OTHER_FILES: Final = 512  # the store's connections, the libraries' files, calls to Google and Microsoft

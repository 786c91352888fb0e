"""Stands between the service and its store and counts how often one asks and waits for the other."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_COMMAND: Final = re.compile(rb"\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n")
HANDSHAKE: Final = frozenset({"AUTH", "CLIENT", "HELLO", "PING", "SELECT"})
"""What a client says once on a new connection, before anything is asked."""


class Proxy:
    """Forwards every connection to `upstream`. A turn is all that is sent before an answer comes back."""

    def __init__(self, path: Path, upstream: str) -> None:
        self.url = f"unix://{path}"
        self._upstream = upstream.removeprefix("unix://")
        self._lock = threading.Lock()
        self._turns: list[tuple[str, ...]] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def turns(self) -> list[tuple[str, ...]]:
        """Return the commands of each turn since the last call, without those of a connection's beginning."""
        with self._lock:
            turns, self._turns = self._turns, []
        return [turn for turn in turns if not set(turn) <= HANDSHAKE]

    def close(self) -> None:
        self._listener.close()
        for one in list(self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._upstream)
            except OSError:
                server.close()
                client.close()
                continue
            self._open |= {client, server}
            asking = threading.Event()
            for side in ((client, server, asking, True), (server, client, asking, False)):
                threading.Thread(target=self._pump, args=side, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, asking: threading.Event, up: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 20):
                if up:
                    self._count(data, goes_on=asking.is_set())
                    asking.set()
                else:
                    asking.clear()
                sink.sendall(data)
        for one in (source, sink):
            self._open.discard(one)
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _count(self, data: bytes, *, goes_on: bool) -> None:
        names = tuple(name.decode().upper() for name in _COMMAND.findall(data))
        with self._lock:
            if goes_on and self._turns:
                self._turns[-1] += names
            else:
                self._turns.append(names)


@contextmanager
def between(path: Path, upstream: str) -> Iterator[Proxy]:
    """Give a proxy to the store at this address."""
    proxy = Proxy(path, upstream)
    try:
        yield proxy
    finally:
        proxy.close()

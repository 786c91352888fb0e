"""HTTP for google-api-python-client: pooled, safe between threads, and over at its deadline whatever the server does.

The client's own transport, httplib2, is not safe between threads, and its time limit starts anew with every packet: a
server that sends a byte a second holds a thread for as long as it likes. Here one budget covers the whole request:
looking the name up, connecting, TLS, sending, and every read of head and body.
"""

from __future__ import annotations

import http.client
import io
import queue
import re
import socket
import ssl
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import httplib2

Clock = Callable[[], float]
"""Seconds that only grow."""

Left = Callable[[], float]
"""Seconds left of the request in course; raises TimeoutError when there are none."""

_IDLE: Final = 32  # connections kept for the next request
_REASON: Final = re.compile(rb'"reason"\s*:\s*"([A-Za-z_]{1,60})"')
_LOOKUPS: Final = 8  # names looked up at once: a resolver that hangs must not cost a thread per request


class TooLargeError(OSError):
    """The answer is longer than anything we are prepared to read."""


class BoundedHttp:
    """Stands where google-api-python-client expects an `httplib2.Http`. Never retries, redirects, or keeps cookies.

    Of an answer that is an error only Google's own word for the reason is kept: the client would log all of it, and
    its sentences may name an account.
    """

    def __init__(self, *, budget: float, largest: int, clock: Clock = time.monotonic) -> None:
        self._budget = budget
        self._largest = largest
        self._clock = clock
        self._tls = ssl.create_default_context()
        self._resolver = _Resolver()
        self._idle: deque[_Connection] = deque()  # its append and pops are atomic

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[httplib2.Response, bytes]:
        """Send one request and read the whole answer.

        Raises TimeoutError at the deadline, other OSErrors and http.client.HTTPException when it fails before.
        """
        return self._request(uri, method, body, headers, self._clock() + self._budget)

    def within(self, seconds: float) -> Within:
        """The same connections for several requests that have so much time together."""
        return Within(self._request, self._clock() + seconds)

    def _request(
        self, uri: str, method: str, body: str | None, headers: Mapping[str, str] | None, deadline: float
    ) -> tuple[httplib2.Response, bytes]:
        address = urlsplit(uri)
        origin = (address.scheme, address.hostname or "", address.port or 0)
        target = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
        # Whether the server still holds an idle connection shows only when it is used. Asking again is harmless when
        # asking changes nothing (RFC 9112, section 9.3.1); anything else gets a connection of its own, so that a
        # failure never leaves open whether the first try was heard.
        connection = self._take(origin) if method == "GET" else None
        try:
            if connection is not None:
                connection.deadline = deadline
                try:
                    return self._exchange(connection, method, target, body, headers)
                except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                    connection.close()  # a fresh one asks the same again; the deadline stays
            connection = _Connection(origin, self._tls, self._resolver, self._clock)
            connection.deadline = deadline
            return self._exchange(connection, method, target, body, headers)
        except BaseException:
            if connection is not None:
                connection.close()
            raise

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def _take(self, origin: tuple[str, str, int]) -> _Connection | None:
        try:  # the one used last is the likeliest to be still open
            connection = self._idle.pop()
        except IndexError:
            return None
        if connection.origin == origin:
            return connection
        connection.close()
        return None

    def _exchange(
        self, connection: _Connection, method: str, target: str, body: str | None, headers: Mapping[str, str] | None
    ) -> tuple[httplib2.Response, bytes]:
        connection.request(method, target, body, {**(headers or {}), "accept-encoding": "gzip"})
        answer = connection.getresponse()
        content = answer.read(self._largest + 1)
        if len(content) > self._largest:
            raise TooLargeError(f"more than {self._largest} bytes")
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        if answer.isclosed() and not answer.will_close and len(self._idle) < _IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        if answer.status >= 400:
            content = self._reason(answer, content)
        elif answer.getheader("Content-Encoding", "").lower() == "gzip":
            content = self._unzip(content)
        return httplib2.Response(answer), content

    def _reason(self, answer: http.client.HTTPResponse, content: bytes) -> bytes:
        """An error as Google writes one, with nothing in it but the reason; nothing when it has none."""
        if answer.getheader("Content-Encoding", "").lower() == "gzip":
            try:
                content = self._unzip(content)
            except (OSError, http.client.HTTPException):
                return b""
        found = _REASON.search(content)
        return b'{"error": {"errors": [{"reason": "%s"}]}}' % found[1] if found else b""

    def _unzip(self, content: bytes) -> bytes:
        unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            plain = unzip.decompress(content, self._largest + 1)
        except zlib.error as error:
            raise http.client.HTTPException("not the gzip it claims to be") from error
        if len(plain) > self._largest:
            raise TooLargeError(f"more than {self._largest} bytes")
        return plain


Request = Callable[[str, str, "str | None", "Mapping[str, str] | None", float], "tuple[httplib2.Response, bytes]"]


class Within:
    """Several requests under one deadline; it too stands where an `httplib2.Http` is expected."""

    def __init__(self, request: Request, deadline: float) -> None:
        self._request = request
        self._deadline = deadline

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[httplib2.Response, bytes]:
        """As `BoundedHttp.request`, in what is left of the time."""
        return self._request(uri, method, body, headers, self._deadline)


class _Connection(http.client.HTTPConnection):
    """One connection to one origin. `deadline` belongs to the request in course."""

    def __init__(self, origin: tuple[str, str, int], tls: ssl.SSLContext, resolver: _Resolver, clock: Clock) -> None:
        scheme, host, port = origin
        self.default_port = 443 if scheme == "https" else 80  # what the Host header leaves out
        super().__init__(host, port or self.default_port)
        self.origin = origin
        self.deadline = 0.0
        self._tls = tls if scheme == "https" else None
        self._resolver = resolver
        self._clock = clock

    def left(self) -> float:
        left = self.deadline - self._clock()
        if left <= 0:
            raise TimeoutError("the time for this request is up")
        return left

    def connect(self) -> None:
        sock = _connect(self._resolver.addresses(self.host, self.port, self.left), self.left)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock.settimeout(self.left())
                sock = self._tls.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise
        self.sock = _Timed(sock, self.left)


class _Timed:
    """As much of a socket as http.client uses; each operation may take what is left of the request's time."""

    def __init__(self, sock: socket.socket, left: Left) -> None:
        self._sock = sock
        self._left = left

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._left))

    def close(self) -> None:
        self._sock.close()


class _Reader(io.RawIOBase):
    """Reads the socket. Through `makefile`, so that an answer can still be read when its connection is already given up."""

    def __init__(self, sock: socket.socket, left: Left) -> None:
        super().__init__()
        self._sock = sock
        self._left = left
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


_Address = tuple[socket.AddressFamily, socket.SocketKind, int, Any]


def _connect(addresses: Sequence[_Address], left: Left) -> socket.socket:
    """A connection to the first address that answers; each gets a fair share of the time, so that a dead one does not eat it all."""
    failure = OSError("a name without addresses")
    for position, (family, kind, protocol, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left() / (len(addresses) - position))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class _Resolver:
    """Looks names up. The system's resolver knows no time limit, so it is asked on a thread of its own."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_LOOKUPS)

    def addresses(self, host: str, port: int, left: Left) -> Sequence[_Address]:
        if not self._places.acquire(timeout=left()):
            raise TimeoutError("too many look-ups are waiting for the resolver")
        answer: queue.SimpleQueue[Sequence[_Address] | OSError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                answer.put([(family, kind, protocol, address) for family, kind, protocol, _, address in found])
            except OSError as error:
                answer.put(error)
            finally:
                self._places.release()

        threading.Thread(target=ask, name="look-up", daemon=True).start()
        try:
            found = answer.get(timeout=left())
        except queue.Empty:
            raise TimeoutError("the resolver did not answer") from None
        if isinstance(found, OSError):
            raise found
        return found

"""HTTP that is pooled, safe between threads, and over at its deadline whatever the server does.

The time limits of most clients start anew with every packet: a server that sends a byte a second holds a thread for as
long as it likes. Here one deadline covers the whole request: looking the name up, connecting, TLS, sending, and every
read of head and body. Never retries, redirects, or keeps cookies.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

Clock = Callable[[], float]
"""Seconds that only grow."""

Left = Callable[[], float]
"""Seconds left of the request in course; raises TimeoutError when there are none."""

Allowed = Callable[[str], bool]
"""Whether this IP address may be connected to."""

_IDLE: Final = 32  # connections kept for the next request
_LOOKUPS: Final = 8  # names looked up at once: a resolver that hangs must not cost a thread per request


class TooLargeError(OSError):
    """The answer is longer than anything we are prepared to read."""


class UnsafeAddressError(OSError):
    """The name leads only to addresses that may not be connected to."""


class Answer(NamedTuple):
    """An answer, whole and unpacked; header names in lower case, those that came twice joined by a comma."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Requests over kept connections. `allowed` judges the address that is connected to, not the name: a name may change its mind."""

    def __init__(self, *, largest: int, clock: Clock = time.monotonic, allowed: Allowed | None = None) -> None:
        self._largest = largest
        self._clock = clock
        self._allowed = allowed
        self._secure: ssl.SSLContext | None = None
        self._resolver = _Resolver()
        self._idle: deque[_Connection] = deque()  # its append and pops are atomic

    def ask(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        deadline: float,
        again: bool,
    ) -> Answer:
        """Send one request and read the whole answer. `again`: asking twice does no harm.

        Raises TimeoutError at the deadline, other OSErrors and http.client.HTTPException when it fails before.
        """
        address = urlsplit(uri)
        origin = (address.scheme, address.hostname or "", address.port or 0)
        target = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
        # Whether the server still holds an idle connection shows only when it is used. Asking again is harmless when
        # asking changes nothing (RFC 9112, section 9.3.1); anything else gets a connection of its own, so that a
        # failure never leaves open whether the first try was heard.
        connection = self._take(origin) if again else None
        try:
            if connection is not None:
                connection.deadline = deadline
                try:
                    return self._exchange(connection, method, target, body, headers)
                except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                    connection.close()  # a fresh one asks the same again; the deadline stays
            tls = self._tls() if address.scheme == "https" else None
            connection = _Connection(origin, tls, self._resolver, self._clock, self._allowed)
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

    def _tls(self) -> ssl.SSLContext:
        if (
            self._secure is None
        ):  # reading the machine's certificates takes some 50 ms; two threads may do it at once, harmlessly
            self._secure = ssl.create_default_context()
        return self._secure

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
        self,
        connection: _Connection,
        method: str,
        target: str,
        body: str | bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
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
        if answer.getheader("Content-Encoding", "").lower() == "gzip":
            try:
                content = self._unzip(content)
            except (OSError, http.client.HTTPException):
                if answer.status < 400:
                    raise
                content = b""  # that it is an error says more than that it is badly packed
        found: dict[str, str] = {}
        for name, value in answer.getheaders():
            found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
        return Answer(answer.status, answer.reason, found, content)

    def _unzip(self, content: bytes) -> bytes:
        unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            plain = unzip.decompress(content, self._largest + 1)
        except zlib.error as error:
            raise http.client.HTTPException("not the gzip it claims to be") from error
        if len(plain) > self._largest:
            raise TooLargeError(f"more than {self._largest} bytes")
        return plain


_CLOSED: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            # IANA's registries of special-purpose addresses, as far as they are not plainly global; written out, because what
            # `ipaddress` calls private changed between Python's releases.
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32",  # Azure's own services, from inside its machines: public by number only
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ),
    )
)  # fmt: skip
_NEVER: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            # Where clouds give their machines' credentials away, and what answers nobody in particular.
            "169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32", "fd00:ec2::254/128", "fd20:ce::254/128",
            "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not this machine, its network, a cloud's metadata, or a wrapping of those."""
    ip = _bare(address)
    if ip is None or (ip.version == 6 and ip not in _GLOBAL_V6):
        return False
    return not any(ip in network for network in _CLOSED)


def is_host(address: str) -> bool:
    """Whether an IP address is some machine's, this one and its network included, but no cloud's metadata."""
    ip = _bare(address)
    return ip is not None and not any(ip in network for network in _NEVER)


def _bare(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address out of the clothes in which IPv4 travels through IPv6; None when it is none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:  # how an IPv6-only network reaches the IPv4 world
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


class _Connection(http.client.HTTPConnection):
    """One connection to one origin. `deadline` belongs to the request in course."""

    def __init__(
        self,
        origin: tuple[str, str, int],
        tls: ssl.SSLContext | None,
        resolver: _Resolver,
        clock: Clock,
        allowed: Allowed | None,
    ) -> None:
        scheme, host, port = origin
        self.default_port = 443 if scheme == "https" else 80  # what the Host header leaves out
        super().__init__(host, port or self.default_port)
        self.origin = origin
        self.deadline = 0.0
        self._tls = tls
        self._resolver = resolver
        self._clock = clock
        self._allowed = allowed

    def left(self) -> float:
        left = self.deadline - self._clock()
        if left <= 0:
            raise TimeoutError("the time for this request is up")
        return left

    def connect(self) -> None:
        addresses = self._resolver.addresses(self.host, self.port, self.left)
        if self._allowed is not None:
            addresses = [address for address in addresses if self._allowed(str(address[3][0]))]
            if not addresses:
                raise UnsafeAddressError("no address that may be connected to")
        sock = _connect(addresses, self.left)
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

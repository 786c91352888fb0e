"""Google's part, for tests: signing keys and tokens, and as much of the Gmail API as the service asks for.

A real HTTP/1.1 server on the loopback that keeps its connections open. It holds callers to Google's rules (the pair of
tokens, one message per message token) and misbehaves on request.
"""

from __future__ import annotations

import base64
import email
import email.policy
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

SERVICE_ACCOUNT: Final = "service-1234567890@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
CLIENT_ID: Final = "1234567890-sobani.apps.googleusercontent.com"
NOW: Final = 1_780_000_000
"""The moment at which the tests' tokens are issued, an hour before they expire."""


class Signer:
    """One of Google's signing keys."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def jwk(self) -> dict[str, str]:
        """The public half, as in /oauth2/v3/certs."""
        numbers = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, "n": numbers["n"], "e": numbers["e"]}

    @cached_property
    def public_pem(self) -> str:
        """The public half alone, in PEM."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @cached_property
    def certificate(self) -> str:
        """The public half in a self-signed certificate, as in /oauth2/v1/certs."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(1)
            .not_valid_before(start)
            .not_valid_after(start.replace(year=2036))
            .sign(self.private, hashes.SHA256())
            .public_bytes(Encoding.PEM)
            .decode()
        )

    def sign(self, claims: Mapping[str, object], **header: object) -> str:
        """A token; `header` replaces or adds fields of its head."""
        payload = json.dumps(dict(claims)).encode()
        return jwt.PyJWS().encode(payload, self.private, algorithm="RS256", headers={"kid": self.kid, **header})

    def system_token(self, url: str, **claims: object) -> str:
        """What Google sends with a call of `url`; a claim given as None is left out."""
        return self.sign(
            _without_none(
                {
                    "iss": "https://accounts.google.com",
                    "aud": url,
                    "azp": "100000000000000000001",
                    "sub": "100000000000000000001",
                    "email": SERVICE_ACCOUNT,
                    "email_verified": True,
                    "iat": NOW,
                    "exp": NOW + 3600,
                    **claims,
                }
            )
        )

    def user_token(self, **claims: object) -> str:
        """Who has the add-on open; a claim given as None is left out."""
        return self.sign(
            _without_none(
                {
                    "iss": "https://accounts.google.com",
                    "aud": CLIENT_ID,
                    "azp": CLIENT_ID,
                    "sub": "110000000000000000002",
                    "hd": "aoba.example",
                    "email": "sato.misaki@aoba.example",
                    "email_verified": True,
                    "iat": NOW,
                    "exp": NOW + 3600,
                    **claims,
                }
            )
        )


def _without_none(claims: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in claims.items() if value is not None}


def message_resource(
    raw: bytes,
    *,
    id: str,  # noqa: A002 - Gmail's word
    thread_id: str = "18c2f00d00000001",
    decoded: bool = True,
) -> dict[str, Any]:
    """A mail as messages.get answers it with format=full.

    `decoded`: headers as readable text and bodies as UTF-8, whatever they were; else both as they stand in the mail.
    """
    parsed = email.message_from_bytes(raw, policy=email.policy.default if decoded else email.policy.compat32)
    return {
        "id": id,
        "threadId": thread_id,
        "labelIds": ["INBOX", "UNREAD"],
        "snippet": "",
        "historyId": "987654",
        "internalDate": "1780000000000",
        "sizeEstimate": len(raw),
        "payload": _part(parsed, ""),
    }


def _part(part: Message, number: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "partId": number,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename("") or "",
        "headers": [{"name": name, "value": str(value)} for name, value in part.items()],
    }
    inner = part.get_payload()
    if isinstance(inner, list):
        resource["body"] = {"size": 0}
        resource["parts"] = [
            _part(child, f"{number}.{index}" if number else str(index))
            for index, child in enumerate(inner)
            if isinstance(child, Message)
        ]
    elif resource["filename"]:
        resource["body"] = {"attachmentId": "ANGjdJ-attachment", "size": 1}
    else:
        content = part.get_content() if isinstance(part, EmailMessage) else part.get_payload(decode=True)
        data = content.encode() if isinstance(content, str) else content
        assert isinstance(data, bytes)
        resource["body"] = {"size": len(data), "data": base64.urlsafe_b64encode(data).decode()}
    return resource


@dataclass
class Asked:
    """One request as it came."""

    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]


Misbehaviour = Callable[["_Handler"], None]


@dataclass
class Google:
    """The stand-in. Its fields are what a test sets and looks at."""

    signers: list[Signer]
    certificates: bool = False  # /certs answers PEM certificates by key id instead of a JWK set
    cache_control: str = "public, max-age=21600, must-revalidate, no-transform"
    certs_asked: int = 0
    certs_failing: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)  # by both forms of their ids
    tokens: dict[str, str] = field(default_factory=dict)  # message token -> hex id of its message
    user_tokens: set[str] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    sockets: list[socket.socket] = field(default_factory=list)
    misbehave: Misbehaviour | None = None
    compress: bool = False
    url: str = ""

    @property
    def certs_url(self) -> str:
        return f"{self.url}/certs"

    @property
    def gmail_url(self) -> str:
        """With a path of its own, as the address of any stand-in may have one."""
        return f"{self.url}/gmail-api"

    def put(self, raw: bytes, *, number: int = 0x18C2F00D00000001) -> tuple[str, str]:
        """Lay a mail into the mailbox; its id in the event's form, and the token that opens it."""
        hex_id = f"{number:x}"
        resource = message_resource(raw, id=hex_id, thread_id=hex_id)
        self.messages[hex_id] = self.messages[f"msg-f:{number}"] = resource
        self.user_tokens.add("ya29.agent")
        self.tokens[f"message-token-{hex_id}"] = hex_id
        return f"msg-f:{number}", f"message-token-{hex_id}"

    def keys(self) -> dict[str, Any]:
        if self.certificates:
            return {signer.kid: signer.certificate for signer in self.signers}
        return {"keys": [signer.jwk for signer in self.signers]}

    def forget(self) -> None:
        """An empty mailbox and good manners again, for the next test."""
        for held in (self.messages, self.tokens, self.user_tokens, self.asked):
            held.clear()
        self.misbehave, self.compress, self.connections = None, False, 0

    def hang_up_on_the_idle(self) -> None:
        """Close every connection there is, as servers do after a while."""
        while self.sockets:
            with suppress(OSError):  # it was closed long ago
                self.sockets.pop().shutdown(socket.SHUT_RDWR)

    def get(self, message_id: str, authorization: str, message_token: str) -> tuple[int, dict[str, Any]]:
        """messages.get, by the rules for the open message's scopes."""
        if authorization.removeprefix("Bearer ") not in self.user_tokens:
            return 401, _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if message_token not in self.tokens:
            return 403, _error(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")
        message = self.messages.get(message_id)
        if message is None or message["id"] != self.tokens[message_token]:
            return 404, _error(404, "NOT_FOUND", "Requested entity was not found.")
        return 200, message


def _error(code: int, status: str, text: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": text, "status": status, "errors": [{"message": text, "reason": status}]}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    google: Google
    stopping: threading.Event

    def setup(self) -> None:
        self.google.connections += 1
        self.google.sockets.append(self.request)
        super().setup()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.google.asked.append(Asked(unquote(address.path), parse_qs(address.query), dict(self.headers.items())))
        if address.path == "/certs":
            self.google.certs_asked += 1
            status = 503 if self.google.certs_failing else 200
            self.answer(status, json.dumps(self.google.keys()).encode(), {"Cache-Control": self.google.cache_control})
            return
        prefix = "/gmail-api/gmail/v1/users/me/messages/"
        if not address.path.startswith(prefix):
            self.answer(404, b"{}")
            return
        if self.google.misbehave is not None:
            self.google.misbehave(self)
            return
        status, found = self.google.get(
            unquote(address.path.removeprefix(prefix)),
            self.headers.get("Authorization", ""),
            self.headers.get("X-Goog-Gmail-Access-Token", ""),
        )
        self.answer(status, json.dumps(found).encode())

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        if self.google.compress:
            body = gzip.compress(body)
            headers = {"Content-Encoding": "gzip", **(headers or {})}
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def wait(self, seconds: float) -> None:
        """Sleep, unless the server is stopped meanwhile."""
        self.stopping.wait(seconds)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


def fails(status: int, body: bytes = b'{"error": {"message": "someone@example.com may not"}}') -> Misbehaviour:
    """Every read of a mail is answered with this status."""
    return lambda handler: handler.answer(status, body)


def answers(body: bytes, headers: Mapping[str, str] | None = None) -> Misbehaviour:
    """Every read of a mail is answered 200 with this body."""
    return lambda handler: handler.answer(200, body, headers)


def sleeps(seconds: float) -> Misbehaviour:
    """Nothing is answered for so long."""

    def misbehave(handler: _Handler) -> None:
        handler.wait(seconds)
        handler.close_connection = True

    return misbehave


def trickles(*, head: bool) -> Misbehaviour:
    """A byte every 20 ms, for ever: of the head, or of the body after a proper head."""

    def misbehave(handler: _Handler) -> None:
        handler.close_connection = True
        if head:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while not handler.stopping.is_set():
                handler.wfile.write(b"x")
                handler.wait(0.02)
        except OSError:
            return  # the caller has gone, which is the point

    return misbehave


def breaks_off(handler: _Handler) -> None:
    """Half an answer, then nothing more."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"id": ')
    handler.close_connection = True


def hangs_up(handler: _Handler) -> None:
    """The connection closes without an answer."""
    handler.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that gives up is what many tests are about, no error."""


@contextmanager
def google(signers: Sequence[Signer], tls: ssl.SSLContext | None = None) -> Iterator[Google]:
    """A stand-in that runs as long as the context; over https with a context of a server."""
    standin = Google(list(signers))
    stopping = threading.Event()
    handler = type("Handler", (_Handler,), {"google": standin, "stopping": stopping})
    server = _Server(("127.0.0.1", 0), handler)
    standin.url = f"{'https' if tls else 'http'}://localhost:{server.server_address[1]}"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def now() -> float:
    """A clock that stands at NOW."""
    return float(NOW)


def elapsed(call: Callable[[], object]) -> float:
    """Seconds that a call took."""
    start = time.monotonic()
    call()
    return time.monotonic() - start

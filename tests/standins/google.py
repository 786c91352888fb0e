"""Google's part, for tests: signing keys and tokens, and as much of the Gmail API as the service asks for.

A real HTTP/1.1 server on the loopback that keeps its connections open. It holds callers to Google's rules (the scopes of
each method, the pair of tokens, one message per message token, what makes a draft part of a thread) and misbehaves on
request.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import gzip
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import format_datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
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

GMAIL: Final[Mapping[str, Any]] = json.loads(
    (files("googleapiclient.discovery_cache") / "documents" / "gmail.v1.json").read_text(encoding="utf-8")
)
"""Google's own description of the Gmail API."""

AUTH: Final = "https://www.googleapis.com/auth"
READONLY: Final = f"{AUTH}/gmail.addons.current.message.readonly"
COMPOSE: Final = f"{AUTH}/gmail.addons.current.action.compose"
SCOPES: Final = frozenset(
    {f"{AUTH}/gmail.addons.execute", READONLY, COMPOSE, f"{AUTH}/userinfo.email", f"{AUTH}/script.locale"}
)
"""What an agent grants who grants all that the add-on asks for."""

_ONLY_HEADERS: Final = frozenset({f"{AUTH}/gmail.metadata", f"{AUTH}/gmail.addons.current.message.metadata"})
_ONLY_THE_OPEN_MESSAGE: Final = frozenset(
    # The discovery document lists these for threads.get; the list of the add-ons' scopes gives them the open message alone.
    {f"{AUTH}/gmail.addons.current.message.action", f"{AUTH}/gmail.addons.current.message.metadata"}
)


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
        "payload": _part(parsed, "", id),
    }


def _part(part: Message, number: str, message_id: str) -> dict[str, Any]:
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
            _part(child, f"{number}.{index}" if number else str(index), message_id)
            for index, child in enumerate(inner)
            if isinstance(child, Message)
        ]
    elif resource["filename"]:
        resource["body"] = {"attachmentId": f"ANGjdJ-{message_id}-{number}", "size": len(_content(part))}
    else:
        content = part.get_content() if isinstance(part, EmailMessage) else part.get_payload(decode=True)
        data = content.encode() if isinstance(content, str) else content
        assert isinstance(data, bytes)
        resource["body"] = {"size": len(data), "data": base64.urlsafe_b64encode(data).decode()}
    return resource


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _parts(part: Message, number: str = "") -> Iterator[tuple[str, Message]]:
    """Every part by its number in the answer."""
    yield number, part
    inner = part.get_payload()
    for index, child in enumerate(inner if isinstance(inner, list) else ()):
        if isinstance(child, Message):
            yield from _parts(child, f"{number}.{index}" if number else str(index))


def unknown_keys(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Keys and types that a discovery schema does not have."""
    if "$ref" in schema:
        return unknown_keys(value, GMAIL["schemas"][schema["$ref"]])
    if schema["type"] == "array":
        return [wrong for item in value for wrong in unknown_keys(item, schema["items"])]
    if schema["type"] == "object":
        fields = schema["properties"]
        return [
            wrong
            for name, item in value.items()
            for wrong in (unknown_keys(item, fields[name]) if name in fields else [name])
        ]
    expected = {"string": str, "integer": int, "boolean": bool}[schema["type"]]
    return [] if isinstance(value, expected) else [repr(value)]


def masked(value: Any, mask: str) -> Any:
    """What `fields` leaves of an answer: a,b(c,d/e), as Google's guide to partial responses has it."""
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    kept: dict[str, Any] = {}
    for name, inner in re.findall(r"([A-Za-z]+)((?:/[A-Za-z]+)+|\((?:[^()]|\([^()]*\))*\))?(?:,|$)", mask):
        if name in value:
            kept[name] = masked(value[name], inner[1:-1] if inner[0] == "(" else inner[1:]) if inner else value[name]
    return kept


class Refused(Exception):
    """An answer of Google's that is an error."""

    def __init__(self, code: int, status: str, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.code = code
        detail = {"message": text, "domain": "global", "reason": reason or status}
        self.body = {"error": {"code": code, "message": text, "status": status, "errors": [detail]}}
        self.headers: Mapping[str, str] = {}
        if reason == "insufficientPermissions":
            self.headers = {
                "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'
            }


@dataclass
class Asked:
    """One request as it came."""

    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


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
    grants: dict[str, set[str]] = field(default_factory=dict)  # user token -> the scopes that its user has granted
    attached: dict[str, dict[str, bytes]] = field(default_factory=dict)  # hex id -> attachment id -> what it holds
    drafts: dict[str, bytes] = field(default_factory=dict)  # draft id -> the mail as it was handed over
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    sockets: list[socket.socket] = field(default_factory=list)
    misbehave: Misbehaviour | None = None
    faults: dict[str, Misbehaviour] = field(default_factory=dict)  # as `misbehave`, for one method: "drafts.create"
    compress: bool = False
    url: str = ""

    @property
    def certs_url(self) -> str:
        return f"{self.url}/certs"

    @property
    def gmail_url(self) -> str:
        """With a path of its own, as the address of any stand-in may have one."""
        return f"{self.url}/gmail-api"

    def put(
        self,
        raw: bytes,
        *,
        number: int = 0x18C2F00D00000001,
        thread: str = "",
        labels: Sequence[str] = ("INBOX", "UNREAD"),
        received: int = NOW,
    ) -> tuple[str, str]:
        """Lay a mail into the mailbox; its id in the event's form, and the token that opens it."""
        hex_id = f"{number:x}"
        resource = message_resource(raw, id=hex_id, thread_id=thread or hex_id)
        resource |= {"labelIds": list(labels), "internalDate": str(received * 1000)}
        self.messages[hex_id] = self.messages[f"msg-f:{number}"] = resource
        self.attached[hex_id] = {
            f"ANGjdJ-{hex_id}-{part}": _content(message)
            for part, message in _parts(email.message_from_bytes(raw))
            if message.get_filename() and not message.is_multipart()
        }
        self.grants.setdefault("ya29.agent", set(SCOPES))
        self.tokens[f"message-token-{hex_id}"] = hex_id
        return f"msg-f:{number}", f"message-token-{hex_id}"

    def remove(self, number: int) -> None:
        """Delete a mail for ever; a thread without mails is gone too."""
        del self.messages[f"{number:x}"], self.messages[f"msg-f:{number}"]

    def send(self, draft_id: str, *, number: int, at: int, sender: str = "sato.misaki@aoba.example") -> bytes:
        """Send a draft as the user would; the mail as everybody gets it. Gmail sets From when it is missing, Date and Message-ID."""
        raw = self.drafts.pop(draft_id)
        message = self._of_draft(draft_id)
        del self.messages[message["id"]]
        head = (
            f"Date: {format_datetime(datetime.fromtimestamp(at, UTC))}\r\nMessage-ID: <{draft_id}@mail.gmail.com>\r\n"
        )
        if b"\r\nFrom: " not in b"\r\n" + raw:
            head += f"From: {sender}\r\n"
        sent = head.encode() + raw
        self.put(sent, number=number, thread=message["threadId"], labels=("SENT",), received=at)
        return sent

    def discard(self, draft_id: str) -> None:
        """Throw a draft away as the user would."""
        del self.drafts[draft_id]
        del self.messages[self._of_draft(draft_id)["id"]]

    def keys(self) -> dict[str, Any]:
        if self.certificates:
            return {signer.kid: signer.certificate for signer in self.signers}
        return {"keys": [signer.jwk for signer in self.signers]}

    def forget(self) -> None:
        """An empty mailbox and good manners again, for the next test."""
        for held in (self.messages, self.attached, self.tokens, self.grants, self.drafts, self.asked, self.faults):
            held.clear()
        self.misbehave, self.compress, self.connections = None, False, 0

    def hang_up_on_the_idle(self) -> None:
        """Close every connection there is, as servers do after a while."""
        while self.sockets:
            with suppress(OSError):  # it was closed long ago
                self.sockets.pop().shutdown(socket.SHUT_RDWR)

    def answer(self, method: str, name: str, asked: Asked) -> dict[str, Any]:
        """The Gmail API's answer to a call of this method, as far as it is served here. Raises Refused."""
        open_message = self._authorised(method, asked)
        match method:
            case "messages.get":
                found = self._message(name, open_message, asked)
            case "messages.attachments.get":
                message, _, attachment = name.partition("/attachments/")
                found = self._attachment(message, attachment, open_message)
            case "threads.get":
                found = self._thread(name, open_message, asked)
            case "drafts.create":
                found = self._draft(json.loads(asked.body))
            case _:
                raise Refused(404, "NOT_FOUND", "Not Found")
        mask = "".join(asked.query.get("fields", ()))
        return masked(found, mask) if mask else found

    def _authorised(self, method: str, asked: Asked) -> str:
        """The open message's id where only that message is allowed, "" where the whole mailbox is."""
        granted = self.grants.get(asked.headers.get("Authorization", "").removeprefix("Bearer "))
        if granted is None:
            raise Refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "authError")
        *resources, verb = method.split(".")
        described = GMAIL["resources"]["users"]
        for resource in resources:
            described = described["resources"][resource]
        enough = set(described["methods"][verb]["scopes"])
        if method == "threads.get":
            enough -= _ONLY_THE_OPEN_MESSAGE
        if asked.query.get("format", ["full"])[0] in {"full", "raw"}:
            enough -= _ONLY_HEADERS
        used = granted & enough
        if not used:
            raise Refused(
                403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", "insufficientPermissions"
            )
        if any(".addons." not in scope for scope in used):
            return ""
        message_token = asked.headers.get("X-Goog-Gmail-Access-Token", "")
        if message_token not in self.tokens:
            raise Refused(403, "PERMISSION_DENIED", "Missing access token for per message authorization.", "forbidden")
        return self.tokens[message_token]

    def _message(self, name: str, open_message: str, asked: Asked) -> dict[str, Any]:
        message = self.messages.get(name)
        if message is None or open_message not in {"", message["id"]}:
            raise Refused(404, "NOT_FOUND", "Requested entity was not found.", "notFound")
        return _in_format(message, asked)

    def _attachment(self, name: str, attachment: str, open_message: str) -> dict[str, Any]:
        message = self.messages.get(name)
        if message is None or open_message not in {"", message["id"]}:
            raise Refused(404, "NOT_FOUND", "Requested entity was not found.", "notFound")
        content = self.attached[message["id"]].get(attachment)
        if content is None:
            raise Refused(400, "INVALID_ARGUMENT", "Invalid attachment token", "invalidArgument")
        return {"size": len(content), "data": base64.urlsafe_b64encode(content).decode()}

    def _thread(self, name: str, open_message: str, asked: Asked) -> dict[str, Any]:
        _hex_thread(name, "Invalid id value")
        messages = self._messages_of(name)
        if not messages or (open_message and all(message["id"] != open_message for message in messages)):
            raise Refused(404, "NOT_FOUND", "Requested entity was not found.", "notFound")
        return {"id": name, "historyId": "987654", "messages": [_in_format(message, asked) for message in messages]}

    def _messages_of(self, thread: str) -> list[dict[str, Any]]:
        found = {message["id"]: message for message in self.messages.values() if message["threadId"] == thread}
        return sorted(found.values(), key=lambda message: int(message["internalDate"]))

    def _draft(self, body: dict[str, Any]) -> dict[str, Any]:
        if unknown := unknown_keys(body, {"$ref": "Draft"}):
            raise Refused(
                400, "INVALID_ARGUMENT", f"Invalid JSON payload received. Unknown name {unknown}.", "badRequest"
            )
        message = body.get("message", {})
        raw = _raw(message.get("raw", ""))
        thread = message.get("threadId", "")
        if thread:
            _hex_thread(thread, "Invalid thread_id value")
            if not self._messages_of(thread):
                raise Refused(404, "NOT_FOUND", "Requested entity was not found.", "notFound")
        number = 0x19AA000000000000 + len(self.asked)
        draft_id = f"r-{number}"
        joins = thread and _belongs(raw, self._messages_of(thread))
        resource = message_resource(raw, id=f"{number:x}", thread_id=thread if joins else f"{number:x}")
        self.messages[resource["id"]] = resource | {"labelIds": ["DRAFT"], "draft": draft_id}
        self.drafts[draft_id] = raw
        return {
            "id": draft_id,
            "message": {"id": resource["id"], "threadId": resource["threadId"], "labelIds": ["DRAFT"]},
        }

    def _of_draft(self, draft_id: str) -> dict[str, Any]:
        return next(message for message in self.messages.values() if message.get("draft") == draft_id)


def _in_format(message: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    found = {name: value for name, value in message.items() if name != "draft"}
    match asked.query.get("format", ["full"])[0]:
        case "full":
            pass
        case "minimal":
            del found["payload"]
        case "metadata":
            wanted = {name.lower() for name in asked.query.get("metadataHeaders", ())}
            headers = found["payload"]["headers"]
            kept = [header for header in headers if not wanted or header["name"].lower() in wanted]
            found["payload"] = {"mimeType": found["payload"]["mimeType"], "headers": kept}
        case _:
            raise Refused(400, "INVALID_ARGUMENT", "Invalid value for format", "invalidArgument")
    return found


def _hex_thread(name: str, text: str) -> None:
    if re.fullmatch("[0-9a-f]{1,16}", name) is None:
        raise Refused(400, "INVALID_ARGUMENT", text, "invalidArgument")


def _raw(coded: str) -> bytes:
    """The mail in `raw`, which must be one: base64url of lines of at most 998 bytes, its headers without a fault."""
    try:
        raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise Refused(400, "INVALID_ARGUMENT", "Base64 decoding failed for message.raw", "badRequest") from error
    head, _, _ = raw.partition(b"\r\n\r\n")
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    faults = [
        not head,
        any(len(line) > 998 for line in raw.split(b"\r\n")),
        b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""),
        bool(message.defects),
        any(re.fullmatch(rb"[!-9;-~]+:.*|[ \t]+\S.*", line) is None for line in head.split(b"\r\n")),
        any(len(message.get_all(name, [])) > 1 for name in ("From", "To", "Cc", "Subject", "References")),
    ]
    if any(faults):
        raise Refused(400, "INVALID_ARGUMENT", "Invalid RFC 822 message", "invalidArgument")
    return raw


def _belongs(raw: bytes, thread: Sequence[Mapping[str, Any]]) -> bool:
    """Google's conditions for a draft to join a thread, besides the thread's id: References or In-Reply-To, and the subject."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    named = f"{message['References'] or ''} {message['In-Reply-To'] or ''}".split()
    heads = [{header["name"].lower(): header["value"] for header in other["payload"]["headers"]} for other in thread]
    return any(head.get("message-id", "").strip() in named for head in heads) and any(
        _bare(head.get("subject", "")) == _bare(str(message["Subject"] or "")) for head in heads
    )


def _bare(subject: str) -> str:
    return re.sub(r"^(?:\s*(?:re|aw|fwd?|返信|転送)\s*[:\uff1a])+", "", subject, flags=re.IGNORECASE).strip()


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
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _serve(self, body: bytes) -> None:
        address = urlsplit(self.path)
        asked = Asked(unquote(address.path), parse_qs(address.query), dict(self.headers.items()), self.command, body)
        self.google.asked.append(asked)
        if address.path == "/certs":
            self.google.certs_asked += 1
            status = 503 if self.google.certs_failing else 200
            self.answer(status, json.dumps(self.google.keys()).encode(), {"Cache-Control": self.google.cache_control})
            return
        called = re.fullmatch(
            r"/gmail-api/gmail/v1/users/me/(messages|threads|drafts)(?:/([^/]+(/attachments/[^/]+)?))?", address.path
        )
        if called is None:
            self.answer(404, b"{}")
            return
        method = f"{called[1]}.{'create' if self.command == 'POST' else 'get' if called[2] else 'list'}"
        if called[3]:
            method = "messages.attachments.get"
        misbehave = self.google.faults.get(method, self.google.misbehave)
        if misbehave is not None:
            misbehave(self)
            return
        try:
            found = self.google.answer(method, unquote(called[2] or ""), asked)
        except Refused as refusal:
            self.answer(refusal.code, json.dumps(refusal.body).encode(), refusal.headers)
        else:
            self.answer(200, json.dumps(found).encode())

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
    """Every call is answered with this status."""
    return lambda handler: handler.answer(status, body)


def answers(body: bytes, headers: Mapping[str, str] | None = None) -> Misbehaviour:
    """Every call is answered 200 with this body."""
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

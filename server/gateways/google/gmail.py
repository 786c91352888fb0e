"""Reads the open mail through the Gmail API, once, within two seconds, or says why not."""

from __future__ import annotations

import base64
import http.client
import re
from collections.abc import Collection
from email.message import Message
from typing import Any, Final

import msgspec
from googleapiclient.discovery import build
from googleapiclient.errors import Error, HttpError

from server.domain.errors import MailUnavailable
from server.domain.mail import Mail
from server.gateways.google.transport import BoundedHttp
from server.mail import charsets
from server.mail.headers import from_headers
from server.mail.parse import attached_text

BUDGET: Final = 2.0
"""Seconds for the whole call; then the card is drawn without the mail."""

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer. Attachments are not in it, only their ids: what is longer is no mail that an agent reads."""

READING_SCOPES: Final = frozenset(
    {
        "https://www.googleapis.com/auth/gmail.addons.current.message.readonly",
        "https://www.googleapis.com/auth/gmail.addons.current.message.action",
        "https://www.googleapis.com/auth/gmail.readonly",
        "https://www.googleapis.com/auth/gmail.modify",
        "https://mail.google.com/",
    }
)
"""Any of these lets messages.get answer with the text (the gmail.v1 discovery document, without the metadata scopes)."""

_MOST_PARTS: Final = 500
_LONGEST_TEXT: Final = 100_000
_LONGEST_HTML: Final = 400_000
_TOKEN: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_REASONS: Final = {401: "refused", 403: "refused", 404: "missing"}


class _Header(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class _Body(msgspec.Struct, frozen=True):
    data: str = ""


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    mime_type: str = ""
    filename: str = ""
    headers: tuple[_Header, ...] = ()
    body: _Body = _Body()
    parts: tuple[_Part, ...] = ()


class _Message(msgspec.Struct, frozen=True):
    payload: _Part


class GmailApi:
    """One for the process: making the client out of its description is dear, calls on it share a pool of connections."""

    def __init__(self, api_url: str, *, budget: float = BUDGET) -> None:
        self._http = BoundedHttp(budget=budget, largest=LARGEST)
        service = build(
            "gmail",
            "v1",
            http=self._http,
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": api_url},
        )
        self._messages = service.users().messages()

    def read(
        self, message_id: str, *, user_token: str, message_token: str, scopes: Collection[str] | None = None
    ) -> Mail:
        """The mail that is open in Gmail; `scopes` are those the agent has granted, None when Google does not say.

        The scopes of the open message work only with both tokens: the agent's, and the one for this message.

        Raises MailUnavailable.
        """
        if scopes is not None and READING_SCOPES.isdisjoint(scopes):
            raise MailUnavailable("refused")
        if _TOKEN.fullmatch(user_token) is None or (message_token and _TOKEN.fullmatch(message_token) is None):
            raise MailUnavailable("refused")
        return _mail(self._get(message_id, user_token, message_token))

    def _get(self, message_id: str, user_token: str, message_token: str) -> Any:
        request = self._messages.get(userId="me", id=message_id, format="full")
        request.headers["Authorization"] = f"Bearer {user_token}"
        if message_token:
            request.headers["X-Goog-Gmail-Access-Token"] = message_token
        try:
            return request.execute()
        except HttpError as error:
            raise MailUnavailable(_REASONS.get(error.resp.status, "failed")) from None
        except TimeoutError:
            raise MailUnavailable("timeout") from None
        except (OSError, http.client.HTTPException, Error, ValueError, RecursionError) as error:
            raise MailUnavailable("failed") from error

    def close(self) -> None:
        """Close the idle connections."""
        self._http.close()


def _mail(answer: Any) -> Mail:
    try:
        payload = msgspec.convert(answer, _Message).payload
    except (msgspec.ValidationError, RecursionError):
        raise MailUnavailable("failed") from None
    plain, html, attached = _texts(payload)
    return from_headers([(header.name, header.value) for header in payload.headers], plain, html, attached)


def _texts(payload: _Part) -> tuple[str, str, str]:
    """What a mail client would show: plain text, HTML, and mails attached to it; by the rules of `server.mail.parse`."""
    plain: list[str] = []
    html = ""
    attached: list[str] = []
    waiting = [payload]
    for _ in range(_MOST_PARTS):
        if not waiting:
            break
        part = waiting.pop()
        kind = part.mime_type.lower()
        if kind == "message/rfc822":
            attached.extend(_attached(inner) for inner in part.parts[:1])
            continue
        waiting.extend(reversed(part.parts))
        if kind == "text/plain" and _is_shown(part, payload):
            plain.append(_text(part, _LONGEST_TEXT).replace("\0", ""))
        elif kind == "text/html" and not html and _is_shown(part, payload):
            html = _text(part, _LONGEST_HTML)
    return "\n".join(plain), html, "\n\n".join(attached)


def _is_shown(part: _Part, payload: _Part) -> bool:
    return part is payload or not (part.filename or _about(part).get_content_disposition() == "attachment")


def _attached(inner: _Part) -> str:
    """A mail inside the mail; mails within it are left out."""
    plain, html, _ = _texts(inner)
    return attached_text([(header.name, header.value) for header in inner.headers], plain, html)


def _about(part: _Part) -> Message:
    about = Message()
    for header in part.headers:
        if header.name.lower().startswith("content-"):
            about[header.name] = header.value
    return about


def _text(part: _Part, longest: int) -> str:
    """The text of a part. Google has mostly made UTF-8 of it while the part's header still names what it was before."""
    data = part.body.data
    try:
        raw = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except ValueError:
        return ""
    if b"\x1b" not in raw and b"\0" not in raw:  # ISO-2022 and UTF-16 would pass for UTF-8
        try:
            return raw.decode("utf-8")[:longest]
        except UnicodeDecodeError:
            pass  # so the label may be right after all
    return charsets.decode(raw[:longest], _about(part).get_content_charset(""))

"""A message as the Gmail API answers it, and the Mail that it is."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from email import message as mime
from typing import Final

import msgspec

from server.domain.mail import Mail
from server.mail import charsets
from server.mail.headers import from_headers
from server.mail.parse import attached_text

_MOST_PARTS: Final = 500
_LONGEST_TEXT: Final = 100_000
_LONGEST_HTML: Final = 400_000
_THREAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Header(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class Body(msgspec.Struct, frozen=True, rename="camel"):
    data: str = ""
    attachment_id: str = ""
    size: int = 0


class Part(msgspec.Struct, frozen=True, rename="camel"):
    mime_type: str = ""
    filename: str = ""
    headers: tuple[Header, ...] = ()
    body: Body = Body()
    parts: tuple[Part, ...] = ()


class Message(msgspec.Struct, frozen=True, rename="camel"):
    payload: Part
    thread_id: str = ""
    label_ids: tuple[str, ...] = ()
    internal_date: str = ""


def is_thread(name: str) -> bool:
    """Whether this is a thread's name as the API gives it; it refuses the event's (thread-f:...)."""
    return _THREAD.fullmatch(name) is not None


def mail_of(message: Message) -> Mail:
    """The Mail, with its thread's name in this mailbox. Without bodies in the answer it has no text."""
    payload = message.payload
    plain, html, attached = _texts(payload)
    mail = from_headers([(header.name, header.value) for header in payload.headers], plain, html, attached)
    return replace(mail, thread=message.thread_id if is_thread(message.thread_id) else "")


def files_in(message: Message) -> tuple[Part, ...]:
    """The parts that a mail client lists as attachments, in their order. Pictures inside the text are none.

    An attached mail is one of them, as a whole: what is attached to it is not listed beside it.
    """
    found: list[Part] = []
    waiting = [message.payload]
    for _ in range(_MOST_PARTS):
        if not waiting:
            break
        part = waiting.pop()
        if part.mime_type.lower() != "message/rfc822" or part is message.payload:
            waiting.extend(reversed(part.parts))
        if part.filename and _about(part).get_content_disposition() != "inline":
            found.append(part)
    return tuple(found)


def _texts(payload: Part) -> tuple[str, str, str]:
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


def _is_shown(part: Part, payload: Part) -> bool:
    return part is payload or not (part.filename or _about(part).get_content_disposition() == "attachment")


def _attached(inner: Part) -> str:
    """A mail inside the mail; mails within it are left out."""
    plain, html, _ = _texts(inner)
    return attached_text([(header.name, header.value) for header in inner.headers], plain, html)


def _about(part: Part) -> mime.Message:
    about = mime.Message()
    for header in part.headers:
        if header.name.lower().startswith("content-"):
            about[header.name] = header.value
    return about


def _text(part: Part, longest: int) -> str:
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

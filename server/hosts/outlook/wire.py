"""What the task pane posts, as it stands on the wire, and its way into an Event's parts. Unknown fields are ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from server.domain import enclosures
from server.domain.addresses import clean_email
from server.domain.errors import BadEvent
from server.domain.events import FILES_MOST, Files, Place, Pointer, Window
from server.domain.ids import normalise
from server.domain.mail import Address, Mail
from server.mail.headers import from_headers, split_header_block

MAX_BODY: Final = 512 * 1024
"""The pane cuts a mail's text at 200 KB; JSON may double it."""

MAX_FILES_BODY: Final = MAX_BODY + FILES_MOST * 4 // 3 + 128 * 1024
"""Of a click that brings attachments: they come in base64, each with its name."""


class Person(msgspec.Struct, frozen=True):
    """One mailbox as Office.js names it."""

    email: str = ""
    name: str = ""


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """The selected mail. `headers` is the block of getAllInternetHeadersAsync, "" where the client has no such call (phones)."""

    headers: str = ""
    message_id: str = ""
    subject: str = ""
    sender: Person | None = msgspec.field(default=None, name="from")
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    date: str | int | float | None = None  # dateTimeCreated: ISO 8601 or milliseconds since the epoch
    text: str = ""
    html: str = ""
    item_id: str = ""
    conversation_id: str = ""


class OpenBody(msgspec.Struct, frozen=True, rename="camel"):
    """The body of /outlook/open; no item means the home card."""

    item: Item | None = None
    locale: str = ""
    time_zone: str = ""


class Writing(msgspec.Struct, frozen=True, rename="camel"):
    """A compose window. `in_reply_to` is "" where the client does not say it (before Mailbox 1.14) and for new mails."""

    in_reply_to: str = ""
    conversation_id: str = ""
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    subject: str = ""
    replying: bool = False


class ComposeBody(msgspec.Struct, frozen=True, rename="camel"):
    """The body of /outlook/compose."""

    compose: Writing
    locale: str = ""
    time_zone: str = ""


class SendBody(Writing, frozen=True, rename="camel"):
    """The body of /outlook/send: the window, and what the event bundle can and could not do."""

    can_ask: bool = False
    missed: dict[str, int] = {}
    locale: str = ""
    time_zone: str = ""


class ActionBody(msgspec.Struct, frozen=True, rename="camel"):
    """The body of /outlook/action."""

    action: str
    form: dict[str, str | list[str]] = {}
    item: Item | None = None
    compose: Writing | None = None
    locale: str = ""
    time_zone: str = ""


class File(msgspec.Struct, frozen=True):
    """An attachment as Office.js gives it: base64, and what the client takes it for."""

    name: str
    content: bytes
    type: str = ""


class FilesBody(ActionBody, frozen=True, rename="camel"):
    """The body of /outlook/action/files. `left`: names of attachments that the pane could not read."""

    files: tuple[File, ...] = ()
    left: tuple[str, ...] = ()


Body = TypeVar("Body", OpenBody, ActionBody, FilesBody, ComposeBody, SendBody)

OPEN: Final = msgspec.json.Decoder(OpenBody)
COMPOSE: Final = msgspec.json.Decoder(ComposeBody)
SEND: Final = msgspec.json.Decoder(SendBody)
ACTION: Final = msgspec.json.Decoder(ActionBody)
FILES: Final = msgspec.json.Decoder(FilesBody)

MISSED: Final = ("no_token", "timeout", "unreachable", "refused", "failed")
"""Why a send could not be checked, in the event bundle's words; others are not counted."""
_MOST_MISSED: Final = 1_000
_MOST_RECIPIENTS: Final = 500
_MOST_LEFT: Final = 100


def missed(counts: dict[str, int]) -> dict[str, int]:
    """What of it can be true."""
    return {reason: min(counts[reason], _MOST_MISSED) for reason in MISSED if counts.get(reason, 0) > 0}


def window(writing: Writing, mailbox: str) -> Window:
    """The compose window as every host has it. `mailbox` is the account's subject, in which the thread's id is good."""
    people = [*writing.to, *writing.cc, *writing.bcc][:_MOST_RECIPIENTS]
    found = (Address(clean_email(person.email), _one_line(person.name)[:200]) for person in people)
    return Window(
        recipients=tuple({one.email: one for one in found if one.email}.values()),
        answers=normalise(writing.in_reply_to[:2000]) or "",
        thread=thread(writing.conversation_id, mailbox),
        subject=_one_line(writing.subject[:1000]),
        replying=writing.replying,
    )


def enclosed(body: FilesBody) -> Files:
    """The attachments, as many as fit."""
    files = (enclosures.attachment(one.name, one.type, one.content) for one in body.files)
    return enclosures.fitting(files, body.left[:_MOST_LEFT])


def thread(conversation_id: str, mailbox: str) -> Pointer | None:
    """Where a thread lies in one mailbox: no source says that its id is the same for two users."""
    return Pointer("outlook", mailbox, f"thread:{conversation_id}") if conversation_id else None


def decode(body: bytes, shape: msgspec.json.Decoder[Body], most: int = MAX_BODY) -> Body:
    """The body in its shape. Raises BadEvent, which names the field that does not fit and never its value."""
    if len(body) > most:
        raise BadEvent("body: too large")
    try:
        return shape.decode(body)
    except msgspec.ValidationError as error:
        # Its text is of types and paths only: "Expected `str`, got `int` - at `$.item.subject`".
        raise BadEvent(f"body: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvent("body: not JSON") from error


def place(locale: str, time_zone: str) -> Place:
    """Where the agent sits; what we do not know is "", never an error."""
    language = locale[:2].lower() if locale[2:3] in ("", "-", "_") else ""
    return Place(language if language in ("ja", "en") else "", time_zone if _is_zone(time_zone) else "")


@lru_cache(maxsize=64)
def _is_zone(name: str) -> bool:
    if not name or len(name) > 64:
        return False
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # a path, an unknown name, a folder such as "Asia"
        return False
    return True


def read_mail(item: Item) -> Mail:
    """The mail of an item, from its own header block when the client gives one, else from what Office.js says of it."""
    headers = split_header_block(item.headers) if item.headers.strip() else synthesised(item)
    return from_headers(headers, text=item.text, html=item.html)


def synthesised(item: Item) -> list[tuple[str, str]]:
    """Headers for an item without a block: the Message-ID alone finds the conversation, there are no References."""
    headers = [("Subject", _one_line(item.subject))]
    if item.sender is not None and item.sender.email:
        headers.append(("From", _mailbox(item.sender)))
    headers += [
        (name, ", ".join(_mailbox(person) for person in people if person.email))
        for name, people in (("To", item.to), ("Cc", item.cc))
        if people
    ]
    if item.message_id.strip():
        headers.append(("Message-ID", _one_line(item.message_id)))
    date = _date(item.date)
    if date is not None:
        headers.append(("Date", format_datetime(date)))
    return headers


def _mailbox(person: Person) -> str:
    name = _one_line(person.name).replace("\\", "\\\\").replace('"', '\\"')
    email = "".join(person.email.split()).strip("<>")
    return f'"{name}" <{email}>' if name else email


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _date(value: str | float | None) -> datetime | None:
    try:
        if isinstance(value, str):
            date = datetime.fromisoformat(value)
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None

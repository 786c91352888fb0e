"""A Mail from header lines and text: the one way in, whether they come from the Gmail API, from Outlook, or from a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from server.domain.addresses import clean_email, one_line, parse_addresses, visible
from server.domain.ids import MAX_REFERENCES, fingerprint, normalise, parse_references, seconds_of
from server.domain.mail import Address, Mail
from server.mail.charsets import repair
from server.mail.kind import kind_of
from server.mail.language import language_of
from server.mail.newtext import read_text
from server.mail.words import decode_words

MAX_SUBJECT = 1_000
MAX_TEXT = 20_000
_MAX_VALUE = 100_000
_MAX_HEADERS = 1_000
_MAX_DELIVERED = 20
_WRITTEN: Final = re.compile(r"<[!-;=?-~]{1,900}>")

_LINE = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_FOLD = re.compile(r"[\r\n]+")
_FORWARD = re.compile(r"^\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|転送|tr|wg)\s*[:\uff1a]", re.IGNORECASE)
_NEEDED = frozenset({
    "from", "to", "cc", "reply-to", "sender", "subject", "date", "message-id", "in-reply-to", "references", "delivered-to",
    "x-original-to", "x-original-from", "x-original-sender", "return-path",
})  # fmt: skip


def split_header_block(block: str) -> list[tuple[str, str]]:
    """Header lines as one string (Outlook's getAllInternetHeadersAsync, the top of a file) to names and unfolded values.

    A line that is neither a header nor folded belongs to nobody and is skipped: the rest of the headers still counts.
    """
    found: list[tuple[str, list[str]]] = []
    lost = True  # whether a folded line here would continue something skipped
    for line in re.split(r"\r\n|\n|\r", block):
        if line[:1] in {" ", "\t"}:
            if not lost:
                found[-1][1].append(line)
            continue
        if len(found) >= _MAX_HEADERS:
            break
        header = _LINE.match(line)
        lost = header is None
        if header:
            found.append((header[1], [header[2]]))
    return [(name, "".join(parts).strip()) for name, parts in found]


def from_headers(headers: Sequence[tuple[str, str]], text: str = "", html: str = "", attached: str = "") -> Mail:
    """The Mail of these headers, raw or decoded, folded or not, and of its plain and HTML text.

    `attached` is the text of a message/rfc822 part (a forward as attachment). Bytes that are no ASCII may come as
    surrogate escapes or Latin-1: they are read as in a file.
    """
    fields: dict[str, list[str]] = {}
    for name, value in headers[:_MAX_HEADERS]:
        fields.setdefault(name.strip().lower(), []).append(_unfolded(value))
    subject = one_line(decode_words(_one(fields, "subject")), MAX_SUBJECT)
    senders = _addresses(fields, "from")
    sender = senders[0] if senders else Address("")
    behalf = next(iter(_addresses(fields, "sender")), None)
    date = _one(fields, "date")
    own = normalise(decode_words(_one(fields, "message-id")))
    reading = read_text(text, html, forward=bool(_FORWARD.match(subject)), attached=attached)
    new = _clean(reading.new)
    return Mail(
        message_id=own or fingerprint(date, sender.email, subject),
        references=parse_references(_one(fields, "in-reply-to"), _all(fields, "references"), own or ""),
        date=seconds_of(date),
        sender=sender,
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        reply_to=_addresses(fields, "reply-to"),
        delivered_to=tuple(dict.fromkeys(_delivered(fields))),
        original_from=_original(fields),
        on_behalf_of=behalf if behalf and behalf.email and behalf.email != sender.email else None,
        subject=subject,
        kind=kind_of(fields, subject, sender.email),
        text=new,
        body=new if reading.body == reading.new else _clean(reading.body),
        language=language_of(new or subject) or language_of(subject),
        fingerprinted=own is None,
        written_id=next(iter(_written_ids(_one(fields, "message-id"))), ""),
        written_references=_rooted(_written_ids(_all(fields, "references")))
        or _written_ids(_one(fields, "in-reply-to"))[:1],
    )


def _written_ids(value: str) -> tuple[str, ...]:
    """Ids that can stand in another mail's headers just as they are: visible ASCII in brackets."""
    return tuple(dict.fromkeys(_WRITTEN.findall(value)))


def _rooted(ids: tuple[str, ...]) -> tuple[str, ...]:
    """A long list without its middle: the first id and the newest ones are what clients thread by (RFC 5322, 3.6.4)."""
    return ids if len(ids) <= MAX_REFERENCES else (ids[0], *ids[1 - MAX_REFERENCES :])


def is_header_of_a_mail(name: str) -> bool:
    """Whether a header by this name says something about a mail: a file without any is none."""
    return name.lower() in _NEEDED


def _unfolded(value: str) -> str:
    return (
        _FOLD.sub("", repair(value[:_MAX_VALUE]))
        if not value.isascii() or "\x1b" in value
        else _FOLD.sub("", value[:_MAX_VALUE])
    )


def _one(fields: dict[str, list[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _all(fields: dict[str, list[str]], name: str) -> str:
    return " ".join(fields.get(name, ()))[:_MAX_VALUE]


def _addresses(fields: dict[str, list[str]], name: str) -> tuple[Address, ...]:
    return parse_addresses(", ".join(fields[name]), decode_words) if name in fields else ()


def _original(fields: dict[str, list[str]]) -> Address | None:
    for name in ("x-original-from", "x-original-sender"):
        found = next((address for address in _addresses(fields, name) if address.email), None)
        if found:
            return found
    return None


def _delivered(fields: dict[str, list[str]]) -> Iterator[str]:
    for name in ("delivered-to", "x-original-to"):
        for value in fields.get(name, ())[:_MAX_DELIVERED]:
            if email := clean_email(value):
                yield email


def _clean(text: str) -> str:
    return visible(text[: MAX_TEXT * 2]).strip()[:MAX_TEXT].rstrip()

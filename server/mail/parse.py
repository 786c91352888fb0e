"""A mail as a file: bytes to a Mail. The MIME tree is read leniently and only as far as text is wanted."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.domain.mail import Mail
from server.mail.charsets import decode
from server.mail.headers import from_headers, is_header_of_a_mail, split_header_block
from server.mail.html import read_html
from server.mail.words import from_base64, parameters

_MAX_HEAD = 400_000
_MAX_TEXT_BYTES = 100_000
_MAX_HTML_BYTES = 400_000
_MAX_DEPTH = 10
_MAX_PARTS = 100

_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r|\A[ \t]*\r?\n")
_GUESSED = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[a-z-]+[ \t]*:)", re.IGNORECASE | re.MULTILINE)
_LAST_LINE_END = re.compile(rb"(?:\r\n|\n|\r)\Z")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\t "
_WORD = re.compile(r"[a-z0-9-]+")
_SHOWN_HEADERS = ("from", "date", "subject", "to")


class UnreadableMail(Exception):
    """The bytes are no mail: not one header that means anything."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One leaf that may be read: its type, its parameters and its bytes, decoded from their transfer encoding."""

    kind: str
    charset: str
    data: bytes


def parse(raw: bytes) -> Mail:
    """The Mail of an .eml file; UnreadableMail when the bytes are no mail at all, and nothing else ever."""
    start = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n \t\x00")
    head, body = _cut(start)
    headers = [(name, value.replace("\x00", "")) for name, value in split_header_block(_text_of_head(head))]
    if not any(is_header_of_a_mail(name) for name, _ in headers):
        raise UnreadableMail("not a mail: there is no header in it")
    plain, html, attached = _texts(headers, body)
    return from_headers(headers, plain, html, attached)


def _cut(data: bytes) -> tuple[bytes, bytes]:
    found = _BLANK_LINE.search(data[:_MAX_HEAD])
    return (data[: found.start()], data[found.end() :]) if found else (data[:_MAX_HEAD], b"")


def _text_of_head(head: bytes) -> str:
    return head.decode("ascii", "surrogateescape")


def _texts(headers: list[tuple[str, str]], body: bytes) -> tuple[str, str, str]:
    plain: list[str] = []
    html = ""
    attached: list[str] = []
    for count, part in enumerate(_leaves(headers, body, 0, "text/plain")):
        if count >= _MAX_PARTS:
            break
        if part.kind == "text/plain":
            plain.append(decode(part.data[:_MAX_TEXT_BYTES], part.charset))
        elif part.kind == "text/html":
            html = html or decode(part.data[:_MAX_HTML_BYTES], part.charset)
        else:
            attached.append(_attached_text(part.data))
        if sum(map(len, plain)) > _MAX_TEXT_BYTES:
            break
    return "\n".join(plain), html, "\n\n".join(attached)


def _leaves(headers: list[tuple[str, str]], body: bytes, depth: int, default: str) -> Iterator[_Part]:
    """Readable leaves in order: text that is shown in the mail itself, and mails attached to it."""
    fields = {name.lower(): value for name, value in reversed(headers) if name.lower().startswith("content-")}
    kind, params = parameters(fields.get("content-type", "")[:10_000])
    kind = kind if "/" in kind else default
    if kind.startswith("multipart/") and depth < _MAX_DEPTH:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        pieces = _pieces(body, params.get("boundary", ""))
        for piece in pieces[:_MAX_PARTS]:
            head, content = _part(piece)
            yield from _leaves(head, content, depth + 1, inner)
        if pieces:
            return
        kind = "text/plain"  # a multipart without parts: what stands there is the text
    disposition, names = parameters(fields.get("content-disposition", "")[:10_000])
    data = _transferred(body, fields.get("content-transfer-encoding", ""))
    if kind == "message/rfc822" and depth < _MAX_DEPTH:
        yield _Part(kind, "", data)
    elif kind in {"text/plain", "text/html"} and disposition != "attachment" and not ("filename" in names and depth):
        yield _Part(kind, params.get("charset", ""), data)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """The parts between boundaries; a boundary that is not declared, or never comes, is guessed from the lines."""
    mark = boundary.rstrip().encode("utf-8", "replace")
    if not mark or b"--" + mark not in body:
        guessed = _GUESSED.search(body)
        if not guessed:
            return []
        mark = guessed[1]
    # A literal at the front lets the search run at memory's speed; that it begins a line is looked at afterwards.
    line = re.compile(re.escape(b"--" + mark) + rb"(--)?[ \t]*(?=[\r\n]|$)")
    pieces: list[bytes] = []
    start = -1
    for found in line.finditer(body):
        at = found.start()
        if at and body[at - 1] not in b"\r\n":
            continue
        if start >= 0:
            pieces.append(_LAST_LINE_END.sub(b"", body[start:at]))
        start = found.end()
        if found[1] or len(pieces) >= _MAX_PARTS:
            start = -1
            break
    if start >= 0:
        pieces.append(body[start:])  # the closing boundary is missing: cut off on the way
    return pieces


def _part(piece: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and content of a part; one that begins with an empty line has none of its own."""
    piece = re.sub(rb"\A(?:\r\n|\n|\r)", b"", piece, count=1)
    if piece[:1] in {b"\r", b"\n"}:
        return [], piece
    head, content = _cut(piece)
    headers = split_header_block(_text_of_head(head))
    if not any(name.lower().startswith(("content-", "mime-")) for name, _ in headers):
        return [], piece  # the text of a part whose headers were forgotten
    return headers, content


def _transferred(body: bytes, encoding: str) -> bytes:
    word = _WORD.search(encoding.lower())
    match word[0] if word else "":
        case "base64":
            sample = body[:1_000]
            strangers = len(sample.translate(None, _BASE64_LETTERS))
            return from_base64(body[: _MAX_HTML_BYTES * 2]) if strangers * 10 <= len(sample) else body
        case "quoted-printable":
            return binascii.a2b_qp(_SOFT_BREAK.sub(b"=", body[: _MAX_HTML_BYTES * 3]))
        case "x-uuencode" | "uuencode" | "uue":
            return _uudecoded(body[: _MAX_HTML_BYTES * 2])
        case _:
            return body


def _uudecoded(body: bytes) -> bytes:
    pieces: list[bytes] = []
    for line in body.splitlines():
        if line.startswith((b"begin ", b"end")):
            continue
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(pieces)


def _attached_text(raw: bytes) -> str:
    """A mail inside a mail; mails within it are left out."""
    head, body = _cut(raw.lstrip(b"\r\n"))
    headers = split_header_block(_text_of_head(head))
    mail_text = ""
    html = ""
    for part in _leaves(headers, body, 1, "text/plain"):
        if part.kind == "text/plain" and not mail_text:
            mail_text = decode(part.data[:_MAX_TEXT_BYTES], part.charset)
        elif part.kind == "text/html" and not html:
            html = decode(part.data[:_MAX_HTML_BYTES], part.charset)
    return attached_text(headers, mail_text, html)


def attached_text(headers: Sequence[tuple[str, str]], plain: str, html: str) -> str:
    """A mail inside a mail, as `from_headers` wants it: the headers one reads, and its text."""
    shown = from_headers([(name, value) for name, value in headers if name.lower() in _SHOWN_HEADERS])
    lines = [f"From: {shown.sender.name} <{shown.sender.email}>".replace(":  <", ": <"), f"Subject: {shown.subject}"]
    text = plain if plain.strip() else read_html(html).whole
    return "\n".join([*lines, "", text.replace("\r\n", "\n").strip()])

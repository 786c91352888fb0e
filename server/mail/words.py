"""Encoded words (RFC 2047) and parameters (RFC 2231) of headers, as mail programs really write them; never raises."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from server.mail.charsets import decode

_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)(?:\?=|\Z)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_PARAMETER = re.compile(r""";\s*([^\s=;*"]{1,80})(\*\d{1,3})?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)""")
_CHARSET_OF_PARAMETER = re.compile(r"^([^'\s]{0,40})'[^'\s]{0,20}'")


def decode_words(text: str) -> str:
    """Text with its encoded words decoded. Neighbours of one charset are joined as bytes first: they may split a character."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    waiting: list[bytes] = []
    charset, end = "", 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        label = word[1].lower()
        adjacent = end > 0 and not between.strip()
        if waiting and not (adjacent and label == charset):
            pieces.append(decode(b"".join(waiting), charset))
            waiting = []
        if not adjacent:
            pieces.append(between)
        charset, end = label, word.end()
        payload = _bytes(word[3])
        waiting.append(from_base64(payload) if word[2] in "bB" else _from_q(payload))
    if waiting:
        pieces.append(decode(b"".join(waiting), charset))
    pieces.append(text[end:])
    return "".join(pieces)


def from_base64(data: bytes) -> bytes:
    """What base64 holds, without regard to padding, line ends and strangers between."""
    compact = data.translate(None, b"\r\n\t ")
    if len(compact) % 4 == 0 and b"=" not in compact[:-2]:
        try:
            return binascii.a2b_base64(compact, strict_mode=True)
        except binascii.Error:
            pass  # the slow way reads what is there
    chunks: list[bytes] = []
    for part in data.split(b"="):  # some join several encoded pieces, each with its own padding
        clean = _NOT_BASE64.sub(b"", part)
        clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
        if clean:
            chunks.append(binascii.a2b_base64(clean + b"=" * (-len(clean) % 4)))
    return b"".join(chunks)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A Content-Type-like value: its first word in lower case and its parameters, RFC 2231 pieces joined and decoded."""
    main, separator, _ = value.partition(";")
    main = main.strip().lower()
    if not separator:
        return main, {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(value):
        text = found[4]
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        order = int(found[2][1:]) if found[2] else -1
        pieces.setdefault(found[1].lower(), []).append((order, bool(found[3]), text))
    return main, {name: _joined(sorted(parts)) for name, parts in pieces.items()}


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    order, extended, text = parts[0]
    if order < 0 and not extended:
        return decode_words(text)
    charset = ""
    if extended and (found := _CHARSET_OF_PARAMETER.match(text)):
        charset = found[1]
        parts[0] = (order, True, text[found.end() :])
    raw = b"".join(unquote_to_bytes(_bytes(piece)) if percent else _bytes(piece) for _, percent, piece in parts)
    return decode(raw, charset)


def _from_q(data: bytes) -> bytes:
    return binascii.a2b_qp(data.replace(b"\r", b"").replace(b"\n", b""), header=True)


def _bytes(text: str) -> bytes:
    """The bytes a piece of a header came from; surrogate escapes are bytes that were no ASCII."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")

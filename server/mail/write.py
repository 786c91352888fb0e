"""A Reply as a file: the one way out. Pure, and the inverse of `parse` for everything a reply says.

Encoded words and base64 are the standard library's. Address lines are not: its `Address` refuses `a..b.@docomo.ne.jp`,
which is in use, and its folding may break a line inside an id.
"""

from __future__ import annotations

import base64
import re
from email.header import Header
from typing import Final

from server.domain.addresses import MAX_NAME, one_line
from server.domain.answering import can_be_written
from server.domain.mail import Address
from server.domain.reply import Reply
from server.mail.headers import MAX_SUBJECT

_PLAIN: Final = re.compile(r"[ -~]{0,60}")  # what a header may show as it is; longer text is folded as encoded words
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_SPECIAL: Final = re.compile(r"[(),:;\[\]]")
_ID: Final = re.compile(r"<[!-;=?-~]{1,950}>")  # each has a line of its own: 998 bytes at most (RFC 5322, 2.1.1)
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")
_BASE64_LINE: Final = 76


def written(reply: Reply) -> bytes:
    """The mail of a reply, without Date and Message-ID: the mailbox gives it those when it is sent.

    Base64, because it alone reaches the mailbox as it was: no line is wrapped, no space at a line's end is lost.
    Raises ValueError for an address that no header can carry: leaving it out, or mending it, would be writing to others.
    """
    lines: list[str] = []
    if reply.sender:
        lines.append(_mailboxes("From", (reply.sender,)))
    lines.extend(_mailboxes(name, people) for name, people in (("To", reply.to), ("Cc", reply.cc)) if people)
    lines.append(f"Subject: {_subject(one_line(reply.subject, MAX_SUBJECT))}")
    if _ID.fullmatch(reply.in_reply_to):
        lines.append(f"In-Reply-To: {reply.in_reply_to}")
    if references := [found for found in reply.references if _ID.fullmatch(found)]:
        lines.append("References: " + "\r\n ".join(references))
    lines.append("MIME-Version: 1.0")
    lines.append("Content-Type: text/plain; charset=utf-8")
    lines.append("Content-Transfer-Encoding: base64")
    return "\r\n".join([*lines, "", _body(reply.text)]).encode()


def _mailboxes(name: str, people: tuple[Address, ...]) -> str:
    return f"{name}: " + ",\r\n ".join(_mailbox(address) for address in people)


def _mailbox(address: Address) -> str:
    if not can_be_written(address.email):
        raise ValueError("an address that no header can carry")
    local, _, domain = address.email.rpartition("@")
    email = f'"{local}"@{domain}' if _SPECIAL.search(local) else address.email
    name = one_line(address.name, MAX_NAME)
    if not name:
        return f"<{email}>"  # with brackets, because Python's own parser breaks down over a bare .a@docomo.ne.jp
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return f"{name} <{email}>"
    if name.isascii() and "=?" not in name and "\\" not in name:  # readers differ about a backslash
        quoted = name.replace('"', r"\"")
        return f'"{quoted}" <{email}>'
    return f"{_words(name)} <{email}>"


def _subject(text: str) -> str:
    """Short and plain text as it is, unless it looks like an encoded word, which it is not."""
    return text if _PLAIN.fullmatch(text) and "=?" not in text else _words(text, "Subject")


def _words(text: str, header: str = "") -> str:
    """Text as encoded words, folded; `header` stands before it on the first line."""
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _body(text: str) -> str:
    clean = _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    coded = base64.b64encode(clean.replace("\n", "\r\n").encode()).decode()
    return "".join(f"{coded[at : at + _BASE64_LINE]}\r\n" for at in range(0, len(coded), _BASE64_LINE))

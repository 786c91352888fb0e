"""Parts and headers of a stored mail as the text that a mail client would show."""

from __future__ import annotations

from email.message import Message

from server.mail import decode_text
from server.mail.charsets import repair
from server.mail.words import decode_words


def part_text(part: Message) -> str:
    """The text of a leaf part."""
    payload = part.get_payload(decode=True)
    return decode_text(payload if isinstance(payload, bytes) else b"", part.get_content_charset("")).replace(
        "\r\n", "\n"
    )


def header_text(value: str) -> str:
    """A header's value with its encoded words decoded, unfolded."""
    return " ".join(decode_words(repair(value)).split())

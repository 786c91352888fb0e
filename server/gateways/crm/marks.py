"""What we write into a CRM beside the words themselves: who wrote to whom, and the mark by which a second try finds the first."""

from __future__ import annotations

import hashlib

from server.domain.crm import Letter


def digest(key: str, length: int) -> str:
    """The same for the same key; no address and no id of a mail can be read from it."""
    return hashlib.sha256(key.encode()).hexdigest()[:length]


def mark(key: str) -> str:
    """What stands for a key where there is no field for one."""
    return f"sobani:{digest(key, 24)}"


def marked(text: str, key: str, by: str = "", limit: int = 30_000) -> str:
    """The text, cut to what the field holds, with its mark and whoever had it written."""
    return f"{text[:limit].rstrip()}\n\n[{mark(key)}{f' {by}' if by else ''}]"


def noted(letter: Letter) -> str:
    """A mail as a note: who wrote to whom, and the text. No words of ours: they would be in one language."""
    sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
    return f"{sender} → {', '.join(letter.recipients[:20])}\n\n{letter.text}"

"""Conditions of kintone's queries, so put together that no text gets out of its quotation marks.

A field inside a table wants `in` instead of `=`, and so do choices, status and users: everything here is `in`. `like` finds words, not substrings,
and gives up at 100,000 hits: whatever it finds is compared again (overview/query).
"""

from __future__ import annotations

from collections.abc import Sequence

from server.gateways.crm.kintone_apps import inner


def quoted(value: str) -> str:
    """A text in a query: backslash and quotation mark escaped, and nothing that would end the line."""
    plain = "".join(" " if sign in "\r\n\t" else sign for sign in value)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def within(code: str, wanted: Sequence[str], *, negate: bool = False) -> str:
    """Whether a field has one of these values."""
    return f"{inner(code)} {'not in' if negate else 'in'} ({', '.join(map(quoted, wanted))})"


def like(code: str, word: str) -> str:
    """Whether a field has this word in it."""
    return f"{inner(code)} like {quoted(word)}"

"""How two texts differ: for the page that compares versions, and as one number for how much a suggestion was edited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Kind = Literal["same", "removed", "added", "changed"]

MAX_TEXT: Final = 20_000
"""Characters of each text that are looked at. What is longer is no reply that somebody wrote."""

_MAX_ALIGNED: Final = 4000
"""Tokens of each side that are matched one by one; beyond that, one side is shown as removed and the other as added."""

_WORD: Final = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]+|[^\s]")
"""A word or a number of a language with spaces; elsewhere each character: Japanese has no spaces to go by."""

_PIECE: Final = re.compile(
    r"[^\W_\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]+|[\u3400-\u9fff々]+|[\u30a1-\u30ff\uff66-\uff9f]+|[\u3041-\u309f]+|\s+|[^\w\s]|."
)
"""What a reader takes in at once: a word, blanks, a run of kanji, of katakana or of hiragana, a mark."""


class Run(msgspec.Struct, frozen=True):
    """A piece of a line that is the same on both sides, or only on the old or the new one."""

    kind: Literal["same", "removed", "added"]
    text: str


class Line(msgspec.Struct, frozen=True):
    """A line of the comparison; a changed one holds what was removed and added within it."""

    kind: Kind
    runs: tuple[Run, ...]

    @property
    def old(self) -> str:
        """The line as it was."""
        return "".join(run.text for run in self.runs if run.kind != "added")

    @property
    def new(self) -> str:
        """The line as it is."""
        return "".join(run.text for run in self.runs if run.kind != "removed")


def compare(old: str, new: str) -> tuple[Line, ...]:
    """Compare two texts line by line, and lines that took each other's place piece by piece."""
    before, after = _lines(old), _lines(new)
    found: list[Line] = []
    for removed, added, same in _blocks(before, after):
        pairs = list(zip(removed, added, strict=False))
        found += [_changed(one, other) for one, other in pairs]
        found += [Line("removed", (Run("removed", line),)) for line in removed[len(pairs) :]]
        found += [Line("added", (Run("added", line),)) for line in added[len(pairs) :]]
        found += [Line("same", (Run("same", line),)) for line in same]
    return tuple(found)


def word_distance(filled: str, sent: str) -> float:
    """Return how much of a text was edited: 0.0 used as it was, 1.0 nothing left of it.

    The share of words (in Japanese: characters) of both texts that the other lacks or has elsewhere. White space does not count:
    mail clients wrap lines as they like.
    """
    before, after = _WORD.findall(filled[:MAX_TEXT]), _WORD.findall(sent[:MAX_TEXT])
    total = len(before) + len(after)
    if not total:
        return 0.0
    head, before, after, tail = _trimmed(before, after)
    common = len(head) + len(tail) + _common(before, after)
    return 1.0 - 2 * common / total


def _lines(text: str) -> list[str]:
    return text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n") if text else []


def _changed(old: str, new: str) -> Line:
    """One line that took the place of another; two that share next to nothing are shown as removed and added."""
    runs: list[Run] = []
    shared = 0
    for removed, added, same in _blocks(_PIECE.findall(old), _PIECE.findall(new)):
        if removed:
            runs.append(Run("removed", "".join(removed)))
        if added:
            runs.append(Run("added", "".join(added)))
        if same:
            runs.append(Run("same", "".join(same)))
        shared += sum(len(piece) for piece in same if not piece.isspace())
    if shared * 5 < max(len(old), len(new)):
        runs = [Run("removed", old)] * bool(old) + [Run("added", new)] * bool(new)
    return Line("changed", tuple(runs))


def _blocks(old: Sequence[str], new: Sequence[str]) -> list[tuple[list[str], list[str], list[str]]]:
    """Divide two sequences into blocks: what was removed, what was added in its place, and what follows the same on both sides."""
    head, middle_old, middle_new, tail = _trimmed(old, new)
    blocks: list[tuple[list[str], list[str], list[str]]] = [([], [], head)] if head else []
    at_old = at_new = 0
    for one, other in [*_matches(middle_old, middle_new), (len(middle_old), len(middle_new))]:
        removed, added = middle_old[at_old:one], middle_new[at_new:other]
        same = middle_old[one : one + 1]
        if removed or added or not blocks:
            blocks.append((removed, added, same))
        else:
            blocks[-1][2].extend(same)
        at_old, at_new = one + 1, other + 1
    blocks[-1][2].extend(tail)
    return [block for block in blocks if any(block)]


def _trimmed(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return the common beginning, what differs on either side, and the common end: most edits touch little."""
    start = 0
    most = min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return (
        list(old[:start]),
        list(old[start : len(old) - end]),
        list(new[start : len(new) - end]),
        list(old[len(old) - end :]),
    )


def _matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of a longest common subsequence; none where it would take too long to find."""
    if max(len(old), len(new)) > _MAX_ALIGNED:
        return []
    rows = _rows(old, new)
    one, other = len(old), len(new)
    found: list[tuple[int, int]] = []
    while one and other:
        if rows[one - 1] >> (other - 1) & 1:  # this column adds nothing to the row
            other -= 1
        elif one > 1 and not rows[one - 2] >> (other - 1) & 1:  # the row above reached it already
            one -= 1
        else:
            one, other = one - 1, other - 1
            found.append((one, other))
    return found[::-1]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Length of a longest common subsequence."""
    if not old or not new:
        return 0
    row = _rows(old, new, keep=False)[-1]
    return len(new) - row.bit_count()


def _rows(old: Sequence[str], new: Sequence[str], *, keep: bool = True) -> list[int]:
    """The rows of the table of common subsequences, one bit a column, 0 where the length grows (Hyyrö 2004, as in rapidfuzz).

    Python's whole numbers are the bit vectors: 20,000 by 20,000 characters take half a second, whatever they are; difflib's time is cubic at worst.
    Without `keep`, only the last row is held.
    """
    where: dict[str, int] = {}
    for column, token in enumerate(new):
        where[token] = where.get(token, 0) | 1 << column
    full = (1 << len(new)) - 1
    row = full
    rows: list[int] = []
    for token in old:
        hit = row & where.get(token, 0)
        row = ((row + hit) | (row - hit)) & full
        if keep:
            rows.append(row)
    return rows if keep else [row]

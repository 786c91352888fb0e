"""The labelled mails beside this file, written for this product, and how they are parted by situation."""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from server.domain.categories import CATEGORIES
from server.domain.understanding import Feeling
from server.replies.mood import FEELINGS

FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. Mails that say nearly the same, in either language, share a `situation`; flags are independent."""

    text: str
    situation: str
    category: str  # "" when it is none of CATEGORIES
    language: str
    feelings: frozenset[Feeling]

    @property
    def fold(self) -> int:
        """The part in which it is held out: whole situations, so that no near-duplicate stands on both sides."""
        return zlib.crc32(self.situation.encode()) % FOLDS


def mails() -> tuple[Mail, ...]:
    """All of them, in the order of the file. Raises ValueError for a row that cannot be so."""
    return tuple(_mail(row) for row in csv.DictReader(io.StringIO(_data().decode(), newline="")))


def digest() -> str:
    """Of the file: what the shipped heads carry to say what they were made from."""
    return hashlib.sha256(_data()).hexdigest()


def _data() -> bytes:
    return files("server.replies.training").joinpath("mails.csv").read_bytes()


def _mail(row: dict[str, str]) -> Mail:
    if not row["text"].strip() or not row["situation"] or row["language"] not in {"ja", "en"}:
        raise ValueError(f"not a labelled mail: {row}")
    if row["category"] and row["category"] not in CATEGORIES:
        raise ValueError(f"no such category: {row['category']}")
    if any(row[feeling] not in {"0", "1"} for feeling in FEELINGS):
        raise ValueError(f"a flag is neither 0 nor 1: {row}")
    felt = frozenset(feeling for feeling in FEELINGS if row[feeling] == "1")
    return Mail(row["text"], row["situation"], row["category"], row["language"], felt)

"""How well moods are read in anybody's mails: the work of `sobani bench-mood`, by the code that serves.

A file is CSV with a header: `text`, and any of the columns dissatisfied, urgent, churn with 0 or 1; others are passed over.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from server.domain.understanding import Feeling, Mood
from server.mail.newtext import read_text
from server.replies.bench import BadFile, Figure, auroc
from server.replies.embedding import Embedder
from server.replies.mood import FEELINGS, read
from server.replies.sentences import split

_FLAGS: Final[Mapping[str, bool]] = {"0": False, "1": True, "": False, "false": False, "true": True}
_LONGEST_FIELD: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Flagged:
    """One row of a file: a mail, and what it is by the columns that the file has."""

    text: str
    flags: Mapping[Feeling, bool]


def main_lines(data: bytes, embedder: Embedder) -> tuple[list[str], str]:
    """JSON lines of the figures, and the predictions as CSV, from the bytes of a file. Raises BadFile."""
    figures, predictions = bench_mood(read_rows(data, "test"), embedder)
    return [msgspec.json.encode(figure).decode() for figure in figures], predictions


def read_rows(data: bytes, name: str) -> list[Flagged]:
    """Rows of a CSV file. Raises BadFile, which names row and reason."""
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise BadFile(f"{name}, line {line}: is not UTF-8") from exc
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(decoded, newline=""), strict=True)
    rows: list[Flagged] = []
    try:
        columns = reader.fieldnames or ()
        if "text" not in columns:
            raise BadFile(f"{name}, line 1: the header lacks text")
        present = [feeling for feeling in FEELINGS if feeling in columns]
        if not present:
            raise BadFile(f"{name}, line 1: the header has none of {', '.join(FEELINGS)}")
        rows.extend(_flagged(row, present, f"{name}, line {reader.line_num}") for row in reader)
    except csv.Error as exc:
        raise BadFile(f"{name}, line {reader.line_num + 1}: {exc}") from exc
    if not rows:
        raise BadFile(f"{name}: has no row under its header")
    return rows


def _flagged(row: Mapping[str, str | None], present: Sequence[Feeling], where: str) -> Flagged:
    text = row["text"]
    if text is None:
        raise BadFile(f"{where}: has no text")
    flags: dict[Feeling, bool] = {}
    for feeling in present:
        flag = _FLAGS.get((row[feeling] or "").strip().lower()) if row[feeling] is not None else None
        if flag is None:
            raise BadFile(f"{where}: {feeling} is neither 0 nor 1")
        flags[feeling] = flag
    return Flagged(text, flags)


def bench_mood(rows: Sequence[Flagged], embedder: Embedder) -> tuple[list[Figure], str]:
    """Read every mail as one that comes in, and hold the scores against the flags."""
    began = time.perf_counter()
    moods = [mood_of(row.text, embedder) for row in rows]
    per_mail = (time.perf_counter() - began) * 1000 / len(rows)
    figures: list[Figure] = []
    for feeling in rows[0].flags:
        scores = [getattr(mood, feeling).score for mood in moods]
        figures += quality(feeling, scores, [row.flags[feeling] for row in rows])
    figures.append(Figure("ms_per_mail", round(per_mail, 2), "ms"))
    return figures, predictions_csv([row.text for row in rows], moods)


def mood_of(text: str, embedder: Embedder) -> Mood:
    """The mood of a mail's whole text: quotes and signature come off first."""
    sentences = split(read_text(text, "").new)
    return read(sentences, embedder.embed(sentences), embedder.model)


def quality(feeling: Feeling, scores: Sequence[float], wanted: Sequence[bool]) -> Iterator[Figure]:
    """AUC and average precision; neither says anything unless some mails have the flag and some have not."""
    yes = [score for score, flag in zip(scores, wanted, strict=True) if flag]
    no = [score for score, flag in zip(scores, wanted, strict=True) if not flag]
    if yes and no:
        yield Figure(f"{feeling}_auc", round(auroc(yes, no), 4), "ratio")
        yield Figure(f"{feeling}_ap", round(average_precision(scores, wanted), 4), "ratio")


def average_precision(scores: Sequence[float], wanted: Sequence[bool]) -> float:
    """The mean precision over the flagged mails, best score first; mails of one score come in together."""
    levels, place = np.unique(-np.array(scores), return_inverse=True)
    found = np.bincount(place, weights=np.array(wanted, dtype=np.float64), minlength=len(levels))
    precision = np.cumsum(found) / np.cumsum(np.bincount(place, minlength=len(levels)))
    return float((found * precision).sum() / found.sum())


def predictions_csv(texts: Iterable[str], moods: Iterable[Mood]) -> str:
    """text,dissatisfied,urgent,churn: a row a mail in the order of the test."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["text", *FEELINGS])
    writer.writerows(
        [text, *(getattr(mood, feeling).score for feeling in FEELINGS)] for text, mood in zip(texts, moods, strict=True)
    )
    return out.getvalue()

"""Which of a team's templates answer a mail: one prototype a template, moved by every pick, and a head refitted in the background.

A prototype is 2 x the template's own vector + the sum of the mails it was picked for, at length one. A pick is one
addition to an integer sum, undoing it one subtraction. From five picks on, a logistic regression that starts from the
prototypes says better how they differ; what it found is kept as a correction that is added to the prototype as it is now,
so that picks after the fit still count at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from server.replies import customers, logistic
from server.replies.embedding import Model
from server.replies.vectors import SCALE, Vector, nothing, plus, unit, unpack

Matrix = NDArray[np.float32]

OWN: Final = 2.0
"""The template's own text counts as this many picks."""
THRESHOLD: Final = 0.15
"""Under this cosine nothing fits, until a team has picks enough to say so itself."""
ENOUGH: Final = 5
"""Picks of a template from which a fit listens to it."""
_SETTLED: Final = 20  # picks by which a learned threshold and the first one weigh the same
_MEAN: Final = 50.0  # picks by which a team's mean and the shipped one weigh the same
_FEW: Final = 5  # templates by which their own mean begins to count


@dataclass(frozen=True, slots=True)
class Entry:
    """One template as the store keeps it: its text's vector packed, the sum of its picks' as int32, little-endian."""

    id: str
    language: str
    own: bytes
    sums: bytes = b""  # b"" where nothing was picked yet
    picks: int = 0


class Head(msgspec.Struct, frozen=True):
    """What one fit found for the templates of one language: rows of float16 to add to the prototypes."""

    ids: tuple[str, ...]
    mean: bytes  # float32: the mean that was taken from the mails it learned from
    rows: bytes
    bias: tuple[float, ...]
    threshold: float


class Fit(msgspec.Struct, frozen=True):
    """One refit of a team: heads by language, for one model. Another model's is no fit at all."""

    model: str
    heads: Mapping[str, Head] = {}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A team's templates in process: one matrix, the rows of a language side by side."""

    model: str
    ids: tuple[str, ...]
    picks: tuple[int, ...]
    matrix: Matrix
    bias: NDArray[np.float32]
    rows: Mapping[str, slice]  # of each language
    means: Mapping[str, Vector]
    thresholds: Mapping[str, float]
    threshold: float = THRESHOLD


@dataclass(frozen=True, slots=True)
class Ranked:
    """One suggestion; `picks` is how many mails it answered before."""

    id: str
    score: float
    picks: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best templates for one mail. `fits` is False where the best is under the team's threshold.

    `outside` grows with the doubt that any template answers the mail: the threshold less the best score.
    """

    best: tuple[Ranked, ...]
    fits: bool
    outside: float


def shelve(model: Model, entries: Iterable[Entry], fit: Fit | None = None, threshold: float = THRESHOLD) -> Shelf:
    """Lay out a team's templates for ranking. A fit of another model is left aside.

    Raises ValueError when a vector is not of the model's length.
    """
    ordered = sorted(entries, key=lambda entry: (entry.language, entry.id))
    heads = fit.heads if fit and fit.model == model else {}
    shipped = customers.means(model)
    means: dict[str, Vector] = {}
    rows: dict[str, slice] = {}
    parts: list[Matrix] = []
    biases: list[NDArray[np.float32]] = []
    first = 0
    for language in sorted({entry.language for entry in ordered}):
        here = [entry for entry in ordered if entry.language == language]
        head = heads.get(language)
        mean = np.frombuffer(head.mean, dtype="<f4") if head else _mean(here, shipped, language)
        matrix = prototypes(here, mean)
        bias = np.where(matrix.any(axis=1), 0, -1).astype(np.float32)  # of what nothing is known comes last
        if head:
            found = {name: at for at, name in enumerate(head.ids)}
            moved = np.frombuffer(head.rows, dtype="<f2").reshape(len(head.ids), -1).astype(np.float32)
            for at, entry in enumerate(here):
                if entry.id in found:
                    matrix[at] += moved[found[entry.id]]
                    bias[at] = head.bias[found[entry.id]]
        means[language] = mean
        rows[language] = slice(first, first + len(here))
        first += len(here)
        parts.append(matrix)
        biases.append(bias)
    size = len(next(iter(shipped.values())))
    return Shelf(
        model=model,
        ids=tuple(entry.id for entry in ordered),
        picks=tuple(entry.picks for entry in ordered),
        matrix=np.ascontiguousarray(np.vstack(parts)) if parts else np.zeros((0, size), dtype=np.float32),
        bias=np.concatenate(biases) if biases else np.zeros(0, dtype=np.float32),
        rows=rows,
        means={**shipped, **means},
        thresholds={language: head.threshold for language, head in heads.items() if language in rows},
        threshold=threshold,
    )


def rank(shelf: Shelf, vector: Vector, language: str, most: int = 3) -> Ranking:
    """The best templates of the mail's language; of any where the team has none of it, or the language is not known."""
    if not shelf.ids or not vector.any():
        return Ranking((), fits=False, outside=1.0)
    blocks = {language: shelf.rows[language]} if language in shelf.rows else shelf.rows
    scores = np.full(len(shelf.ids), -np.inf, dtype=np.float32)
    short = np.inf
    for spoken, here in blocks.items():
        # In the mail's own language where that is known, whatever the templates' is: its manner is what is taken away.
        mean = shelf.means.get(language, shelf.means[spoken])
        scores[here] = shelf.matrix[here] @ unit(vector - mean) + shelf.bias[here]
        short = min(short, shelf.thresholds.get(spoken, shelf.threshold) - float(scores[here].max()))
    order = np.argsort(-scores, kind="stable")[: min(most, int(np.isfinite(scores).sum()))]  # ties: by their ids
    best = tuple(Ranked(shelf.ids[at], round(float(scores[at]), 4), shelf.picks[at]) for at in order)
    return Ranking(best, fits=short <= 0, outside=short)


def prototypes(entries: Sequence[Entry], mean: Vector) -> Matrix:
    """One unit row a template, as far from the mean of the mails and of the templates as they are."""
    own = np.stack([unpack(entry.own) for entry in entries])
    if own.shape[1:] != mean.shape:
        raise ValueError(f"vectors of {own.shape[1]} dimensions where the model has {mean.size}")
    common = own.sum(axis=0) / (float(own.any(axis=1).sum()) + _FEW)
    own = np.stack([unit(row - common) if row.any() else row for row in own])
    sums, counts = _sums(entries, mean.size)
    total = float(counts.sum())
    if total == 0:
        return own
    # Each pick would be brought to length one after the mean is taken away; of a sum, one length for all must do.
    apart = 1 - 2 * float(mean @ sums.sum(axis=0)) / total + float(mean @ mean)
    picked = (sums - counts[:, None] * mean) / np.sqrt(max(apart, 0.05))
    return np.stack([unit(row) for row in OWN * own + picked])


def _sums(entries: Sequence[Entry], size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sums = np.zeros((len(entries), size))
    for at, entry in enumerate(entries):
        if entry.sums:
            row = np.frombuffer(entry.sums, dtype="<i4")
            if row.size != size:
                raise ValueError(f"{entry.id}: a sum of {row.size} dimensions where the model has {size}")
            sums[at] = row / SCALE
    return sums, np.array([float(entry.picks) for entry in entries])


def _mean(entries: Sequence[Entry], shipped: Mapping[str, Vector], language: str) -> Vector:
    """The mean of this team's mails as its picks show it, a template counting five times at most, drawn to the shipped one."""
    start = shipped.get(language)
    if start is None:
        start = np.mean(list(shipped.values()), axis=0)
    sums, counts = _sums(entries, start.size)
    share = np.minimum(counts, 5) / np.maximum(counts, 1)
    total = _MEAN * start + (sums * share[:, None]).sum(axis=0)
    return np.asarray(total / (_MEAN + float((counts * share).sum())), dtype=np.float32)


_LOOSE: Final = 10.0
_DIMENSIONS: Final = 1024.0  # degrees of freedom by which the mails' own spread and a round one weigh the same
_HELD_BACK: Final = 5  # every fifth example is kept aside to set the scale and the threshold
_PRIOR: Final = 400.0
"""The prototypes' share in a fitted score, over the square of the picks of a template: the fewer, the more the prototypes know that the
fit does not. Four times as much where every template has a text of its own. Measured at 5 and 10 picks in two languages."""


def fit_head(
    entries: Sequence[Entry], examples: Sequence[tuple[str, bytes]], language: str, model: Model
) -> Head | None:
    """Fit one language's templates to the mails they were picked for: (template id, packed vector), oldest first.

    None while fewer than two templates have picks enough. Deterministic: the same input gives the same bytes.
    """
    here = sorted((entry for entry in entries if entry.language == language), key=lambda entry: entry.id)
    place = {entry.id: at for at, entry in enumerate(here)}
    known = [(place[name], packed) for name, packed in examples if name in place]
    labels = np.array([label for label, _ in known], dtype=np.intp)
    if (np.bincount(labels, minlength=2) >= ENOUGH).sum() < 2:
        return None
    mean = _mean(here, customers.means(model), language)
    mails = np.stack([unit(unpack(packed) - mean) for _, packed in known]).astype(np.float64)
    texts = np.array([at for at, entry in enumerate(here) if any(entry.own)], dtype=np.intp)
    own = prototypes([Entry(entry.id, entry.language, entry.own) for entry in here], mean).astype(np.float64)[texts]

    def fitted(chosen: NDArray[np.intp]) -> _Fitted:
        """A template's own text is one more example of it."""
        return _fitted(np.vstack([mails[chosen], own]), np.concatenate([labels[chosen], texts]), len(here))

    picks = np.bincount(labels)
    prior = _PRIOR * (1 + 3 * len(texts) / len(here)) / float(picks[picks > 0].mean()) ** 2
    every = np.arange(len(labels))
    held = every[_HELD_BACK - 1 :: _HELD_BACK]
    taught = np.setdiff1d(every, held)
    before = prototypes(_taught_by(here, [known[at] for at in taught], mean.size), mean).astype(np.float64)
    rows, bias = fitted(taught)
    cosines = mails[held] @ before.T
    scores = mails[held] @ rows.T + bias + prior * cosines
    # Fitted scores on the scale of cosines: templates that came after the fit are ranked by cosine among them.
    steep = max(float((scores * cosines).sum()) / max(float((cosines**2).sum()), 1e-9), 1.0)
    right = scores[np.arange(len(held)), labels[held]] / steep
    scores[np.arange(len(held)), labels[held]] = -np.inf
    wrong = scores.max(axis=1) / steep
    rows, bias = fitted(every)
    protos = prototypes(here, mean).astype(np.float64)
    return Head(
        ids=tuple(entry.id for entry in here),
        mean=mean.astype("<f4").tobytes(),
        rows=((rows + prior * protos) / steep - protos).astype("<f2").tobytes(),
        bias=tuple(round(float(number) / steep, 5) for number in bias),
        threshold=learned_threshold(list(zip(right.tolist(), wrong.tolist(), strict=True))),
    )


def _taught_by(entries: Sequence[Entry], picks: Sequence[tuple[int, bytes]], size: int) -> list[Entry]:
    """The entries as these picks alone would have made them."""
    sums = [nothing(size) for _ in entries]
    for at, packed in picks:
        sums[at] = plus(sums[at], packed)
    counts = Counter(at for at, _ in picks)
    return [replace(entry, sums=sums[at].astype("<i4").tobytes(), picks=counts[at]) for at, entry in enumerate(entries)]


_Fitted = tuple[NDArray[np.float64], NDArray[np.float64]]


def _fitted(mails: NDArray[np.float64], labels: NDArray[np.intp], classes: int) -> _Fitted:
    """Weights and biases.

    The regression runs where the spread of mails within a template is round: it is worth two points of the first guess.
    """
    count = np.bincount(labels, minlength=classes).astype(np.float64)
    centres = np.zeros((classes, mails.shape[1]))
    np.add.at(centres, labels, mails)
    spread = mails - (centres / np.maximum(count, 1)[:, None])[labels]
    freedom = float(np.maximum(count - 1, 0).sum())
    size = mails.shape[1]
    _, lengths, axes = np.linalg.svd(spread, full_matrices=False)
    variances = lengths**2 / max(freedom, 1)
    level = float(variances.sum()) / size or 1.0  # 0 where every mail of a template is the same mail
    share = _DIMENSIONS / (_DIMENSIONS + freedom)
    across = (share * level) ** -0.5  # in every direction that no mail took
    turn = across * np.eye(size) + (axes.T * (((1 - share) * variances + share * level) ** -0.5 - across)) @ axes
    turn /= np.sqrt(((mails @ turn) ** 2).sum(axis=1).mean())
    found, bias = logistic.fit(mails @ turn, labels, classes, _LOOSE)
    return found @ turn, bias


def refit(entries: Sequence[Entry], examples: Sequence[tuple[str, bytes]], model: Model) -> Fit:
    """Fit every language that has picks enough. For the background: seconds where there are thousands of picks."""
    heads = {
        language: head
        for language in sorted({entry.language for entry in entries})
        if (head := fit_head(entries, examples, language, model)) is not None
    }
    return Fit(model, heads)


def learned_threshold(seen: Sequence[tuple[float, float]]) -> float:
    """The score under which nothing fits, from picks: the score of the picked template, and the best of all others.

    Between the two where both are told apart best, but never so high that a tenth of the picks would have been hidden.
    """
    if not seen:
        return THRESHOLD
    right = np.array([score for score, _ in seen])
    wrong = np.array([score for _, score in seen])
    wrong = wrong[np.isfinite(wrong)]
    cuts = np.sort(np.concatenate([right, wrong]))
    kept = (right[None, :] >= cuts[:, None]).mean(axis=1)
    refused = (wrong[None, :] < cuts[:, None]).mean(axis=1) if wrong.size else np.zeros(len(cuts))
    best = min(float(cuts[int(np.argmax(kept + refused))]), float(np.quantile(right, 0.1)))
    share = len(seen) / (len(seen) + _SETTLED)
    return round(share * best + (1 - share) * THRESHOLD, 4)

"""From labelled mails to heads. Mood: many sentences, one label, and the loudest sentence decides. Category: centroids."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.categories import CATEGORIES
from server.replies import category
from server.replies.embedding import Embedder
from server.replies.logistic import minimised
from server.replies.mood import FEELINGS, Head, Heads, spelling
from server.replies.sentences import split
from server.replies.training.mails import FOLDS, Mail
from server.replies.vectors import unit

Numbers = NDArray[np.float64]
Rows = NDArray[np.float32]  # the many: half the memory is half the time

_LOOSENESS: Final = 5.0  # how far weights may go from zero
_ALONE_LOOSENESS: Final = 16.0
_ROUNDS: Final = 2  # of choosing which sentences of a mail carry its label; they hardly change afterwards
_STEEPNESS: Final = 2.0  # how quickly a sentence quieter than its mail's loudest stops to carry the label


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of all the mails; `of` says whose each is."""

    texts: list[str]
    of: NDArray[np.intp]
    meaning: Rows
    spelt: Rows
    rarity: Rows


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a mail's loudest sentence scored under weights that never saw its situation: a column a feeling."""

    full: Numbers
    alone: Numbers


def sentences_of(mails: Sequence[Mail], embedder: Embedder) -> Sentences:
    """Split, embed and spell the mails."""
    pieces = [split(mail.text) or [mail.text] for mail in mails]
    texts = [text for piece in pieces for text in piece]
    of = np.repeat(np.arange(len(mails)), [len(piece) for piece in pieces])
    spelt = spelling(texts)
    rarity = (np.log((1 + len(texts)) / (1 + (spelt != 0).sum(axis=0))) + 1).astype(np.float16).astype(np.float32)
    weighed = spelt * rarity
    weighed /= np.maximum(np.linalg.norm(weighed, axis=1, keepdims=True), 1e-9)
    return Sentences(texts, of, embedder.embed(texts), weighed, rarity)


def labels_of(mails: Sequence[Mail]) -> Numbers:
    """One row a mail, a column a feeling."""
    return np.array([[feeling in mail.feelings for feeling in FEELINGS] for mail in mails], dtype=np.float64)


def held_out(mails: Sequence[Mail], sentences: Sentences) -> HeldOut:
    """Each mail scored by weights that were fitted without its part."""
    labels = labels_of(mails)
    folds = np.array([mail.fold for mail in mails])
    seen = HeldOut(np.zeros_like(labels), np.zeros_like(labels))
    for fold in range(FOLDS):
        part = scored_without(fold, mails, sentences, labels)
        seen.full[folds == fold] = part.full[folds == fold]
        seen.alone[folds == fold] = part.alone[folds == fold]
    return seen


def scored_without(fold: int, mails: Sequence[Mail], sentences: Sentences, labels: Numbers) -> HeldOut:
    """All mails scored by weights that were fitted without one part."""
    learned = np.array([mail.fold != fold for mail in mails])[sentences.of]
    loudest = []
    for rows, looseness in _two(sentences):
        weights = _fitted(rows[learned], sentences.of[learned], labels, looseness)
        loudest.append(_loudest(_said(rows, weights), sentences.of, len(mails)))
    return HeldOut(*loudest)


def fitted(mails: Sequence[Mail], sentences: Sentences, seen: HeldOut, model: str, digest: str) -> Heads:
    """The heads, from all the mails; their scores are turned into probabilities by the held-out ones."""
    labels = labels_of(mails)
    heads = []
    for (rows, looseness), scores in zip(_two(sentences), (seen.full, seen.alone), strict=True):
        weights = _fitted(rows, sentences.of, labels, looseness)
        scales = np.array([_scaled(scores[:, at], labels[:, at]) for at in range(len(FEELINGS))])
        meaning = rows.shape[1] - sentences.spelt.shape[1]
        parts = weights[:, :meaning], weights[:, meaning:-1], weights[:, -1], scales[:, 0], scales[:, 1]
        heads.append(Head(*(part.astype(np.float32) for part in parts)))
    return Heads(model, digest, sentences.rarity, *heads)


def _two(sentences: Sentences) -> list[tuple[Rows, float]]:
    """What the two heads see, and how loose their weights are."""
    return [(np.hstack([sentences.meaning, sentences.spelt]), _LOOSENESS), (sentences.spelt, _ALONE_LOOSENESS)]


def _fitted(rows: Rows, of: NDArray[np.intp], labels: Numbers, looseness: float) -> Numbers:
    """Weights and, last, a bias: a row a feeling."""
    return np.array([_one(rows, of, labels[:, at], looseness) for at in range(labels.shape[1])])


def _one(rows: Rows, of: NDArray[np.intp], labels: Numbers, looseness: float) -> Numbers:
    """Every sentence of a mail without the feeling lacks it; of a mail that has it, at least one sentence has.

    At first each carries a part of the label; then each as much as it is nearly the loudest: "お世話になっております" in a
    furious mail is neither furious nor an example of calm.
    """
    has = labels[of] > 0
    weight = np.where(has, 1 / np.bincount(of, minlength=len(labels)).clip(1)[of], 1.0)
    found = np.zeros(rows.shape[1] + 1)
    for _ in range(_ROUNDS):
        found = _logistic(rows, has.astype(np.float64), weight, looseness, found)
        said = _said(rows, found[None])[:, 0]
        quieter = _loudest(said[:, None], of, len(labels))[of, 0] - said
        weight = np.where(has, np.exp(-_STEEPNESS * quieter), 1.0)
    return found


def _logistic(rows: Rows, wanted: Numbers, weight: Numbers, looseness: float, start: Numbers) -> Numbers:
    def loss(at: Numbers) -> tuple[float, Numbers]:
        said = _said(rows, at[None])[:, 0]
        wrong = weight * (1 / (1 + np.exp(-said)) - wanted)
        value = float(weight @ (np.logaddexp(0, said) - wanted * said)) + float(at[:-1] @ at[:-1]) / (2 * looseness)
        return value, np.append(wrong.astype(np.float32) @ rows + at[:-1] / looseness, wrong.sum())

    return minimised(loss, start)


def _scaled(scores: Numbers, wanted: Numbers) -> Numbers:
    """Slope and shift that make probabilities of scores (Platt)."""
    return _logistic(scores[:, None].astype(np.float32), wanted, np.ones(len(scores)), 1e6, np.array([1.0, 0.0]))


def _said(rows: Rows, weights: Numbers) -> Numbers:
    return (rows @ weights[:, :-1].T.astype(np.float32)).astype(np.float64) + weights[:, -1]


def _loudest(said: Numbers, of: NDArray[np.intp], mails: int) -> Numbers:
    loudest = np.full((mails, said.shape[1]), -np.inf)
    np.maximum.at(loudest, of, said)
    return loudest


def category_head(mails: Sequence[Mail], vectors: Rows, model: str, digest: str) -> category.Head:
    """The mean vector of each label. The more mails a situation has, the less each of them counts."""
    labels = ("", *CATEGORIES)
    of = Counter(mail.situation for mail in mails)
    share = np.array([1 / math.sqrt(of[mail.situation]) for mail in mails])
    own = np.array([labels.index(mail.category) for mail in mails])
    middle = vectors.mean(axis=0)
    centroids = [unit(share[own == at] @ (vectors[own == at] - middle)) for at in range(len(labels))]
    return category.Head(model, digest, labels, middle, np.stack(centroids))


def category_held_out(mails: Sequence[Mail], vectors: Rows) -> Rows:
    """What each label scored for each mail under centroids that never saw its situation."""
    folds = np.array([mail.fold for mail in mails])
    scores = np.zeros((len(mails), len(CATEGORIES) + 1), dtype=np.float32)
    for fold in range(FOLDS):
        learned = [mail for mail in mails if mail.fold != fold]
        head = category_head(learned, vectors[folds != fold], "", "")
        scores[folds == fold] = [category.scores_of(head, vector) for vector in vectors[folds == fold]]
    return scores

"""Whether a mail is dissatisfied, urgent, about to leave, and the sentence that says so.

Three small logistic heads, trained by `python -m server.replies.training`, on what a sentence means (the vector of USE)
and on how it is spelt (hashed n-grams); on the spelling alone where the model is missing. The loudest sentence decides:
a polite mail hides one sharp line. Word lists failed here (最低注文数, 解約金, 急ぎではありません), so there are none.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.understanding import Feeling, Mood, Sign
from server.replies.vectors import unpack

FEELINGS: Final[tuple[Feeling, ...]] = ("dissatisfied", "urgent", "churn")

THRESHOLDS: Final[Mapping[Feeling, float]] = {"dissatisfied": 0.6, "urgent": 0.6, "churn": 0.6}
"""From here on a mail is marked. A wrong "upset" annoys: on situations not seen, with many traps among the calm mails, six of
seven marks are right and two of three upset mails are marked (`python -m server.replies.training` prints it all)."""

SAME: Final = 0.8
"""Cosine from which a sentence counts as one that an agent has said means nothing of the kind."""

BUCKETS: Final = 4096
_SIZES: Final = (1, 2, 3)
_READ: Final = 400  # characters of one sentence
_QUOTED: Final = 120  # characters of the deciding sentence

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Head:
    """One row a feeling, in the order of FEELINGS. `slope` and `shift` turn what the weights say into a probability."""

    meaning: Numbers  # weights of the vector's dimensions; no columns where spelling works alone
    spelling: Numbers  # weights of the buckets
    bias: Numbers
    slope: Numbers
    shift: Numbers


@dataclass(frozen=True, slots=True)
class Heads:
    """What the training ships: the head for vectors of `model`, and the one that works without vectors."""

    model: str
    digest: str  # of the labelled mails
    rarity: Numbers  # of each bucket
    full: Head
    alone: Head


def read(
    sentences: Sequence[str],
    vectors: Numbers | None,
    model: str,
    corrected: Mapping[Feeling, Sequence[bytes]] | None = None,
) -> Mood:
    """Read the mood of a mail's sentences. `vectors` has a row a sentence, made by `model`; None works too.

    `corrected` holds packed vectors (of the same model) of sentences of which agents said that they mean nothing of the
    kind: what is very near to one of them no longer counts.
    """
    if not sentences:
        return Mood()
    chances = probabilities(sentences, vectors, model)
    signs: dict[Feeling, Sign] = {}
    for column, feeling in enumerate(FEELINGS):
        chance = chances[:, column]
        if vectors is not None and corrected and corrected.get(feeling):
            chance = np.where(_is_corrected(vectors, corrected[feeling]), 0, chance)
        loudest = int(chance.argmax())
        signs[feeling] = Sign(round(float(chance[loudest]), 4), _quoted(sentences[loudest]))
    return Mood(**signs)


def notable(mood: Mood, corrected: Collection[Feeling]) -> tuple[Feeling, ...]:
    """The feelings to show: sure enough, and not among those that an agent has said are not so."""
    return tuple(
        feeling
        for feeling in FEELINGS
        if feeling not in corrected and getattr(mood, feeling).score >= THRESHOLDS[feeling]
    )


def probabilities(sentences: Sequence[str], vectors: Numbers | None, model: str) -> Numbers:
    """One row a sentence, one column a feeling."""
    heads = shipped()
    spelt = spelling(sentences) * heads.rarity
    spelt /= np.maximum(np.linalg.norm(spelt, axis=1, keepdims=True), 1e-9)
    if vectors is None or model != heads.model:
        head, said = heads.alone, spelt @ heads.alone.spelling.T
    else:
        head, said = heads.full, vectors @ heads.full.meaning.T + spelt @ heads.full.spelling.T
    return np.asarray(1 / (1 + np.exp(-(head.slope * (said + head.bias) + head.shift))), dtype=np.float32)


def spelling(sentences: Sequence[str]) -> Numbers:
    """Hashed n-grams of one to three characters, damped by their logarithm: one row a sentence, not yet of length one."""
    rows = np.zeros((len(sentences), BUCKETS), dtype=np.float32)
    for row, sentence in zip(rows, sentences, strict=True):
        for gram, count in _grams(sentence[:_READ]).items():
            place = zlib.crc32(gram.encode("utf-8", "replace"))  # the same in every process, unlike hash()
            row[(place >> 1) % BUCKETS] += (1 + math.log(count)) * (1 if place & 1 else -1)
    return rows


@cache
def shipped() -> Heads:
    """The heads in this package."""
    with files("server.replies").joinpath("heads", "mood.npz").open("rb") as file, np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files}
    return Heads(
        model=str(arrays["model"]),
        digest=str(arrays["digest"]),
        rarity=arrays["rarity"].astype(np.float32),
        full=_head("full", arrays),
        alone=_head("alone", arrays),
    )


def _head(name: str, arrays: Mapping[str, NDArray[np.float16]]) -> Head:
    return Head(*(arrays[f"{name}_{part}"].astype(np.float32) for part in Head.__slots__))


def _grams(sentence: str) -> Counter[str]:
    plain = re.sub(r"\d", "0", unicodedata.normalize("NFKC", sentence).casefold())
    padded = f" {' '.join(plain.split())} "
    return Counter(padded[at : at + size] for size in _SIZES for at in range(len(padded) - size + 1))


def _is_corrected(vectors: Numbers, packed: Sequence[bytes]) -> NDArray[np.bool_]:
    """Whether each row is near to one of the packed vectors. Those of another length are another model's."""
    known = [vector for vector in map(unpack, packed) if vector.size == vectors.shape[1]]
    if not known:
        return np.zeros(len(vectors), dtype=np.bool_)
    return np.asarray((vectors @ np.stack(known).T).max(axis=1) >= SAME)


def _quoted(sentence: str) -> str:
    plain = " ".join(sentence.split())
    return plain if len(plain) <= _QUOTED else f"{plain[: _QUOTED - 1]}…"

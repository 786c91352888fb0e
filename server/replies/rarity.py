"""How much each sentence of a mail says: what stands in every mail says little.

A greeting, a closing and a signature around a mail cost half of the right answers when the mail is one vector. Weighing
each sentence by its rarity brings nearly all of them back. A team's own mails teach what is common there; until it has
any, patterns of ordinary greetings, closings, introductions and signatures stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from server.replies.boilerplate import is_boilerplate
from server.replies.sentences import folded
from server.replies.vectors import SCALE

Vectors = NDArray[np.float32]
Digest = Callable[[str], str]
"""Keyed, so that counts kept of a team's mails give no sentence away: HMAC of the folded sentence."""

_COMMON: Final = 400
"""How often a sentence of the patterns counts as seen: its weight is a twentieth."""
_SETTLED: Final = 200
"""Sentences until a team's own mean says more than none: below this it counts in part."""


class Corpus(msgspec.Struct, frozen=True):
    """What a team's mails taught: how many mails held a sentence, by its digest, and the sum of all sentences' vectors.

    `counts` need hold no more than the sentences at hand: a caller may fetch just those.
    """

    counts: Mapping[str, int] = {}
    total: tuple[int, ...] = ()  # sum of int16 vectors, exact; () where nothing was counted or the model changed
    sentences: int = 0
    mails: int = 0


def keys_of(sentences: Iterable[str], digest: Digest = str) -> list[str]:
    """The keys by which these sentences are counted."""
    return [digest(folded(sentence)) for sentence in sentences]


def with_mail(corpus: Corpus, sentences: Sequence[str], vectors: Vectors, digest: Digest = str) -> Corpus:
    """The corpus with one more mail. A sentence counts once a mail, however often it stands there."""
    counts = dict(corpus.counts)
    for key in set(keys_of(sentences, digest)):
        counts[key] = counts.get(key, 0) + 1
    added = np.rint(vectors.astype(np.float64) * SCALE).astype(np.int64).sum(axis=0)
    total = added + np.array(corpus.total, dtype=np.int64) if corpus.total else added
    return Corpus(counts, tuple(int(number) for number in total), corpus.sentences + len(sentences), corpus.mails + 1)


def weights(
    sentences: Sequence[str], vectors: Vectors, corpus: Corpus, digest: Digest = str, *, own: bool = False
) -> NDArray[np.float32]:
    """(1/count)^.5 x (1 - cos(sentence, corpus mean)) x sqrt(length), one a sentence.

    `own` says that the mail itself has been counted already.
    """
    if not sentences:
        return np.zeros(0, dtype=np.float32)
    seen = [
        max(corpus.counts.get(key, 0) - own, _COMMON if is_boilerplate(sentence) else 0) + 1
        for sentence, key in zip(sentences, keys_of(sentences, digest), strict=True)
    ]
    lengths = [len(sentence) for sentence in sentences]
    rare = np.sqrt(np.array(lengths, dtype=np.float64) / np.array(seen, dtype=np.float64))
    return (rare * _unlike_the_mean(vectors, corpus)).astype(np.float32)


def _unlike_the_mean(vectors: Vectors, corpus: Corpus) -> NDArray[np.float64]:
    mean = np.array(corpus.total, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    if mean.shape != vectors.shape[1:] or length == 0:
        return np.ones(len(vectors))
    settled = corpus.sentences / (corpus.sentences + _SETTLED)
    return 1 - settled * np.clip(vectors @ (mean / length), 0, 1)

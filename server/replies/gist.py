"""What a mail, or a template, is about: its sentences, how much each says, and the one vector that ranks answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.replies.boilerplate import is_boilerplate
from server.replies.embedding import Embedder
from server.replies.rarity import Corpus, Digest, weights
from server.replies.sentences import split
from server.replies.vectors import Vector, mail_vector, unit

_TOGETHER: Final = 300  # characters of what is said that are read in one piece as well


@dataclass(frozen=True, slots=True)
class Gist:
    """One mail: `vectors` and `weights` have a row a sentence."""

    sentences: list[str]
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]
    vector: Vector


def gist(text: str, embedder: Embedder, corpus: Corpus, digest: Digest = str) -> Gist:
    """Read the new text of a mail in one batch of the embedder.

    Sentence by sentence, so that boilerplate can be weighed down; and once more in one piece without it, since "it" and
    "the card" of the second sentence mean little alone (measured: 1 point of the first guess in a hundred).
    """
    sentences = split(text)
    said = [sentence for sentence in sentences if not is_boilerplate(sentence)]
    together = [" ".join(said)[:_TOGETHER]] if len(said) > 1 else []
    embedded = embedder.embed([*sentences, *together])
    vectors = embedded[: len(sentences)]
    heavy = weights(sentences, vectors, corpus, digest)
    vector = mail_vector(sentences, vectors, heavy)
    return Gist(sentences, vectors, heavy, unit(vector + embedded[-1]) if together else vector)


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a template as far as ranking goes. `title`: whatever names it, such as its title and its category."""

    title: str
    body: str
    language: str


_VARIABLE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_LATER: Final = 0.7  # a template says first what it is about; each sentence weighs this much of the one before
_TITLE: Final = 0.6  # of what the body weighs
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")


def template_vectors(wordings: Sequence[Wording], embedder: Embedder) -> NDArray[np.float32]:
    """One unit vector a template, from what sets it apart from the team's others of its language.

    All of a team's templates at once: a sentence that many of them share, such as an apology, says little about any.
    """
    bodies = [split(_VARIABLE.sub(" ", wording.body)) for wording in wordings]
    sentences = [sentence for body in bodies for sentence in body]
    embedded = embedder.embed([*sentences, *(_named(wording.title) for wording in wordings)])
    titles = embedded[len(sentences) :]
    ends = np.cumsum([len(body) for body in bodies])
    rows = np.split(embedded[: len(sentences)], ends[:-1]) if wordings else []
    out = np.zeros((len(wordings), embedder.dimensions), dtype=np.float32)
    for language in {wording.language for wording in wordings}:
        here = [at for at, wording in enumerate(wordings) if wording.language == language]
        total = sum((rows[at].sum(axis=0) for at in here), start=np.zeros(embedder.dimensions))
        count = sum(len(rows[at]) for at in here)
        for at in here:
            others = (total - rows[at].sum(axis=0)) / max(count - len(rows[at]), 1)
            heavy = (1 - rows[at] @ others) * _by_place(bodies[at])
            out[at] = unit(unit(heavy @ rows[at]) + np.float32(_TITLE) * titles[at])
    return out


def _by_place(sentences: Sequence[str]) -> NDArray[np.float64]:
    """How heavy each sentence is by its place among those that say something."""
    heavy = []
    place = 1.0
    for sentence in sentences:
        common = is_boilerplate(sentence)
        heavy.append(place / 20 if common else place)
        place *= 1 if common else _LATER
    return np.array(heavy)


def _named(title: str) -> str:
    words = title.replace("_", " ").strip()
    return words if _LETTERS.search(words) else ""  # "t01" names nothing

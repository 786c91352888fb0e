"""Which question of server.domain.categories a mail asks: the nearest of their centroids, made beside the mood's heads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.replies.vectors import unit

Numbers = NDArray[np.float32]

THRESHOLD: Final = 0.28
"""Below this cosine a mail has no category: a wrong one asks the customer for details that nobody needs."""


@dataclass(frozen=True, slots=True)
class Head:
    """A unit centroid a label, seen from the middle of all mails; the label "" is a mail that asks none of the questions."""

    model: str
    digest: str  # of the labelled mails
    labels: tuple[str, ...]
    middle: Numbers
    centroids: Numbers


def category_of(vector: Numbers, model: str) -> str:
    """Return the category's id, or "" when none is near. Vectors of spelling alone (char-1) cannot tell them apart."""
    head = shipped()
    if model != head.model or not vector.any():
        return ""
    scores = scores_of(head, vector)
    best = int(scores.argmax())
    return head.labels[best] if scores[best] >= THRESHOLD else ""


def scores_of(head: Head, vector: Numbers) -> Numbers:
    """The cosine of each label."""
    return np.asarray(head.centroids @ unit(vector - head.middle), dtype=np.float32)


@cache
def shipped() -> Head:
    """The centroids in this package."""
    with files("server.replies").joinpath("heads", "category.npz").open("rb") as file, np.load(file) as kept:
        return Head(
            model=str(kept["model"]),
            digest=str(kept["digest"]),
            labels=tuple(str(label) for label in kept["labels"]),
            middle=kept["middle"].astype(np.float32),
            centroids=kept["centroids"].astype(np.float32),
        )

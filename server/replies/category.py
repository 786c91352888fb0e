"""Which question of server.domain.categories a mail asks: a linear head over its vector, trained beside the mood's heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

THRESHOLDS: Final[Mapping[str, float]] = {"use-m3-1": 0.2, "char-1": 0.3}
"""Below this score a mail has no category: a wrong one asks the customer for details that nobody needs."""


@dataclass(frozen=True, slots=True)
class Head:
    """One row of `weights` a label; the label "" is a mail that asks none of the questions."""

    labels: tuple[str, ...]
    weights: Numbers
    bias: Numbers


def category_of(vector: Numbers, model: str) -> str:
    """Return the category's id, or "" when none stands out or nobody trained for vectors of this model."""
    head = shipped().get(model)
    if head is None or vector.shape != head.weights.shape[1:] or not vector.any():
        return ""
    scores = scores_of(head, vector[None])[0]
    best = int(scores.argmax())
    return head.labels[best] if scores[best] >= THRESHOLDS[model] else ""


def scores_of(head: Head, vectors: Numbers) -> Numbers:
    """One row a mail, one column a label, about 1 where it is that label and about 0 where it is not."""
    return np.asarray(vectors @ head.weights.T + head.bias, dtype=np.float32)


@cache
def shipped() -> Mapping[str, Head]:
    """The heads in this package, by the model of their vectors."""
    with files("server.replies").joinpath("heads", "category.npz").open("rb") as file, np.load(file) as kept:
        labels = tuple(str(label) for label in kept["labels"])
        return {
            str(model): Head(
                labels, kept[f"{model}_weights"].astype(np.float32), kept[f"{model}_bias"].astype(np.float32)
            )
            for model in kept["models"]
        }

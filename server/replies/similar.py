"""Is this a known problem? The solved conversations whose question was most like a mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.replies.vectors import Vector, unpack

MOST: Final = 3
ALIKE: Final = 0.55
"""Cosine of two mails about the same thing; mails about different things of one trade lie near 0.3."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Conversations and the vectors of their questions, a row each."""

    ids: tuple[str, ...]
    matrix: NDArray[np.float32]

    def like(self, vector: Vector) -> tuple[str, ...]:
        """The ids of at most three that are like it, the most alike first."""
        if not self.ids or self.matrix.shape[1] != vector.size:
            return ()
        scores = self.matrix @ vector
        order = np.argsort(-scores, kind="stable")[:MOST]
        return tuple(self.ids[at] for at in order if scores[at] >= ALIKE)


def solved_matrix(vectors: Mapping[str, bytes]) -> Solved:
    """Lay out what the store holds: conversation id -> packed vector, all of one model."""
    ids = sorted(vectors)
    rows = [unpack(vectors[id_]) for id_ in ids]
    return Solved(tuple(ids), np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32))

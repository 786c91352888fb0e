"""One vector for one mail, and how vectors are kept: as int16, so that sums of them are exact.

(a + c) - c differs from a in floating point. In integers it does not, so a pick that is taken back leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Sums = NDArray[np.int32]
"""Sums of packed vectors. 65,536 of them fit before an int32 could overflow."""

SCALE: Final = 32767


def mail_vector(sentences: Sequence[str], vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> Vector:
    """The sentences' vectors, each as heavy as its weight, as one unit vector; zeros when nothing has weight."""
    if len(sentences) != len(vectors) or len(sentences) != len(weights):
        raise ValueError(f"{len(sentences)} sentences, {len(vectors)} vectors, {len(weights)} weights")
    return unit(weights @ vectors)


def unit(vector: NDArray[np.float32] | NDArray[np.float64] | Sums) -> Vector:
    """The vector at length one; zeros stay zeros."""
    exact = vector.astype(np.float64)
    length = float(np.linalg.norm(exact))
    return (exact / length if length > 0 else exact).astype(np.float32)


def quantised(vector: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.rint(np.clip(vector, -1.0, 1.0) * SCALE).astype("<i2")


def pack(vector: NDArray[np.float32]) -> bytes:
    """Two bytes a number, little-endian."""
    return quantised(vector).tobytes()


def unpack(packed: bytes) -> Vector:
    """What `pack` kept. Raises ValueError when the bytes are not whole numbers."""
    return np.frombuffer(packed, dtype="<i2").astype(np.float32) / np.float32(SCALE)


def nothing(dimensions: int) -> Sums:
    """Return the sum of no vector."""
    return np.zeros(dimensions, dtype=np.int32)


def plus(sums: Sums, packed: bytes) -> Sums:
    """The sums with one more packed vector. Raises ValueError when it has another number of dimensions."""
    return sums + _added(sums, packed)


def minus(sums: Sums, packed: bytes) -> Sums:
    """The sums without that packed vector: bit for bit what they were before it came."""
    return sums - _added(sums, packed)


def _added(sums: Sums, packed: bytes) -> Sums:
    added = np.frombuffer(packed, dtype="<i2").astype(np.int32)
    if added.shape != sums.shape:
        raise ValueError(f"a vector of {added.size} dimensions among vectors of {sums.size}")
    return added

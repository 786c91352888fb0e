"""Multinomial logistic regression with small weights preferred: L-BFGS over numpy, since nothing larger is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_MEMORY: Final = 10
_ROUNDS: Final = 120
_ENOUGH: Final = 1e-6  # of the loss, gained in one round
_BIAS: Final = 0.1  # how strongly biases are held at zero


def fit(rows: Numbers, labels: NDArray[np.intp], classes: int, looseness: float) -> tuple[Numbers, Numbers]:
    """Weights (one row a class) and biases that tell the labels apart; the looser, the larger they may be."""
    size = rows.shape[1]
    wanted = np.eye(classes)[labels]

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        both = flat.reshape(classes, size + 1)
        scores = rows @ both[:, :size].T + both[:, size]
        top = scores.max(axis=1, keepdims=True)
        logs = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        value = -float((logs * wanted).sum()) + float((both[:, :size] ** 2).sum()) / (2 * looseness)
        wrong = np.exp(logs) - wanted
        slope = np.empty_like(both)
        slope[:, :size] = wrong.T @ rows + both[:, :size] / looseness
        slope[:, size] = wrong.sum(axis=0) + _BIAS * both[:, size]
        return value + _BIAS * float((both[:, size] ** 2).sum()) / 2, slope.ravel()

    best = minimised(loss, np.zeros(classes * (size + 1))).reshape(classes, size + 1)
    return best[:, :size], best[:, size]


def minimised(loss: Callable[[Numbers], tuple[float, Numbers]], at: Numbers) -> Numbers:
    """Where the loss is lowest: L-BFGS (Nocedal, Wright: Numerical Optimization, algorithm 7.4) with halved steps."""
    value, slope = loss(at)
    steps: list[Numbers] = []
    turns: list[Numbers] = []
    for _ in range(_ROUNDS):
        down = -_scaled(slope, steps, turns)
        length = 1.0 if steps else 1.0 / max(float(np.linalg.norm(slope)), 1.0)
        drop = float(slope @ down)
        lower, turned = loss(at + length * down)
        while lower > value + 1e-4 * length * drop and length > 1e-8:
            length /= 2
            lower, turned = loss(at + length * down)
        if lower >= value:
            break
        steps.append(length * down)
        turns.append(turned - slope)
        if steps[-1] @ turns[-1] <= 1e-12:
            steps.pop()
            turns.pop()
        del steps[:-_MEMORY], turns[:-_MEMORY]
        gained = value - lower
        at, value, slope = at + length * down, lower, turned
        if gained < _ENOUGH * abs(value):
            break
    return at


def _scaled(slope: Numbers, steps: list[Numbers], turns: list[Numbers]) -> Numbers:
    """The slope times what the last steps tell of the inverse curvature."""
    out = slope.copy()
    shares = []
    for step, turn in zip(reversed(steps), reversed(turns), strict=True):
        share = float(step @ out) / float(step @ turn)
        shares.append(share)
        out -= share * turn
    if steps:
        out *= float(steps[-1] @ turns[-1]) / float(turns[-1] @ turns[-1])
    for step, turn, share in zip(steps, turns, reversed(shares), strict=True):
        out += step * (share - float(turn @ out) / float(step @ turn))
    return out

"""The small regression behind a fit."""

from __future__ import annotations

import numpy as np
import pytest

from server.replies.logistic import Numbers, fit, minimised


def test_it_finds_the_lowest_place_of_a_bowl() -> None:
    steep = np.array([1.0, 10.0, 100.0])

    def bowl(at: Numbers) -> tuple[float, Numbers]:
        away = at - np.array([3.0, -1.0, 0.5])
        return float((steep * away**2).sum()), 2 * steep * away

    assert minimised(bowl, np.zeros(3)) == pytest.approx([3.0, -1.0, 0.5], abs=1e-2)


def test_it_tells_classes_apart_that_a_line_can() -> None:
    draw = np.random.default_rng(0)
    centres = np.array([[2.0, 0, 0], [0, 2.0, 0], [0, 0, 2.0]])
    labels = np.repeat(np.arange(3), 20)
    rows = centres[labels] + draw.normal(0, 0.3, (60, 3))
    weights, bias = fit(rows, labels, 3, 10.0)
    assert ((rows @ weights.T + bias).argmax(axis=1) == labels).all()


def test_the_slope_is_that_of_the_loss() -> None:
    """At the end of the way no small step leads lower: loosely, what comes out is a minimum."""
    draw = np.random.default_rng(1)
    rows, labels = draw.normal(size=(30, 4)), draw.integers(0, 3, 30)
    weights, bias = fit(rows, labels, 3, 1.0)

    def loss(weights: Numbers, bias: Numbers) -> float:
        scores = rows @ weights.T + bias
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -float(logs[np.arange(30), labels].sum()) + float((weights**2).sum()) / 2 + 0.05 * float((bias**2).sum())

    best = loss(weights, bias)
    for _ in range(50):
        assert loss(weights + draw.normal(0, 0.05, weights.shape), bias + draw.normal(0, 0.05, 3)) > best


def test_the_tighter_the_smaller_the_weights() -> None:
    rows, labels = np.eye(4), np.arange(4)
    tight, _ = fit(rows, labels, 4, 0.1)
    loose, _ = fit(rows, labels, 4, 10.0)
    assert np.abs(tight).sum() < np.abs(loose).sum()


def test_it_gives_the_same_every_time() -> None:
    draw = np.random.default_rng(2)
    rows, labels = draw.normal(size=(40, 5)), draw.integers(0, 4, 40)
    assert fit(rows, labels, 4, 5.0)[0].tobytes() == fit(rows, labels, 4, 5.0)[0].tobytes()

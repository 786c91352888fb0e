"""Vectors as they are kept: sums of them are exact, so that what is taken back leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.replies.vectors import mail_vector, minus, nothing, pack, plus, unit, unpack

SIZE = 8
numbers = st.floats(-1, 1, width=32)
vectors = st.lists(numbers, min_size=SIZE, max_size=SIZE).map(lambda row: unit(np.array(row, dtype=np.float32)))


@given(st.lists(vectors, max_size=30), vectors)
def test_a_pick_that_is_taken_back_leaves_the_same_bits(
    before: list[NDArray[np.float32]], one: NDArray[np.float32]
) -> None:
    sums = nothing(SIZE)
    for vector in before:
        sums = plus(sums, pack(vector))
    again = minus(plus(sums, pack(one)), pack(one))
    assert again.tobytes() == sums.tobytes()


@given(st.lists(vectors, min_size=1, max_size=12))
def test_the_order_of_picks_makes_no_difference(picks: list[NDArray[np.float32]]) -> None:
    forwards, backwards = nothing(SIZE), nothing(SIZE)
    for vector in picks:
        forwards = plus(forwards, pack(vector))
    for vector in reversed(picks):
        backwards = plus(backwards, pack(vector))
    assert forwards.tobytes() == backwards.tobytes()


@given(vectors)
def test_packing_keeps_a_vector_within_a_step(vector: NDArray[np.float32]) -> None:
    assert unpack(pack(vector)) == pytest.approx(vector, abs=1 / 32767)
    assert pack(unpack(pack(vector))) == pack(vector)


def test_packed_numbers_are_two_bytes_little_endian() -> None:
    assert pack(np.array([1.0, -1.0, 0.0], dtype=np.float32)) == b"\xff\x7f\x01\x80\x00\x00"


def test_sums_hold_sixty_five_thousand_picks() -> None:
    one = np.ones(1, dtype=np.int32) * 32767
    assert int((one * 65_536)[0]) == 32767 * 65_536


def test_a_vector_of_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="a vector of 3 dimensions among vectors of 8"):
        plus(nothing(SIZE), pack(np.zeros(3, dtype=np.float32)))
    with pytest.raises(ValueError):
        unpack(b"odd")


def test_a_mail_is_its_sentences_by_weight() -> None:
    rows = np.eye(2, dtype=np.float32)
    assert mail_vector(["a", "b"], rows, np.array([3, 4], dtype=np.float32)) == pytest.approx([0.6, 0.8])


def test_a_mail_without_sentences_is_zeros() -> None:
    empty = np.zeros((0, 4), dtype=np.float32)
    assert mail_vector([], empty, np.zeros(0, dtype=np.float32)).tolist() == [0, 0, 0, 0]


def test_weights_that_do_not_belong_to_the_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="1 sentences, 2 vectors, 2 weights"):
        mail_vector(["a"], np.eye(2, dtype=np.float32), np.ones(2, dtype=np.float32))

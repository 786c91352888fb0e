"""What a mail is about, whatever stands around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from server.replies.embedding import CharEmbedder
from server.replies.gist import gist
from server.replies.rarity import Corpus


class Counting(CharEmbedder):
    """Notes how it was called."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append(list(texts))
        return super().embed(texts)


def test_greetings_and_closings_hardly_move_the_vector() -> None:
    embedder = CharEmbedder()
    bare = gist("注文した荷物が届きません。", embedder, Corpus()).vector
    wrapped = gist(
        "青葉商事 御中\n\nお世話になっております。株式会社山田商店の佐藤です。\n注文した荷物が届きません。\nよろしくお願いいたします。",
        embedder,
        Corpus(),
    ).vector
    assert bare @ wrapped > 0.95


def test_a_mail_is_embedded_in_one_batch() -> None:
    embedder = Counting()
    read = gist("お世話になります。荷物が届きません。いつ届きますか。", embedder, Corpus())
    assert embedder.calls == [[*read.sentences, "荷物が届きません。 いつ届きますか。"]]
    assert len(read.sentences) == len(read.vectors) == len(read.weights) == 3


def test_one_sentence_is_read_once() -> None:
    embedder = Counting()
    gist("荷物が届きません。", embedder, Corpus())
    assert embedder.calls == [["荷物が届きません。"]]


@pytest.mark.parametrize("text", ["", "😀", "-----"])
def test_a_mail_that_says_nothing_is_zeros(text: str) -> None:
    read = gist(text, CharEmbedder(), Corpus())
    assert read.sentences == []
    assert not read.vector.any()


def test_a_mail_of_nothing_but_a_greeting_still_has_a_direction() -> None:
    read = gist("お世話になっております。", CharEmbedder(), Corpus())
    assert float(np.linalg.norm(read.vector)) == pytest.approx(1, abs=1e-5)


def test_two_megabytes_are_read_in_bounds() -> None:
    embedder = Counting()
    gist("返品したいのですが、送り先が分かりません。" * 100_000, embedder, Corpus())
    assert sum(map(len, embedder.calls[0])) < 20_000

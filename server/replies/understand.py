"""Everything that is worked out from the new text of one mail, in one reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from server.domain.ids import bare_subject
from server.domain.reading import ToRead
from server.domain.understanding import Feeling, Understood
from server.replies.category import category_of
from server.replies.deadlines import deadlines
from server.replies.details import found_in, missing
from server.replies.embedding import Embedder
from server.replies.gist import Gist, gist
from server.replies.mood import read as read_mood
from server.replies.rarity import Corpus, Digest, keys_of
from server.replies.sentences import split
from server.replies.vectors import pack

Counts = Callable[[Sequence[str]], Mapping[str, int]]
"""How often each of these sentences (by digest) stood in the team's mails."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was understood, and the sentences it was understood from."""

    understood: Understood
    gist: Gist


def understand(
    mail: ToRead,
    embedder: Embedder,
    corpus: Corpus | None = None,
    *,
    zone: str,
    digest: Digest = str,
    count_of: Counts | None = None,
    corrected: Mapping[Feeling, Sequence[bytes]] | None = None,
) -> Made:
    """Read a mail. `corpus` needs no counts: those of its sentences are asked of `count_of`."""
    subject = bare_subject(mail.subject)
    text = f"{subject}\n{mail.text}" if subject else mail.text
    known = corpus or Corpus()
    if count_of:
        known = msgspec.structs.replace(known, counts=count_of(keys_of(split(text), digest)))
    read = gist(text, embedder, known, digest)
    present = found_in(mail.text, mail.subject)
    category = category_of(read.vector, embedder.model)
    understood = Understood(
        model=embedder.model,
        vector=pack(read.vector),
        language=mail.language,
        category=category,
        mood=read_mood(read.sentences, read.vectors, embedder.model, corrected or {}),
        deadlines=deadlines(mail.text, mail.date, zone),
        present=present,
        missing=missing(category, present),
    )
    return Made(understood, read)

"""One team's templates as a copy of the service holds them in memory, and how they are ranked for one mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from server.domain.categories import name_of
from server.domain.template import Template
from server.replies.embedding import Embedder, Model
from server.replies.gist import Wording
from server.replies.gist import template_vectors as vectors_of
from server.replies.ranking import Entry, Fit, Ranking, Shelf, rank, refit, shelve
from server.replies.vectors import pack, unpack

_fit: Final = msgspec.msgpack.Decoder(Fit).decode


class Stock(msgspec.Struct, frozen=True):
    """What the store holds of one team's templates: everything a matrix is made of. Vectors are int16, sums int32, little-endian."""

    model: Model
    templates: Mapping[str, Template]  # that the team may use
    vectors: Mapping[str, bytes]  # of the templates' own texts
    sums: Mapping[str, bytes]
    picks: Mapping[str, int]
    fit: bytes = b""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The templates that can be ranked: a new one cannot before the worker has read it."""
        return tuple(
            Entry(
                id=id_,
                language=one.language,
                own=self.vectors[id_],
                sums=self.sums.get(id_, b""),
                picks=self.picks.get(id_, 0),
            )
            for id_, one in self.templates.items()
            if id_ in self.vectors
        )


@dataclass(frozen=True, slots=True)
class TeamShelf:
    """The templates of one team, and their matrix."""

    templates: Mapping[str, Template]
    shelf: Shelf

    def ranked(self, vector: bytes, language: str, most: int) -> Ranking:
        """Rank them for a mail's packed vector."""
        return rank(self.shelf, unpack(vector), language, most)


def shelf_of(stock: Stock) -> TeamShelf:
    """Lay out what the store holds. A fit that cannot be read is none: it is made again."""
    try:
        fit = _fit(stock.fit) if stock.fit else None
    except msgspec.DecodeError:
        fit = None
    return TeamShelf(stock.templates, shelve(stock.model, stock.entries, fit))


def packed_vectors(templates: Iterable[Template], embedder: Embedder) -> dict[str, bytes]:
    """Embed the living templates, all at once: what many of them share says little about any."""
    living = [one for one in templates if not one.archived]
    wordings = [Wording(f"{one.title} {name_of(one.category, one.language)}", one.body, one.language) for one in living]
    return {one.id: pack(row) for one, row in zip(living, vectors_of(wordings, embedder), strict=True)}


def fitted(stock: Stock, examples: Sequence[tuple[str, bytes]]) -> bytes:
    """Refit from what was picked (template, packed vector of the mail), oldest first; b"" while there is too little to learn from."""
    fit = refit(stock.entries, examples, stock.model)
    return msgspec.msgpack.encode(fit) if fit.heads else b""

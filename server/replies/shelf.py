"""One team's templates as a copy of the service holds them in memory, and how they are ranked for one mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from server.domain.template import Template


class Stock(msgspec.Struct, frozen=True):
    """What the store holds of one team's templates: everything a matrix is made of. Vectors are int16, sums int32, little-endian."""

    model: str
    templates: Mapping[str, Template]  # that the team may use
    vectors: Mapping[str, bytes]  # of the templates' own texts
    sums: Mapping[str, bytes]
    picks: Mapping[str, int]
    fit: bytes

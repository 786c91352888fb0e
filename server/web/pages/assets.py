"""Scripts and styles of a page, read once when the service starts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

from flask import Response

_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A script or style; an address that carries its version may be kept for ever."""

    body: bytes
    content_type: str
    version: str

    def sent(self, version: str) -> Response:
        """The answer to who asks for it, by an address with this version."""
        age = "public, max-age=31536000, immutable" if version == self.version else "public, no-cache"
        return Response(self.body, mimetype=self.content_type, headers={"Cache-Control": age, "Vary": ""})


def read_assets(folder: Traversable, *names: str) -> dict[str, Asset]:
    """Read files that pages link to."""
    return {name: _read(folder, name) for name in names}


def _read(folder: Traversable, name: str) -> Asset:
    body = folder.joinpath(name).read_bytes()
    return Asset(body, _TYPES[name.rpartition(".")[2]], hashlib.blake2b(body, digest_size=8).hexdigest())

"""The scripts as one function library of the server: loaded once, kept and replicated by Redis itself.

A library carries the digest of its text in its name, so that copies of two versions can run side by side. Functions are written
to the append-only file and survive a restart and a failover, which cached scripts do not: a call is one round trip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, cast

import msgspec
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from server.domain.errors import RecordsUnavailable
from server.store.connect import FAILURES, Client

PARTS: Final = (
    "base",
    "answers",
    "crm",
    "reply",
    "place",
    "view",
    "open",
    "act",
    "compose",
    "queue",
    "people",
    "connections",
    "forget",
    "templates",
    "jobs",
    "own",
)
"""The files of scripts/, in the order in which they build on one another."""

_encoder: Final = msgspec.msgpack.Encoder()


def source() -> tuple[str, str]:
    """Return the library's name and its text."""
    folder = resources.files("server.store") / "scripts"
    body = "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in PARTS)
    name = f"sobani_{hashlib.sha256(body.encode()).hexdigest()[:12]}"
    return name, f"#!lua name={name}\nlocal PREFIX = '{name}_'\n{body}"


class Library:
    """Calls the scripts by name; loads them when the server does not have them yet."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._name, self._text = source()

    def load(self) -> None:
        """Put the library on the server (on every primary of a cluster). Raises RecordsUnavailable."""
        try:
            cast("Any", self.client).function_load(self._text, replace=True)  # clusters route it to all primaries
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    def ping(self) -> None:
        """Ask whether the server answers. Raises RecordsUnavailable."""
        try:
            self.client.ping()
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    def call(self, function: str, key: str, request: Mapping[str, object], *blobs: bytes) -> Any:
        """Run a script on the keys that share `key`'s hash tag. Raises RecordsUnavailable, without the server's words (they may quote data)."""
        name, payload = f"{self._name}_{function}", _encoder.encode(request)
        try:
            try:
                return self.client.fcall(name, 1, key, payload, *blobs)
            except ResponseError as error:
                if "unction not found" not in str(error):
                    raise
                self.load()
                return self.client.fcall(name, 1, key, payload, *blobs)
        except RedisConnectionError as error:
            raise RecordsUnavailable("connection") from error
        except FAILURES as error:
            raise RecordsUnavailable(f"{type(error).__name__}: {_place_of(error)}") from error


def _place_of(error: Exception) -> str:
    """Return the script and line of a failure, and nothing of the values."""
    text = str(error)
    at = text.find("script:")
    return text[at : at + 80].split(",", maxsplit=1)[0] if at >= 0 else text.split(" ", maxsplit=1)[0][:40]

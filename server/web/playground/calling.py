"""Calling the service the way Google does: over HTTP, from outside."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import orjson

TIME_LIMIT_SECONDS = 30  # what Google documents for scripts; for HTTP it names no figure


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when nothing did."""

    status: int
    content: bytes

    def json(self) -> object:
        """The parsed body, None when it is not JSON."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return None


class Post(Protocol):
    """Sends one JSON body."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer: ...


def post(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send a JSON body and wait for the answer."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = kind(target.hostname or "", target.port, timeout=TIME_LIMIT_SECONDS)
    try:
        connection.request("POST", target.path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except (OSError, http.client.HTTPException):
        return Answer(0, b"")
    finally:
        connection.close()

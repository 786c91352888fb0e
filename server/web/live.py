"""The token a pane waits with for changes of what it shows: whose, of which conversation, and how much it has seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from server.domain.errors import ActionTooOld, BadAction

LIFETIME: Final = 10 * 3600
"""Seconds a pane may wait with one token: a working day, as long as the buttons beside it work (web/sealing.py)."""

_LONGEST: Final = 1024
_MAC_LENGTH: Final = 22  # 16 bytes in base64 without padding


class Live(NamedTuple):
    """What a pane shows."""

    workspace: str
    viewer: str
    conversation: str  # "": the queue
    number: int  # of the workspace's newest change when it was drawn
    drawn: int  # seconds since the epoch


class Lives:
    """Makes and opens such tokens: sealed with the first key, opened with any. `clock` is seconds since the epoch.

    Each open makes one, so it is a single keyed BLAKE2b. A wait needs no look at the store, since all is in the token.
    """

    def __init__(self, keys: Sequence[str], clock: Callable[[], float]) -> None:
        self._begun = [hashlib.blake2b(key=_key(key), digest_size=16) for key in keys]
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Live).decode

    def token(self, workspace: str, viewer: str, conversation: str, number: int) -> str:
        """Return the token for what was just drawn; "" as conversation for the queue. `number`: the feed's at that moment."""
        live = Live(workspace, viewer, conversation, number, int(self._clock()))
        said = base64.urlsafe_b64encode(self._encode(live)).rstrip(b"=")
        return (said + self._mac(0, said)).decode()

    def open(self, token: str) -> Live:
        """Return what the token says. Raises BadAction for one we did not make, ActionTooOld after a working day."""
        if not _MAC_LENGTH < len(token) <= _LONGEST or not token.isascii():
            raise BadAction("no token of ours")
        said, mac = token[:-_MAC_LENGTH].encode(), token[-_MAC_LENGTH:].encode()
        if not any(hmac.compare_digest(self._mac(number, said), mac) for number in range(len(self._begun))):
            raise BadAction("not sealed by us")
        try:
            live = self._decode(base64.urlsafe_b64decode(said + b"=" * (-len(said) % 4)))
        except (msgspec.DecodeError, binascii.Error) as error:  # sealed by a version with another shape
            raise BadAction(type(error).__name__) from error
        if self._clock() > live.drawn + LIFETIME:
            raise ActionTooOld
        return live

    def _mac(self, number: int, said: bytes) -> bytes:
        mac = self._begun[number].copy()
        mac.update(said)
        return base64.urlsafe_b64encode(mac.digest())[:_MAC_LENGTH]


def _key(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), person=b"sobani.live", digest_size=32).digest()

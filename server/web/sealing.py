"""The token a button carries: which use-case, on what, for whom, until when; nothing private, and nobody can change a byte of it."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from cards.model import Action, Seal
from server.domain.errors import ActionTooOld, BadAction
from server.domain.ports import Target

LIFETIME: Final = 10 * 3600
"""Seconds a drawn button works: a working day. The store remembers a click's answer as long (store.conversations.CLICK_KEPT)."""

LONGEST: Final = 4096


class _Card(msgspec.Struct, frozen=True, array_like=True):
    """What all buttons of one drawn card share."""

    workspace: str
    viewer: str
    target: Target
    nonce: str
    expires: int


class Sealed(msgspec.Struct, frozen=True):
    """An opened token."""

    workspace: str
    viewer: str
    target: Target
    nonce: str
    name: str
    args: Mapping[str, str]


class Sealer:
    """Seals with the first key, opens with any. `clock` is seconds since the epoch.

    A token is `card~action.mac`, each part in URL-safe base64; the MAC is keyed BLAKE2b (RFC 7693, section 2.9) over all that
    stands before it. Plain hashlib and not a signing library: a card seals some thirty buttons, and a library's layers around
    each would cost more than the rest of the card.
    """

    def __init__(self, keys: Sequence[str], clock: Callable[[], float]) -> None:
        self._keys = [hashlib.blake2b(key.encode(), person=b"sobani.action", digest_size=32).digest() for key in keys]
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._card = msgspec.msgpack.Decoder(_Card)
        self._action = msgspec.msgpack.Decoder(tuple[str, dict[str, str]])

    def for_card(self, workspace: str, viewer: str, target: Target, nonce: str) -> Seal:
        """Return what seals the buttons of one card. `nonce` must be fresh for every drawn card."""
        shared = _text(self._encode(_Card(workspace, viewer, target, nonce, int(self._clock()) + LIFETIME))) + b"~"
        begun, encode = _mac(self._keys[0], shared), self._encode

        def seal(action: Action) -> str:
            said = _text(encode((action.name, action.args))) if action.args else _bare(action.name)
            mac = begun.copy()
            mac.update(said)
            return (shared + said + b"." + _text(mac.digest())).decode()

        return seal

    def open(self, token: str) -> Sealed:
        """Return what the token says. Raises BadAction for one we did not make, ActionTooOld after a working day."""
        if len(token) > LONGEST or not token.isascii():
            raise BadAction("no token of ours")
        sealed, _, mac = token.encode().rpartition(b".")
        # The texts are compared, not the bytes they stand for: no second spelling of a token is ours.
        if not any(hmac.compare_digest(_text(_mac(key, sealed).digest()), mac) for key in self._keys):
            raise BadAction("not sealed by us")
        shared, _, action = sealed.partition(b"~")
        try:
            card = self._card.decode(_bytes(shared))
            name, args = self._action.decode(_bytes(action))
        except (msgspec.DecodeError, ValueError) as error:  # sealed by a version with another shape
            raise BadAction(type(error).__name__) from error
        if self._clock() > card.expires:
            raise ActionTooOld
        return Sealed(card.workspace, card.viewer, card.target, card.nonce, name, args)


def _mac(key: bytes, begun: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(begun, key=key, digest_size=16)


@lru_cache(maxsize=128)
def _bare(name: str) -> bytes:
    """Return what a button without arguments says; there are a few dozen names."""
    return _text(msgspec.msgpack.encode((name, {})))


def _text(raw: bytes) -> bytes:
    """Return URL-safe base64 without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=")


def _bytes(text: bytes) -> bytes:
    return binascii.a2b_base64(text.translate(_STANDARD) + b"=" * (-len(text) % 4))


_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")

"""The token a button carries: which use-case, on what, for whom, until when; nothing private, and nobody can change a byte of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

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


class _Blake2(SigningAlgorithm):
    """Keyed BLAKE2b (RFC 7693, section 2.9): a MAC of its own, a fifth of HMAC's cost; a card seals some thirty buttons."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hashlib.blake2b(value, key=key, digest_size=16).digest()


class Sealer:
    """Seals with the first key, opens with any. `clock` is seconds since the epoch."""

    def __init__(self, keys: Sequence[str], clock: Callable[[], float]) -> None:
        derived = [hashlib.blake2b(key.encode(), person=b"sobani.action", digest_size=32).digest() for key in keys]
        # itsdangerous signs with the last of its keys.
        self._signer = Signer(derived[::-1], key_derivation="none", algorithm=_Blake2())
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._card = msgspec.msgpack.Decoder(_Card)
        self._action = msgspec.msgpack.Decoder(tuple[str, dict[str, str]])

    def for_card(self, workspace: str, viewer: str, target: Target, nonce: str) -> Seal:
        """Return what seals the buttons of one card. `nonce` must be fresh for every drawn card."""
        shared = base64_encode(self._encode(_Card(workspace, viewer, target, nonce, int(self._clock()) + LIFETIME)))
        sign, encode = self._signer.sign, self._encode

        def seal(action: Action) -> str:
            return sign(shared + b"~" + base64_encode(encode((action.name, action.args)))).decode()

        return seal

    def open(self, token: str) -> Sealed:
        """Return what the token says. Raises BadAction for one we did not make, ActionTooOld after a working day."""
        try:
            if len(token) > LONGEST:
                raise BadAction("too long")
            shared, _, action = self._signer.unsign(token.encode()).partition(b"~")
            card = self._card.decode(base64_decode(shared))
            name, args = self._action.decode(base64_decode(action))
        except (BadSignature, msgspec.DecodeError, ValueError) as error:
            raise BadAction(type(error).__name__) from error
        if self._clock() > card.expires:
            raise ActionTooOld
        return Sealed(card.workspace, card.viewer, card.target, card.nonce, name, args)

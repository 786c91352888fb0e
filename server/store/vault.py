"""Seals what must lie in the store for a while and be read by us alone: AES-256-GCM, keys derived from SOBANI_KEYS."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE: Final = 12


class Unreadable(Exception):
    """Sealed with a key that is no longer ours, for another workspace, or not by us."""


class Vault:
    """Seals with the first key, opens with any. What was sealed for one workspace does not open in another."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESGCM(_derived(key)) for key in keys]

    def seal(self, plain: bytes, workspace: str) -> bytes:
        """Return the sealed bytes: nonce, then ciphertext."""
        nonce = os.urandom(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, plain, workspace.encode())

    def open(self, sealed: bytes, workspace: str) -> bytes:
        """Return what was sealed. Raises Unreadable."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], workspace.encode())
            except (InvalidTag, ValueError):
                continue
        raise Unreadable

    def renewed(self, sealed: bytes, workspace: str) -> bytes | None:
        """Return it sealed with the newest key, None when that is what seals it already. Raises Unreadable."""
        try:
            self._ciphers[0].decrypt(sealed[:_NONCE], sealed[_NONCE:], workspace.encode())
        except (InvalidTag, ValueError):
            return self.seal(self.open(sealed, workspace), workspace)
        return None


def _derived(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sobani.vault").derive(key)

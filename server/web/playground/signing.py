"""The one RSA key the playground signs with, as Google and as Microsoft."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id its public half is published under."""

    private: rsa.RSAPrivateKey
    kid: str

    def sign(self, claims: Mapping[str, object]) -> str:
        """A compact RS256 JWT."""
        return jwt.encode(dict(claims), self.private, algorithm="RS256", headers={"kid": self.kid})

    def opened(self, token: str, audience: str, now: float) -> Mapping[str, object]:
        """The claims of a token of ours.

        Raises jwt.InvalidTokenError.
        """
        # The library would compare with its own clock.
        claims: dict[str, object] = jwt.decode(
            token,
            self.private.public_key(),
            algorithms=["RS256"],
            audience=audience,
            options={"verify_exp": False, "verify_iat": False, "require": ["exp"]},
        )
        if not isinstance(claims["exp"], int) or claims["exp"] < now:
            raise jwt.ExpiredSignatureError("Signature has expired")
        return claims

    def public_jwk(self) -> dict[str, str]:
        """The public half in the form of a JWK set's entry."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }


def load_or_make(path: Path) -> SigningKey:
    """The key in this file, made at the first start.

    It is a file because every process of the service must publish the key that any of them signs with.
    """
    if not path.exists():
        _make(path)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key")
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(private, hashlib.sha256(public).hexdigest()[:20])


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # mkstemp gives 0600; link, unlike rename, never replaces the key that another process made in the meantime.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        try:
            os.link(name, path)
        except FileExistsError:
            return
    finally:
        os.unlink(name)  # noqa: PTH108 - the pair of os.link above


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()

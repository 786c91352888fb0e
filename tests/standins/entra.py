"""Entra's part, for tests: signing keys, access tokens, and the document that publishes the keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from server.hosts.tokens import Fetched

MICROSOFT: Final = "https://login.microsoftonline.com"
ANY_TENANT: Final = MICROSOFT + "/{tenantid}/v2.0"
CONSUMERS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
TENANT: Final = "3f0c7a52-6f0e-4b0e-9d3c-52a1a7f1c001"
OTHER_TENANT: Final = "77777777-6f0e-4b0e-9d3c-52a1a7f1c002"
SATO: Final = "0a6f0f9a-1111-4222-8333-444455556666"
CLIENT_ID: Final = "5b1a9b0e-8a44-4c55-9c0d-2f2f7a1d0001"
NOW: Final = 1_780_000_000
"""The moment at which the tests' tokens are issued, an hour before they expire."""


class Signer:
    """One of Entra's keys, good for one issuer ("{tenantid}" in it: for any tenant)."""

    def __init__(self, kid: str, issuer: str = ANY_TENANT) -> None:
        self.kid = kid
        self.issuer = issuer
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def public_pem(self) -> str:
        """The public half in PEM: what an attacker signs HS256 with."""
        return (
            self.private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    @cached_property
    def jwk(self) -> dict[str, str]:
        """The public half, as in /common/discovery/v2.0/keys."""
        numbers = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        jwk = {"kty": "RSA", "use": "sig", "kid": self.kid, "n": numbers["n"], "e": numbers["e"]}
        return jwk | ({"issuer": self.issuer} if self.issuer else {})

    def sign(self, claims: Mapping[str, Any], *, algorithm: str = "RS256") -> str:
        """A compact token with these claims."""
        return jwt.encode(dict(claims), self.private, algorithm=algorithm, headers={"kid": self.kid})


def claims(tenant: str = TENANT, *, now: float = NOW, base: str = MICROSOFT, **changes: Any) -> dict[str, Any]:
    """The claims of a good token of our agent; a change to None takes the claim away."""
    good: dict[str, Any] = {
        "aud": CLIENT_ID,
        "iss": f"{base}/{tenant}/v2.0",
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + 3600,
        "azp": CLIENT_ID,
        "azpacr": "0",
        "name": "佐藤 美咲",
        "oid": SATO,
        "preferred_username": "Misaki.Sato@aoba.example",
        "scp": "access_as_user",
        "sub": "pairwise-subject",
        "tid": tenant,
        "uti": "bJ2r9mJc5UWvK3Yc0f5sAA",
        "ver": "2.0",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


class KeyServer:
    """The published keys; counts how often they were asked for, and can be down."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = list(signers)
        self.asked = 0
        self.down: Exception | None = None

    def __call__(self) -> Fetched:
        """One answer of the keys address."""
        self.asked += 1
        if self.down is not None:
            raise self.down
        return Fetched(json.dumps({"keys": [signer.jwk for signer in self.signers]}).encode(), max_age=86_400)


class StandingClock:
    """A clock that only moves when it is told to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now

"""Who sends a request: Google (systemIdToken) on behalf of an agent (userIdToken). Fails closed.

Both are RS256 JSON Web Tokens by Google. The first proves that Google itself calls this very address for one of our
Cloud projects; the second names the account that has the add-on open.
https://developers.google.com/workspace/add-ons/guides/alternate-runtimes
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import jwt
import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from server.domain.errors import Unauthenticated
from server.domain.events import Identity
from server.hosts.tokens import Clock, KeyRing, VerifiedTokens

ISSUERS: Final = frozenset({"https://accounts.google.com", "accounts.google.com"})
CLOCK_SKEW: Final = 10.0
"""Seconds by which Google's clock and ours may differ."""

_LONGEST_TOKEN: Final = 8192
_SMALLEST_KEY: Final = 2048  # bits
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Project:
    """A Google Cloud project whose add-on may call: its add-on service account, and its OAuth client."""

    service_account_email: str
    client_id: str


class _Claims(msgspec.Struct, frozen=True):
    """The claims that are read; of other types than Google documents them, they are refused."""

    iss: str
    aud: str
    exp: int
    iat: int
    sub: str = ""
    email: str = ""
    email_verified: bool = False
    hd: str = ""
    name: str = ""


_claims_of: Final = msgspec.json.Decoder(_Claims)
_object: Final = msgspec.json.Decoder(dict[str, object]).decode


class Tokens:
    """Verifies Google's two tokens; remembers the verified ones until they expire.

    A key that Google withdraws stays good for the tokens it has signed for at most their hour.
    """

    def __init__(self, projects: Sequence[Project], keys: KeyRing[RSAPublicKey], clock: Clock) -> None:
        self._projects: Mapping[str, Project] = {project.service_account_email: project for project in projects}
        self._keys = keys
        self._clock = clock
        self._systems: VerifiedTokens[Project] = VerifiedTokens()
        self._users: VerifiedTokens[Identity] = VerifiedTokens()
        self._jws = jwt.PyJWS(algorithms=["RS256"])

    def system(self, token: str, audience: str) -> Project:
        """The project for which Google calls `audience`: the exact address of the route, from the settings, never from the request.

        Raises Unauthenticated.
        """
        now = self._clock()
        project = self._systems.get(token, now, audience=audience)
        if project is None:
            claims = self._verify(token, audience, now)
            project = self._projects.get(claims.email)
            if project is None:
                raise Unauthenticated("system token: not one of the configured service accounts")
            self._systems.put(token, project, claims.exp, audience=audience)
        return project

    def user(self, token: str, project: Project) -> Identity:
        """The account that has the add-on of this project open. A consumer account has no workspace: its tenant is "".

        Raises Unauthenticated.
        """
        now = self._clock()
        identity = self._users.get(token, now, audience=project.client_id)
        if identity is None:
            claims = self._verify(token, project.client_id, now)
            if not claims.sub:
                raise Unauthenticated("token: no subject")
            identity = Identity(
                provider="google",
                tenant=claims.hd.lower(),
                subject=claims.sub,
                email=claims.email.lower(),
                name=claims.name,
            )
            self._users.put(token, identity, claims.exp, audience=project.client_id)
        return identity

    def _verify(self, token: str, audience: str, now: float) -> _Claims:
        claims = self._signed(token)
        if claims.iss not in ISSUERS:
            raise Unauthenticated("token: not issued by Google")
        if not audience or claims.aud != audience:
            raise Unauthenticated("token: issued for another audience")
        if now >= claims.exp + CLOCK_SKEW:
            raise Unauthenticated("token: expired")
        if claims.iat > now + CLOCK_SKEW:
            raise Unauthenticated("token: issued in the future")
        if not claims.email or not claims.email_verified:
            raise Unauthenticated("token: no verified e-mail address")
        return claims

    def _signed(self, token: str) -> _Claims:
        """What Google signed. PyJWT's own checks of claims are not used: they read the machine's clock."""
        if len(token) > _LONGEST_TOKEN or _TOKEN.fullmatch(token) is None:
            raise Unauthenticated("token: not a signed token")
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") != "RS256" or not isinstance(kid, str):
                raise Unauthenticated("token: not signed as Google signs")
            parts = self._jws.decode_complete(token, self._keys.find(kid), algorithms=["RS256"])
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unauthenticated(f"token: {type(error).__name__}") from None
        # Base64 leaves bits of the last letter unused, and a lenient decoder ignores them: one signature, one spelling.
        if base64url_encode(parts["signature"]).decode() != token.rpartition(".")[2]:
            raise Unauthenticated("token: signature in another spelling")
        try:
            return _claims_of.decode(parts["payload"])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unauthenticated("token: claims missing or of wrong types") from None


def bearer(authorization: str) -> str:
    """The token of an Authorization header.

    Raises Unauthenticated.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("no bearer token")
    return token.strip(" ")


def parse_keys(body: bytes) -> Mapping[str, RSAPublicKey]:
    """Google's keys by id, from either form in which Google serves them.

    /oauth2/v3/certs answers a JWK set, /oauth2/v1/certs an object of key ids to PEM certificates. What is no usable RSA
    key is left out; ValueError when nothing remains, so that the keys held before stay in use.
    """
    try:
        found = _object(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no set of keys") from error
    listed = found.get("keys")
    entries: Sequence[tuple[object, object]] = (
        [(jwk.get("kid"), jwk) for jwk in listed if isinstance(jwk, dict)]
        if isinstance(listed, list)
        else list(found.items())
    )
    keys = {kid: key for kid, entry in entries if isinstance(kid, str) and (key := _key(entry)) is not None}
    if not keys:
        raise ValueError("a set without usable keys")
    return keys


def _key(entry: object) -> RSAPublicKey | None:
    """The public key of a JWK or a PEM text, unless it is none that Google's tokens could be signed with."""
    try:
        match entry:
            case str() if "BEGIN CERTIFICATE" in entry:
                key: object = x509.load_pem_x509_certificate(entry.encode()).public_key()
            case str():
                key = load_pem_public_key(entry.encode())
            case dict() if entry.get("use", "sig") == "sig" and entry.get("alg", "RS256") == "RS256":
                key = RSAAlgorithm.from_jwk(entry)
            case _:
                return None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _SMALLEST_KEY else None

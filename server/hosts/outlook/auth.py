"""Who sends a request of the pane: an access token of Entra for our own API, and nothing else.

The rules are those of Microsoft's "Secure applications and APIs by validating claims" and "Access tokens": v2.0 tokens only, each
signing key only for the issuer its document names, the issuer of the token's own tenant, delegated (never app-only), and issued to
the pane or to a client that the settings allow. Which tenants are customers is the directory's business, not this module's.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from server.domain.errors import Unauthenticated
from server.domain.events import Identity
from server.hosts.host import Headers
from server.hosts.tokens import Clock, Fetched, KeyRing, VerifiedTokens, fetch_keys

MICROSOFT: Final = "https://login.microsoftonline.com"
SCOPE: Final = "access_as_user"

_SKEW: Final = 10.0  # seconds our clock and Entra's may differ
_MAX_TOKEN: Final = 16_384
_TENANT_PLACEHOLDER: Final = "{tenantid}"
_CONSUMERS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of all personal Microsoft accounts
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_JWS: Final = jwt.PyJWS(algorithms=["RS256"])


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of the discovery document, good for the one issuer that stands beside it ("{tenantid}": for any tenant)."""

    key: RSAPublicKey
    issuer: str

    def signs_for(self, issuer: str, tenant: str) -> bool:
        if not self.issuer:
            # Old documents name no issuer. Microsoft's own validators then take the key for any organisation's; never for consumers.
            return tenant != _CONSUMERS
        return self.issuer.replace(_TENANT_PLACEHOLDER, tenant) == issuer


class _Jwk(msgspec.Struct, frozen=True):
    kty: str = ""
    kid: str = ""
    n: str = ""
    e: str = ""
    use: str = "sig"
    issuer: str = ""


class _Jwks(msgspec.Struct, frozen=True):
    keys: list[_Jwk]


_jwks: Final = msgspec.json.Decoder(_Jwks).decode


def parse_keys(body: bytes) -> Mapping[str, SigningKey]:
    """The RSA signing keys of a discovery document. Raises ValueError when it has none."""
    try:
        document = _jwks(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no key document") from error
    keys: dict[str, SigningKey] = {}
    for jwk in document.keys:
        if jwk.kty != "RSA" or jwk.use != "sig" or not jwk.kid:
            continue
        try:
            key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": jwk.n, "e": jwk.e})
        except (jwt.InvalidKeyError, ValueError):
            continue  # one broken key must not take the others away
        if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
            keys[jwk.kid] = SigningKey(key, jwk.issuer)
    if not keys:
        raise ValueError("a key document without a usable key")
    return keys


class _Claims(msgspec.Struct, frozen=True):
    """The claims we judge by. A missing or mistyped one of the first six is no token of ours."""

    aud: str
    iss: str
    exp: float
    tid: str
    oid: str
    ver: str
    nbf: float = 0
    iat: float = 0
    scp: str = ""
    azp: str = ""
    idtyp: str = ""
    acct: int = 0
    idp: str = ""
    preferred_username: str = ""
    name: str = ""


_claims: Final = msgspec.json.Decoder(_Claims).decode


class EntraTokens:
    """Verifies access tokens; remembers a verified one until it expires."""

    def __init__(
        self,
        *,
        entra_url: str,
        client_id: str,
        allowed_clients: Collection[str],
        clock: Clock,
        fetch: Callable[[], Fetched] | None = None,
    ) -> None:
        """`entra_url`: the authority's base, without a tenant. `fetch` gets the key document; by default from that authority."""
        base = entra_url.rstrip("/")
        self._client_id = client_id
        self._clients = frozenset((client_id, *allowed_clients))
        # Keys come from our authority alone. Its document says for which issuer each one is; a stand-in may hold Microsoft's name there.
        self._issuer_bases = frozenset((base, MICROSOFT))
        self._clock = clock
        self._ring = KeyRing(fetch or partial(fetch_keys, f"{base}/common/discovery/v2.0/keys"), parse_keys, clock)
        self._verified: VerifiedTokens[Identity] = VerifiedTokens()

    def identify(self, headers: Headers) -> Identity:
        """Whose request this is. Raises Unauthenticated with a reason that holds nothing of the token."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("no bearer token")
        now = self._clock()
        known = self._verified.get(token, now)
        if known is not None:
            return known
        identity, expires = self._verify(token, now)
        self._verified.put(token, identity, expires)
        return identity

    def _verify(self, token: str, now: float) -> tuple[Identity, float]:
        if len(token) > _MAX_TOKEN or not _COMPACT.fullmatch(token) or not _is_canonical(token.rpartition(".")[2]):
            raise Unauthenticated("not a token")
        try:
            kid = _JWS.get_unverified_header(token).get("kid")
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise Unauthenticated("not a token") from error
        if not isinstance(kid, str) or not kid:
            raise Unauthenticated("names no key")
        key = self._ring.find(kid)
        try:
            payload = _JWS.decode_complete(token, key.key, algorithms=["RS256"])["payload"]
            claims = _claims(payload)
        except jwt.InvalidTokenError as error:
            raise Unauthenticated(f"signature: {type(error).__name__}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unauthenticated("claims of another shape") from error
        self._judge(claims, key, now)
        return _identity(claims), claims.exp

    def _judge(self, claims: _Claims, key: SigningKey, now: float) -> None:
        tenant = claims.tid
        if not _GUID.fullmatch(tenant):
            raise Unauthenticated("tid is no GUID")
        if claims.iss not in {f"{base}/{tenant}/v2.0" for base in self._issuer_bases}:
            raise Unauthenticated("iss is not of the token's tenant")
        if not key.signs_for(claims.iss, tenant):
            raise Unauthenticated("a key of another issuer")
        if claims.aud != self._client_id:
            raise Unauthenticated("aud is another application")
        if claims.ver != "2.0":
            raise Unauthenticated("ver is not 2.0")
        if now >= claims.exp + _SKEW:
            raise Unauthenticated("expired")
        if now < max(claims.nbf, claims.iat) - _SKEW:
            raise Unauthenticated("not valid yet")
        if claims.idtyp == "app" or SCOPE not in claims.scp.split():
            raise Unauthenticated("not delegated for our scope")
        if claims.azp not in self._clients:
            raise Unauthenticated("azp is no client of ours")
        if not claims.oid or len(claims.oid) > 128:
            raise Unauthenticated("oid is missing")


def _identity(claims: _Claims) -> Identity:
    email = claims.preferred_username.strip().lower()
    guest = claims.acct == 1 or "#ext#" in email or claims.idp not in ("", claims.iss)
    return Identity("entra", claims.tid, claims.oid, email[:320], claims.name.strip()[:200], guest)


def _is_canonical(segment: str) -> bool:
    """Whether this is the one way to write these bytes: base64url's last letter has spare bits that no decoder looks at."""
    try:
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        return False
    return base64.urlsafe_b64encode(raw).rstrip(b"=") == segment.encode()

"""Who may speak as an agent in Outlook, and above all who may not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Unauthenticated
from server.domain.events import Identity
from server.hosts.outlook.auth import EntraTokens, parse_keys
from server.hosts.tokens import KeysError
from tests.standins import entra
from tests.standins.entra import (
    CLIENT_ID,
    CONSUMERS,
    MICROSOFT,
    NOW,
    OTHER_TENANT,
    SATO,
    TENANT,
    KeyServer,
    Signer,
    StandingClock,
)

SIGNER = Signer("any-tenant")
OTHER = Signer("other-tenant", f"{MICROSOFT}/{OTHER_TENANT}/v2.0")
CONSUMER = Signer("consumers", f"{MICROSOFT}/{CONSUMERS}/v2.0")
STRANGER = Signer("any-tenant")  # the same name, another key
GOOD = SIGNER.sign(entra.claims())

ALLOWED = "bc59ab01-8403-45c6-8796-ac3ef710b3e3"


def verifier(server: KeyServer | None = None, clock: StandingClock | None = None, base: str = MICROSOFT) -> EntraTokens:
    return EntraTokens(
        entra_url=base,
        client_id=CLIENT_ID,
        allowed_clients=(ALLOWED,),
        clock=clock or StandingClock(),
        fetch=server or KeyServer(SIGNER, OTHER, CONSUMER),
    )


SHARED = verifier()


def identify(tokens: EntraTokens, token: str) -> Identity:
    return tokens.identify({"Authorization": f"Bearer {token}"})


def test_a_good_token_names_the_agent() -> None:
    assert identify(verifier(), GOOD) == Identity("entra", TENANT, SATO, "misaki.sato@aoba.example", "佐藤 美咲")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": "api://another"}, id="another application's token"),
        pytest.param({"aud": f"api://{CLIENT_ID}"}, id="a v1 audience"),
        pytest.param({"aud": [CLIENT_ID]}, id="a list of audiences"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"iss": f"{MICROSOFT}/{OTHER_TENANT}/v2.0"}, id="the issuer of another tenant"),
        pytest.param({"iss": f"https://sts.windows.net/{TENANT}/"}, id="a v1 issuer"),
        pytest.param(
            {"iss": f"https://login.microsoftonline.com.evil.example/{TENANT}/v2.0"}, id="a look-alike issuer"
        ),
        pytest.param({"iss": f"{MICROSOFT}/{TENANT}/v2.0/"}, id="an issuer with a slash more"),
        pytest.param({"tid": OTHER_TENANT}, id="the tenant changed alone"),
        pytest.param({"tid": "common", "iss": f"{MICROSOFT}/common/v2.0"}, id="a tenant that is no GUID"),
        pytest.param({"tid": "{tenantid}", "iss": f"{MICROSOFT}/{{tenantid}}/v2.0"}, id="the placeholder as tenant"),
        pytest.param({"tid": None}, id="no tenant"),
        pytest.param({"ver": "1.0"}, id="a v1 token"),
        pytest.param({"ver": None}, id="no version"),
        pytest.param({"exp": NOW - 11}, id="expired"),
        pytest.param({"exp": None}, id="no expiry"),
        pytest.param({"exp": "tomorrow"}, id="an expiry of another type"),
        pytest.param({"nbf": NOW + 11}, id="not valid yet"),
        pytest.param({"iat": NOW + 11}, id="issued in the future"),
        pytest.param({"scp": None}, id="no scope"),
        pytest.param({"scp": "Mail.Read"}, id="another scope"),
        pytest.param({"scp": "access_as_user_not"}, id="a scope that only begins alike"),
        pytest.param({"scp": None, "roles": ["access_as_user"]}, id="an application's role instead of a scope"),
        pytest.param({"idtyp": "app"}, id="app-only"),
        pytest.param({"azp": OTHER_TENANT}, id="a client we do not know"),
        pytest.param({"azp": None}, id="no client"),
        pytest.param({"oid": None}, id="no person"),
        pytest.param({"oid": ""}, id="an empty person"),
        pytest.param({"oid": "x" * 200}, id="a person with an endless id"),
    ],
)
def test_a_token_with_other_claims_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        identify(verifier(), SIGNER.sign(entra.claims(**changes)))


def test_clocks_may_differ_by_ten_seconds() -> None:
    tokens = verifier()
    assert identify(tokens, SIGNER.sign(entra.claims(exp=NOW - 9))).subject == SATO
    assert identify(tokens, SIGNER.sign(entra.claims(nbf=NOW + 9))).subject == SATO


def test_a_client_that_the_settings_allow_is_taken() -> None:
    assert identify(verifier(), SIGNER.sign(entra.claims(azp=ALLOWED, scp="openid access_as_user"))).subject == SATO


@pytest.mark.parametrize(
    "changes",
    [
        {"acct": 1},
        {"preferred_username": "taro_partner.example#EXT#@aoba.example"},
        {"idp": f"https://sts.windows.net/{OTHER_TENANT}/"},
    ],
    ids=["acct", "ext", "idp"],
)
def test_a_guest_is_told_apart(changes: dict[str, Any]) -> None:
    assert identify(verifier(), SIGNER.sign(entra.claims(**changes))).guest


def test_a_member_whose_idp_is_the_tenant_itself_is_no_guest() -> None:
    assert not identify(verifier(), SIGNER.sign(entra.claims(idp=f"{MICROSOFT}/{TENANT}/v2.0", acct=0))).guest


def test_a_key_of_one_tenant_signs_for_that_tenant_alone() -> None:
    tokens = verifier()
    assert identify(tokens, OTHER.sign(entra.claims(OTHER_TENANT))).tenant == OTHER_TENANT
    with pytest.raises(Unauthenticated, match="another issuer"):
        identify(tokens, OTHER.sign(entra.claims(TENANT)))


def test_the_consumers_key_does_not_sign_for_a_company() -> None:
    with pytest.raises(Unauthenticated, match="another issuer"):
        identify(verifier(), CONSUMER.sign(entra.claims(TENANT)))


def test_a_key_without_an_issuer_is_never_good_for_consumers() -> None:
    bare = Signer("bare", "")
    tokens = verifier(KeyServer(bare))
    assert identify(tokens, bare.sign(entra.claims())).tenant == TENANT
    with pytest.raises(Unauthenticated, match="another issuer"):
        identify(tokens, bare.sign(entra.claims(CONSUMERS)))


def test_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="signature"):
        identify(verifier(), STRANGER.sign(entra.claims()))


def test_algorithms_other_than_rs256_are_refused() -> None:
    tokens = verifier()
    unsigned = jwt.encode(entra.claims(), "", algorithm="none", headers={"kid": SIGNER.kid})
    for forged in (unsigned, unsigned + "c2ln", SIGNER.sign(entra.claims(), algorithm="RS512")):
        with pytest.raises(Unauthenticated):
            identify(tokens, forged)


def test_the_public_key_is_no_secret_to_sign_with() -> None:

    head = _part({"alg": "HS256", "typ": "JWT", "kid": SIGNER.kid})
    body = _part(entra.claims())
    mac = hmac.new(SIGNER.public_pem.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    with pytest.raises(Unauthenticated):
        identify(verifier(), f"{head}.{body}.{_base64url(mac)}")


@given(index=st.integers(0, len(GOOD) - 1), letter=st.sampled_from("ABCDwxyz0189-_.=+/ \n\x00é"))
def test_any_byte_changed_is_refused(index: int, letter: str) -> None:
    changed = GOOD[:index] + letter + GOOD[index + 1 :]
    if changed != GOOD:
        with pytest.raises(Unauthenticated):
            identify(SHARED, changed)


@given(index=st.integers(0, len(GOOD)), extra=st.sampled_from(["A", "=", ".", " ", "\n"]))
def test_any_byte_more_or_less_is_refused(index: int, extra: str) -> None:
    for changed in (GOOD[:index] + extra + GOOD[index:], GOOD[:index] + GOOD[index + 1 :]):
        if changed != GOOD:
            with pytest.raises(Unauthenticated):
                identify(SHARED, changed)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer a.b.c",
        "Bearer " + "a" * 20_000,
        f"Bearer {GOOD} {GOOD}",
        f"bearer  {GOOD}",
    ],
)
def test_a_header_without_a_token_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier().identify({"Authorization": header})


def test_no_header_at_all_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        verifier().identify({})


@pytest.mark.parametrize(
    "head",
    [
        {"alg": "RS256"},
        {"alg": "RS256", "kid": 7},
        {"alg": "RS256", "kid": ""},
        {"alg": "RS256", "kid": "x", "crit": ["b64"]},
        [],
    ],
)
def test_a_token_whose_head_names_no_key_is_refused(head: Any) -> None:
    _, body, signature = GOOD.split(".")
    with pytest.raises(Unauthenticated):
        identify(verifier(), f"{_part(head)}.{body}.{signature}")


def test_the_reason_says_nothing_of_the_token() -> None:
    token = SIGNER.sign(entra.claims(aud="secret-audience", name="田中"))
    with pytest.raises(Unauthenticated) as caught:
        identify(verifier(), token)
    assert "secret" not in caught.value.reason
    assert token[:20] not in caught.value.reason


def test_a_verified_token_is_remembered_until_it_expires() -> None:
    clock, server = StandingClock(), KeyServer(SIGNER)
    tokens = verifier(server, clock)
    identify(tokens, GOOD)
    server.signers.clear()
    clock.now = NOW + 3599
    assert identify(tokens, GOOD).subject == SATO
    clock.now = NOW + 3611
    with pytest.raises(Unauthenticated, match="expired"):
        identify(tokens, GOOD)


def test_an_issuer_that_cannot_be_asked_lets_nobody_in() -> None:
    server = KeyServer(SIGNER)
    server.down = KeysError("no answer: ConnectTimeoutError")
    with pytest.raises(Unauthenticated, match="no answer"):
        identify(verifier(server), GOOD)


def test_the_issuer_follows_the_settings() -> None:
    base = "http://127.0.0.1:8080/playground/entra"
    own = Signer("own", base + "/{tenantid}/v2.0")
    tokens = verifier(KeyServer(own), base=base)
    assert identify(tokens, own.sign(entra.claims(base=base))).tenant == TENANT
    with pytest.raises(Unauthenticated, match="another issuer"):
        identify(tokens, own.sign(entra.claims(base=MICROSOFT)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys":[]}',
        b'{"keys":{}}',
        b'{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_document_without_a_usable_key_is_no_key_document(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_keys(body)


def test_one_broken_key_does_not_take_the_others_away() -> None:
    broken = {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"}
    elliptic = {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "x", "y": "y"}
    encryption = SIGNER.jwk | {"kid": "enc", "use": "enc"}
    body = json.dumps({"keys": [broken, elliptic, encryption, SIGNER.jwk]}).encode()
    assert list(parse_keys(body)) == [SIGNER.kid]


def _part(value: Any) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

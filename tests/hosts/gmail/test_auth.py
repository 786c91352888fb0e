from __future__ import annotations

import base64
import json
import string
from collections.abc import Mapping

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.domain.errors import Unauthenticated
from server.domain.events import Identity
from server.hosts.gmail.auth import Project, Tokens, bearer, parse_keys
from server.hosts.tokens import Fetched, KeyRing, KeysError, fetch_keys
from tests.hosts.gmail.conftest import key_ring
from tests.standins.google import CLIENT_ID, NOW, SERVICE_ACCOUNT, Signer, google, now

URL = "https://desk.aoba.example/gmail/message"
PROJECT = Project(SERVICE_ACCOUNT, CLIENT_ID)

function_scoped = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def refused(tokens: Tokens, token: str, audience: str = URL) -> str:
    with pytest.raises(Unauthenticated) as caught:
        tokens.system(token, audience)
    return caught.value.reason


def test_googles_own_token_names_the_project(tokens: Tokens, signer: Signer) -> None:
    assert tokens.system(signer.system_token(URL), URL) == PROJECT


def test_both_spellings_of_the_issuer_are_googles(tokens: Tokens, signer: Signer) -> None:
    assert tokens.system(signer.system_token(URL, iss="accounts.google.com"), URL) == PROJECT


def test_the_agents_token_names_the_account(tokens: Tokens, signer: Signer) -> None:
    token = signer.user_token(email="Sato.Misaki@Aoba.example", hd="Aoba.example", name="佐藤 美咲")
    assert tokens.user(token, PROJECT) == Identity(
        provider="google",
        tenant="aoba.example",
        subject="110000000000000000002",
        email="sato.misaki@aoba.example",
        name="佐藤 美咲",
    )


def test_a_consumer_account_has_no_tenant(tokens: Tokens, signer: Signer) -> None:
    """Never the domain of its address: anybody can have an account under any address."""
    assert tokens.user(signer.user_token(hd=None), PROJECT).tenant == ""


@pytest.mark.parametrize(
    "audience",
    [
        "https://desk.aoba.example/gmail/home",
        "https://desk.aoba.example/gmail/message/",
        "https://desk.aoba.example/gmail/message?x=1",
        "https://desk.aoba.example:443/gmail/message",
        "https://DESK.aoba.example/gmail/message",
        "http://desk.aoba.example/gmail/message",
        "https://other.example/gmail/message",
        "https://desk.aoba.example",
        CLIENT_ID,
        "",
        [URL],
        [URL, "https://other.example"],
        None,
    ],
)
def test_a_token_for_another_audience_is_refused(tokens: Tokens, signer: Signer, audience: object) -> None:
    assert refused(tokens, signer.system_token(URL, aud=audience))


def test_an_empty_audience_matches_nothing(tokens: Tokens, signer: Signer) -> None:
    assert refused(tokens, signer.system_token(URL, aud=""), "")


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "service-999@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"},
        {"email": SERVICE_ACCOUNT.upper()},
        {"email": None},
        {"email": ""},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"iss": "https://accounts.google.com.other.example"},
        {"iss": "http://accounts.google.com"},
        {"iss": None},
        {"iss": ["https://accounts.google.com"]},
        {"exp": NOW - 11},
        {"exp": None},
        {"exp": str(NOW + 3600)},
        {"exp": True},
        {"iat": NOW + 11},
        {"iat": None},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(tokens: Tokens, signer: Signer, claims: Mapping[str, object]) -> None:
    token = signer.sign({name: value for name, value in _system_claims(claims).items() if value is not None})
    assert refused(tokens, token)


def _system_claims(changed: Mapping[str, object]) -> dict[str, object]:
    return {
        "iss": "https://accounts.google.com",
        "aud": URL,
        "email": SERVICE_ACCOUNT,
        "email_verified": True,
        "iat": NOW,
        "exp": NOW + 3600,
        **changed,
    }


@pytest.mark.parametrize("claims", [{"iat": NOW + 9}, {"exp": NOW - 9}], ids=str)
def test_clocks_may_differ_by_ten_seconds(tokens: Tokens, signer: Signer, claims: Mapping[str, object]) -> None:
    assert tokens.system(signer.sign(_system_claims(claims)), URL) == PROJECT


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client.apps.googleusercontent.com"},
        {"aud": URL},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"email": None},
        {"email_verified": False},
        {"email_verified": None},
        {"hd": ["aoba.example"]},
        {"exp": NOW - 11},
    ],
    ids=str,
)
def test_an_agents_token_with_a_wrong_claim_is_refused(
    tokens: Tokens, signer: Signer, claims: Mapping[str, object]
) -> None:
    with pytest.raises(Unauthenticated):
        tokens.user(signer.user_token(**claims), PROJECT)


def test_an_agents_token_is_good_only_for_the_project_that_asks(signer: Signer) -> None:
    projects = [PROJECT, Project("service-2@gcp-sa-gsuiteaddons.iam.gserviceaccount.com", "second-client")]
    tokens = Tokens(projects, key_ring(signer), now)
    second = tokens.system(signer.system_token(URL, email=projects[1].service_account_email), URL)
    assert second == projects[1]
    assert tokens.user(signer.user_token(), PROJECT).tenant == "aoba.example"
    with pytest.raises(Unauthenticated):
        tokens.user(signer.user_token(), second)


def test_a_verified_token_stays_bound_to_its_audience(tokens: Tokens, signer: Signer) -> None:
    token = signer.system_token(URL)
    tokens.system(token, URL)
    assert "audience" in refused(tokens, token, "https://desk.aoba.example/gmail/home")


def test_without_projects_nobody_is_let_in(signer: Signer) -> None:
    assert refused(Tokens([], key_ring(signer), now), signer.system_token(URL))


def test_another_key_under_the_same_name_is_refused(tokens: Tokens, stranger: Signer) -> None:
    assert refused(tokens, stranger.system_token(URL))


def test_no_reason_repeats_the_token_or_its_claims(tokens: Tokens, stranger: Signer, signer: Signer) -> None:
    for token in (stranger.system_token(URL), signer.system_token("https://other.example"), signer.user_token()):
        reason = refused(tokens, token)
        assert "example" not in reason
        assert not any(part in reason for part in token.split("."))


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "HS256", "RS384", "RS512", "PS256", "ES256", "", None, ["RS256"]], ids=repr
)
def test_only_rs256_counts_whatever_the_head_says(tokens: Tokens, signer: Signer, algorithm: object) -> None:
    head = {"alg": algorithm, "typ": "JWT", "kid": signer.kid}
    payload = signer.system_token(URL).split(".")[1]
    signed = f"{_segment(head)}.{payload}"
    key = signer.public_pem.encode()
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    confused = base64.urlsafe_b64encode(
        hmac.sign(
            signed.encode(), key=base64.b64encode(key)
        )  # PyJWT refuses a PEM text as a secret, an attacker does not
    ).decode()
    for signature in ("", "AAAA", confused.rstrip("="), signer.system_token(URL).split(".")[2]):
        assert refused(tokens, f"{signed}.{signature}")


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "head",
    [
        {"kid": None},
        {"kid": 5},
        {"kid": ["google-1"]},
        {"kid": "unknown"},
        {"crit": ["exp"]},
        {"crit": "b64", "b64": False},
        {"b64": False},
    ],
    ids=str,
)
def test_an_odd_head_is_refused(tokens: Tokens, signer: Signer, head: Mapping[str, object]) -> None:
    header = {"alg": "RS256", "typ": "JWT", "kid": signer.kid, **head}
    signed = f"{_segment(header)}.{signer.system_token(URL).split('.')[1]}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(signed.encode(), signer.private)
    assert refused(tokens, f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


@given(position=st.integers(0, 10_000), letter=st.sampled_from(string.printable + "\x00é"))
@example(position=-1, letter="=")
@function_scoped
def test_any_change_of_a_byte_is_refused(tokens: Tokens, signer: Signer, position: int, letter: str) -> None:
    token = signer.system_token(URL)
    tokens.system(token, URL)  # also not when the true one is remembered
    at = position % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        assert refused(tokens, changed)


def test_every_other_spelling_of_the_last_letter_is_refused(tokens: Tokens, signer: Signer) -> None:
    """Its low bits belong to no byte: a lenient decoder reads sixteen letters as the same signature."""
    token = signer.system_token(URL)
    for letter in string.ascii_letters + string.digits + "-_":
        if letter != token[-1]:
            assert refused(tokens, token[:-1] + letter)


@given(st.one_of(st.text(max_size=300), st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}", fullmatch=True)))
@example("..")
@example("a" * 9000)
@example(".".join([base64.urlsafe_b64encode(b"[" * 3000).decode()] * 3))
@function_scoped
def test_junk_is_refused_and_nothing_else_happens(tokens: Tokens, junk: str) -> None:
    assert refused(tokens, junk)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc"])
def test_no_bearer_token(header: str) -> None:
    with pytest.raises(Unauthenticated):
        bearer(header)


def test_the_scheme_is_read_in_any_case() -> None:
    assert bearer("bearer abc.def.ghi") == bearer("Bearer  abc.def.ghi ") == "abc.def.ghi"


class CountingKeys(KeyRing[RSAPublicKey]):
    """Counts how often a signature is checked."""

    found = 0

    def find(self, kid: str) -> RSAPublicKey:
        self.found += 1
        return super().find(kid)


def test_a_token_is_verified_once_and_again_when_its_hour_is_over(signer: Signer) -> None:
    clock = [float(NOW)]
    body = json.dumps({"keys": [signer.jwk]}).encode()
    keys = CountingKeys(lambda: Fetched(body), parse_keys, lambda: clock[0])
    tokens = Tokens([PROJECT], keys, lambda: clock[0])
    token = signer.system_token(URL)
    for _ in range(3):
        tokens.system(token, URL)
    assert keys.found == 1
    clock[0] = NOW + 3600 + 11
    assert refused(tokens, token) == "token: expired"
    assert keys.found == 2


def test_tokens_that_were_verified_cost_no_second_signature(
    tokens: Tokens, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To verify one takes ten times as long as all the rest of a check."""
    verified: list[bytes] = []
    verify = jwt.algorithms.RSAAlgorithm.verify

    def spy(self: jwt.algorithms.RSAAlgorithm, msg: bytes, key: RSAPublicKey, sig: bytes) -> bool:
        verified.append(msg)
        return verify(self, msg, key, sig)

    monkeypatch.setattr(jwt.algorithms.RSAAlgorithm, "verify", spy)
    system, user = signer.system_token(URL), signer.user_token()
    for _ in range(3):
        tokens.user(user, tokens.system(system, URL))
        assert verified == [token.rpartition(".")[0].encode() for token in (system, user)]


# ---------------------------------------------------------------- Google's keys


def test_keys_are_read_in_both_of_googles_forms(signer: Signer) -> None:
    jwks = parse_keys(json.dumps({"keys": [signer.jwk]}).encode())
    pems = parse_keys(json.dumps({signer.kid: signer.certificate}).encode())
    bare = parse_keys(json.dumps({signer.kid: signer.public_pem}).encode())
    numbers = {keys[signer.kid].public_numbers() for keys in (jwks, pems, bare)}
    assert numbers == {signer.private.public_key().public_numbers()}


def test_what_is_no_rsa_key_for_signing_is_left_out(signer: Signer) -> None:
    odd = [
        {**signer.jwk, "kid": "encryption", "use": "enc"},
        {**signer.jwk, "kid": "other", "alg": "RS512"},
        {**signer.jwk, "kid": 5},
        {"kid": "secret", "kty": "oct", "k": "AAAA"},
        {"kid": "empty", "kty": "RSA"},
        {"kid": "short", "kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kid": "list", "kty": "RSA", "n": [1], "e": {}},
        "text",
        None,
    ]
    assert set(parse_keys(json.dumps({"keys": [*odd, signer.jwk]}).encode())) == {signer.kid}


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())
)
@example(b'{"keys": []}')
@example(b'{"keys": {"kid": "x"}}')
@example(b'{"error": "unavailable"}')
@example(b'{"a": "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"}')
@example(b"[" * 100_000)
def test_what_is_no_set_of_keys_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_keys(body)


@pytest.mark.parametrize("certificates", [False, True])
def test_keys_come_from_googles_address_and_are_kept_by_its_max_age(certificates: bool) -> None:
    clock = [float(NOW)]
    with google([Signer("first")]) as standin:
        standin.certificates = certificates
        keys = KeyRing(lambda: fetch_keys(standin.certs_url), parse_keys, lambda: clock[0])
        tokens = Tokens([PROJECT], keys, lambda: clock[0])
        for _ in range(3):
            tokens.system(standin.signers[0].system_token(URL, jti=str(_)), URL)
        assert standin.certs_asked == 1
        clock[0] += 21_601
        late = standin.signers[0].system_token(URL, iat=NOW + 21_600, exp=NOW + 25_200)
        tokens.system(late, URL)
        assert standin.certs_asked == 2


def test_a_new_key_is_found_and_invented_ones_are_asked_for_once_a_minute() -> None:
    clock = [float(NOW)]
    with google([Signer("first")]) as standin:
        keys = KeyRing(lambda: fetch_keys(standin.certs_url), parse_keys, lambda: clock[0])
        tokens = Tokens([PROJECT], keys, lambda: clock[0])
        tokens.system(standin.signers[0].system_token(URL), URL)
        clock[0] += 61
        for number in range(5):
            assert refused(tokens, standin.signers[0].sign(_system_claims({}), kid=f"invented-{number}"))
        assert standin.certs_asked == 2
        clock[0] += 61
        standin.signers.append(Signer("second"))
        assert tokens.system(standin.signers[1].system_token(URL), URL) == PROJECT
        assert standin.certs_asked == 3


def test_old_keys_serve_while_google_does_not_answer_but_not_for_ever() -> None:
    clock = [float(NOW)]
    with google([Signer("first")]) as standin:
        keys = KeyRing(lambda: fetch_keys(standin.certs_url), parse_keys, lambda: clock[0])
        tokens = Tokens([PROJECT], keys, lambda: clock[0])
        tokens.system(standin.signers[0].system_token(URL), URL)
        standin.certs_failing = True
        for hours, good in ((7, True), (29, True), (31, False)):
            clock[0] = NOW + hours * 3600
            token = standin.signers[0].system_token(URL, iat=NOW + hours * 3600, exp=NOW + hours * 3600 + 60)
            if good:
                assert tokens.system(token, URL) == PROJECT
            else:
                assert refused(tokens, token).startswith("signing keys")


def test_without_any_key_nobody_is_let_in(signer: Signer) -> None:
    def fetch() -> Fetched:
        raise KeysError("no answer")

    assert refused(Tokens([PROJECT], KeyRing(fetch, parse_keys, now), now), signer.system_token(URL))

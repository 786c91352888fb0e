"""What the playground signs is what Google's and Microsoft's own libraries believe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
import pytest
import time_machine
from flask.testing import FlaskClient
from google.auth.transport import Request as GoogleRequest
from google.auth.transport import Response as GoogleResponse
from google.oauth2 import id_token
from werkzeug.test import TestResponse

from server.web.playground import Config
from server.web.playground.agents import STRANGERS_TENANT, Agent
from server.web.playground.signing import load_or_make
from tests.web.playground.conftest import ENTRA_CLIENT, GMAIL_CLIENT, NOW, PUBLIC_URL, SERVICE_ACCOUNT, Service

MESSAGE_URL = f"{PUBLIC_URL}/gmail/message"


def open_mail(playground: FlaskClient, agent: str = "sato", **more: object) -> None:
    mail = playground.get(f"/playground/mailbox/{agent}", base_url=PUBLIC_URL).get_json()["mails"][0]["key"]
    body = {"agent": agent, "entry": "message", "mail": mail, **more}
    assert playground.post("/playground/gmail/send", json=body, base_url=PUBLIC_URL).status_code == 200


class Fetched(GoogleResponse):
    """An answer in the form that google.auth reads."""

    def __init__(self, answer: TestResponse) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        return self._answer.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return dict(self._answer.headers)

    @property
    def data(self) -> bytes:
        return self._answer.get_data()


class Certs(GoogleRequest):
    """google.auth's transport, answered by the playground."""

    def __init__(self, playground: FlaskClient) -> None:
        self._playground = playground

    def __call__(self, url: str, *_: object, **__: object) -> Fetched:
        return Fetched(self._playground.get(url, base_url=PUBLIC_URL))


def test_google_auth_believes_both_of_googles_tokens(playground: FlaskClient, service: Service) -> None:
    open_mail(playground)
    [(url, headers, event)] = service.received
    tokens: Any = event["authorizationEventObject"]

    with time_machine.travel(NOW, tick=False):
        system, user = (
            id_token.verify_token(
                tokens[name], Certs(playground), audience, "/playground/google/certs", clock_skew_in_seconds=10
            )
            for name, audience in (("systemIdToken", MESSAGE_URL), ("userIdToken", GMAIL_CLIENT))
        )

    assert url == MESSAGE_URL
    assert headers["Authorization"] == f"Bearer {tokens['systemIdToken']}"
    assert system["iss"] == user["iss"] == "https://accounts.google.com"
    assert (system["email"], system["email_verified"]) == (SERVICE_ACCOUNT, True)
    assert (user["email"], user["email_verified"], user["hd"]) == ("misaki.sato@aoba.example", True, "aoba.example")
    assert user["sub"].isdigit()


def test_a_system_token_is_good_for_one_address_only(playground: FlaskClient, service: Service) -> None:
    open_mail(playground)
    tokens: Any = service.received[0][2]["authorizationEventObject"]
    key = signing_key(playground, "/playground/google/certs")

    with time_machine.travel(NOW, tick=False), pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(tokens["systemIdToken"], key, algorithms=["RS256"], audience=f"{PUBLIC_URL}/gmail/home")


def test_the_bearer_tokens_of_the_gmail_api_are_no_id_tokens(playground: FlaskClient, service: Service) -> None:
    open_mail(playground)
    event: Any = service.received[0][2]

    for token in (event["authorizationEventObject"]["userOAuthToken"], event["gmail"]["accessToken"]):
        audience = jwt.decode(token, options={"verify_signature": False})["aud"]
        assert audience not in {MESSAGE_URL, GMAIL_CLIENT}


def test_entras_token_is_a_v2_token_for_our_one_scope(playground: FlaskClient, agents: Mapping[str, Agent]) -> None:
    answer = playground.post("/playground/outlook/token", json={"agent": "sato"}, base_url=PUBLIC_URL).get_json()
    key = signing_key(playground, "/playground/entra/common/discovery/v2.0/keys")

    with time_machine.travel(NOW, tick=False):
        claims = jwt.decode(answer["accessToken"], key, algorithms=["RS256"], audience=ENTRA_CLIENT)

    sato = agents["sato"]
    assert claims["iss"] == f"{PUBLIC_URL}/playground/entra/{sato.tenant}/v2.0"
    assert (claims["tid"], claims["oid"]) == (sato.tenant, sato.entra_object)
    assert (claims["ver"], claims["scp"], claims["azp"]) == ("2.0", "access_as_user", ENTRA_CLIENT)
    assert (claims["preferred_username"], claims["name"]) == ("misaki.sato@aoba.example", "佐藤 美咲")


def test_entras_keys_and_configuration_name_the_issuer_of_every_tenant(playground: FlaskClient) -> None:
    [key] = playground.get("/playground/entra/common/discovery/v2.0/keys", base_url=PUBLIC_URL).get_json()["keys"]
    configuration = playground.get(
        "/playground/entra/common/v2.0/.well-known/openid-configuration", base_url=PUBLIC_URL
    ).get_json()

    assert key["issuer"] == configuration["issuer"] == f"{PUBLIC_URL}/playground/entra/{{tenantid}}/v2.0"
    assert playground.get(configuration["jwks_uri"], base_url=PUBLIC_URL).status_code == 200


def test_a_stranger_comes_from_another_tenant_and_another_domain(
    playground: FlaskClient, agents: Mapping[str, Agent]
) -> None:
    answer = playground.post("/playground/outlook/token", json={"agent": "stranger"}, base_url=PUBLIC_URL).get_json()
    claims = jwt.decode(answer["accessToken"], options={"verify_signature": False})

    assert claims["tid"] == STRANGERS_TENANT
    assert agents["stranger"].domain != agents["sato"].domain


def test_nobody_shares_an_id_with_another(agents: Mapping[str, Agent]) -> None:
    assert len({agent.google_subject for agent in agents.values()}) == len(agents)
    assert len({agent.entra_object for agent in agents.values()}) == len(agents)


def test_every_process_and_every_start_signs_with_the_same_key(config: Config) -> None:
    first = load_or_make(config.key_file)
    second = load_or_make(config.key_file)

    assert first.kid == second.kid
    assert first.public_jwk() == second.public_jwk()
    assert config.key_file.stat().st_mode & 0o777 == 0o600


def signing_key(playground: FlaskClient, path: str) -> Any:
    [key] = playground.get(path, base_url=PUBLIC_URL).get_json()["keys"]
    return jwt.PyJWK(key).key

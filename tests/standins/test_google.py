"""The stand-in is held to what Google publishes, so that tests against it mean something."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import google.auth.jwt
import pytest

from tests.standins.google import CLIENT_ID, NOW, Google, Signer, fails, message_resource, unknown_keys
from tests.standins.google import google as running_google

MAIL = (
    "From: =?utf-8?b?55Sw5LitIOWkqumDjg==?= <tanaka@midori.example>\r\n"
    "To: support@aoba.example\r\n"
    "Subject: =?iso-2022-jp?b?GyRCR1tBdyROM05HJxsoQg==?=\r\n"
    "Message-ID: <1@midori.example>\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n配送はいつですか。\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<p>配送はいつですか。</p>\r\n"
    '--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\nxx\r\n--b--\r\n'
).encode()


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("google-1")


@pytest.fixture
def standin(signer: Signer) -> Iterator[Google]:
    with running_google([signer]) as standin:
        yield standin


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], Any]:
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - the loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the loopback
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read())


def message(standin: Google, message_id: str, **headers: str) -> tuple[int, Any]:
    url = f"{standin.gmail_url}/gmail/v1/users/me/messages/{message_id}?format=full"
    status, _, body = get(url, {name.replace("_", "-"): value for name, value in headers.items()})
    return status, body


def test_a_message_is_shaped_as_gmails_schema_says() -> None:
    resource = message_resource(MAIL, id="18c2f00d00000001")
    assert unknown_keys(resource, {"$ref": "Message"}) == []
    assert unknown_keys({**resource, "body": {}, "sizeEstimate": "5"}, {"$ref": "Message"}) == ["'5'", "body"]


def test_headers_are_decoded_and_texts_are_utf_8() -> None:
    payload = message_resource(MAIL, id="1")["payload"]
    headers = {header["name"]: header["value"] for header in payload["headers"]}
    assert headers["From"] == "田中 太郎 <tanaka@midori.example>"
    assert headers["Subject"] == "配送の確認"
    text, html, attachment = payload["parts"]
    assert base64.urlsafe_b64decode(text["body"]["data"]).decode().strip() == "配送はいつですか。"
    assert html["mimeType"] == "text/html"
    assert (attachment["filename"], "data" in attachment["body"]) == ("a.pdf", False)


def test_a_mail_is_found_by_both_forms_of_its_id(standin: Google) -> None:
    event_id, token = standin.put(MAIL)
    pair = {"Authorization": "Bearer ya29.agent", "X_Goog_Gmail_Access_Token": token}
    assert event_id == f"msg-f:{0x18C2F00D00000001}"
    for form in (event_id, event_id.replace(":", "%3A"), "18c2f00d00000001"):
        status, body = message(standin, form, **pair)
        assert (status, body["id"], body["threadId"]) == (200, "18c2f00d00000001", "18c2f00d00000001")


def test_both_tokens_are_needed_and_one_opens_one_message(standin: Google) -> None:
    first, first_token = standin.put(MAIL)
    second, _ = standin.put(MAIL, number=2)
    agent = {"Authorization": "Bearer ya29.agent"}
    assert message(standin, first, X_Goog_Gmail_Access_Token=first_token)[0] == 401
    assert message(standin, first, Authorization="Bearer other", X_Goog_Gmail_Access_Token=first_token)[0] == 401
    assert message(standin, first, **agent)[0] == 403
    assert message(standin, first, **agent, X_Goog_Gmail_Access_Token="other")[0] == 403
    assert message(standin, second, **agent, X_Goog_Gmail_Access_Token=first_token)[0] == 404
    assert message(standin, "msg-f:77", **agent, X_Goog_Gmail_Access_Token=first_token)[0] == 404


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_it_fails_on_request(standin: Google, status: int) -> None:
    standin.misbehave = fails(status)
    assert message(standin, "1")[0] == status


def test_other_addresses_are_not_served(standin: Google) -> None:
    assert get(f"{standin.url}/gmail-api/gmail/v1/users/someone/messages/1")[0] == 404


def test_its_keys_come_in_both_forms_with_an_age(standin: Google, signer: Signer) -> None:
    status, headers, keys = get(standin.certs_url)
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=21600, must-revalidate, no-transform")
    assert [key["kid"] for key in keys["keys"]] == ["google-1"]
    standin.certificates = True
    assert list(get(standin.certs_url)[2]) == ["google-1"]
    assert standin.certs_asked == 2


def test_its_tokens_are_good_for_googles_own_library(signer: Signer) -> None:
    """A verifier that nobody here wrote reads them (its clock is the machine's: these hours are set around it)."""
    decode: Any = google.auth.jwt.decode  # it has no types
    at = int(time.time())
    token = signer.user_token(iat=at, exp=at + 60)
    claims = decode(token, certs={"google-1": signer.certificate}, audience=CLIENT_ID)
    assert (claims["hd"], claims["email_verified"]) == ("aoba.example", True)
    with pytest.raises(ValueError, match="xpired"):
        decode(
            signer.user_token(iat=NOW - 10**9, exp=NOW - 10**9 + 1),
            certs={"google-1": signer.certificate},
            audience=CLIENT_ID,
        )

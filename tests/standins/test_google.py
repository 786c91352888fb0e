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

from tests.standins.google import (
    AUTH,
    CLIENT_ID,
    COMPOSE,
    NOW,
    READONLY,
    Google,
    Signer,
    fails,
    masked,
    message_resource,
    unknown_keys,
)
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


def get(
    url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, Mapping[str, str], Any]:
    request = urllib.request.Request(url, body, dict(headers or {}))  # noqa: S310 - the loopback
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


def ask(standin: Google, path: str, body: object | None = None, token: str = "ya29.agent") -> tuple[int, Any]:
    """A call with the pair of tokens of the mail that MAIL is."""
    headers = {"Authorization": f"Bearer {token}", "X-Goog-Gmail-Access-Token": "message-token-18c2f00d00000001"}
    url = f"{standin.gmail_url}/gmail/v1/users/me/{path}"
    status, _, answer = get(url, headers, None if body is None else json.dumps(body).encode())
    return status, answer


def draft(standin: Google, raw: bytes, **more: str) -> tuple[int, Any]:
    return ask(standin, "drafts", {"message": {"raw": base64.urlsafe_b64encode(raw).decode(), **more}})


def test_an_attachment_is_had_by_the_id_that_its_message_names(standin: Google) -> None:
    standin.put(MAIL)
    _, found = ask(standin, "messages/18c2f00d00000001?format=full")
    body = found["payload"]["parts"][2]["body"]
    status, content = ask(standin, f"messages/18c2f00d00000001/attachments/{body['attachmentId']}")
    assert (status, unknown_keys(content, {"$ref": "MessagePartBody"})) == (200, [])
    assert content["size"] == body["size"] == len(base64.urlsafe_b64decode(content["data"]))
    assert ask(standin, "messages/18c2f00d00000001/attachments/other")[0] == 400
    assert ask(standin, f"messages/77/attachments/{body['attachmentId']}")[0] == 404


THREAD = "18c2f00d00000001"
ANSWER = (
    b"To: <tanaka@midori.example>\r\nSubject: =?utf-8?b?UmU6IOmFjemAgeOBrueiuuiqjQ==?=\r\n"
    b"In-Reply-To: <1@midori.example>\r\nReferences: <1@midori.example>\r\n\r\nx\r\n"
)


def test_a_draft_is_shaped_as_gmails_schema_says_and_joins_its_thread(standin: Google) -> None:
    standin.put(MAIL)
    status, found = draft(standin, ANSWER, threadId=THREAD)
    assert (status, unknown_keys(found, {"$ref": "Draft"})) == (200, [])
    assert found["message"]["threadId"] == THREAD
    assert standin.drafts == {found["id"]: ANSWER}
    status, thread = ask(standin, f"threads/{THREAD}?format=full")
    assert (status, unknown_keys(thread, {"$ref": "Thread"})) == (200, [])
    assert [message["labelIds"] for message in thread["messages"]] == [["INBOX", "UNREAD"], ["DRAFT"]]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [(b"<1@midori.example>", b"<9@midori.example>"), (b"UmU6IOmFjemAgeOBrueiuuiqjQ==", b"UmU6IHg=")],
    ids=["another mail", "another subject"],
)
def test_a_draft_that_does_not_meet_gmails_conditions_is_a_thread_of_its_own(
    standin: Google, wrong: bytes, right: bytes
) -> None:
    standin.put(MAIL)
    status, found = draft(standin, ANSWER.replace(wrong, right), threadId=THREAD)
    assert (status, found["message"]["threadId"] == THREAD) == (200, False)


@pytest.mark.parametrize(
    ("raw", "more", "status"),
    [
        (ANSWER, {"threadId": "thread-f:1784000000000000001"}, 400),
        (ANSWER, {"threadId": "18c2f00d00000009"}, 404),
        (ANSWER, {"thread_id": THREAD}, 400),
        (b"", {}, 400),
        (b"no header at all\r\n\r\nx", {}, 400),
        (ANSWER.replace(b"\r\n", b"\n"), {}, 400),
        (ANSWER.replace(b"To: ", b"To: " + b"x" * 1_000), {}, 400),
        (ANSWER.replace(b"Subject: ", b"Subject: a\r\nSubject: "), {}, 400),
    ],
    ids=["the event's thread", "no such thread", "an unknown name", "empty", "no mail", "bare line ends", "a long line", "twice"],
)  # fmt: skip
def test_a_draft_that_gmail_would_not_take(standin: Google, raw: bytes, more: dict[str, str], status: int) -> None:
    standin.put(MAIL)
    assert draft(standin, raw, **more)[0] == status
    assert standin.drafts == {}


def test_base64_of_another_alphabet_is_no_draft(standin: Google) -> None:
    standin.put(MAIL)
    assert ask(standin, "drafts", {"message": {"raw": "+/=="}})[0] == 400


def test_each_method_wants_its_scopes(standin: Google) -> None:
    standin.put(MAIL)
    standin.grants |= {"reader": {READONLY}, "writer": {COMPOSE}}
    assert ask(standin, f"messages/{THREAD}", token="reader")[0] == 200
    assert ask(standin, f"threads/{THREAD}", token="reader")[0] == 200
    assert ask(standin, f"messages/{THREAD}", token="writer")[0] == 403
    assert ask(standin, f"threads/{THREAD}", token="writer")[0] == 403
    body = {"message": {"raw": base64.urlsafe_b64encode(ANSWER).decode()}}
    status, refusal = ask(standin, "drafts", body, token="reader")
    assert (status, refusal["error"]["errors"][0]["reason"]) == (403, "insufficientPermissions")
    assert ask(standin, "drafts", body, token="writer")[0] == 200


def test_the_scope_for_headers_gives_no_text(standin: Google) -> None:
    standin.put(MAIL)
    standin.grants["headers"] = {f"{AUTH}/gmail.addons.current.message.metadata"}
    assert ask(standin, f"messages/{THREAD}?format=metadata", token="headers")[0] == 200
    assert ask(standin, f"messages/{THREAD}?format=full", token="headers")[0] == 403
    assert ask(standin, f"threads/{THREAD}?format=metadata", token="headers")[0] == 403


def test_a_thread_goes_by_its_hexadecimal_id_and_to_who_has_a_mail_of_it_open(standin: Google) -> None:
    standin.put(MAIL)
    standin.put(MAIL, number=2)
    assert ask(standin, f"threads/thread-f:{int(THREAD, 16)}")[0] == 400
    assert ask(standin, "threads/2")[0] == 404
    assert ask(standin, "threads/3")[0] == 404


def test_an_answer_is_cut_down_to_the_fields_that_were_asked_for(standin: Google) -> None:
    standin.put(MAIL)
    path = f"threads/{THREAD}?format=metadata&metadataHeaders=Subject&fields=messages(labelIds,payload/headers)"
    assert ask(standin, path)[1] == {
        "messages": [
            {"labelIds": ["INBOX", "UNREAD"], "payload": {"headers": [{"name": "Subject", "value": "配送の確認"}]}}
        ]
    }
    assert masked({"a": 1, "b": {"c": {"d": 2, "e": 3}, "f": 4}}, "b(c/d,f)") == {"b": {"c": {"d": 2}, "f": 4}}


def test_a_draft_that_is_sent_is_a_mail_of_its_thread(standin: Google) -> None:
    standin.put(MAIL)
    _, found = draft(standin, ANSWER, threadId=THREAD)
    raw = standin.send(found["id"], number=3, at=NOW + 60)
    assert b"From: sato.misaki@aoba.example\r\n" in raw
    _, thread = ask(standin, f"threads/{THREAD}?format=minimal")
    assert [message["labelIds"] for message in thread["messages"]] == [["INBOX", "UNREAD"], ["SENT"]]
    _, other = draft(standin, ANSWER, threadId=THREAD)
    standin.discard(other["id"])
    assert len(ask(standin, f"threads/{THREAD}?format=minimal")[1]["messages"]) == 2


def test_one_method_fails_while_the_others_work(standin: Google) -> None:
    standin.put(MAIL)
    standin.faults["drafts.create"] = fails(500)
    assert draft(standin, ANSWER)[0] == 500
    assert ask(standin, f"messages/{THREAD}")[0] == 200


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

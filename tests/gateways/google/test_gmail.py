from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.errors import MailUnavailable
from server.domain.mail import Address, Mail
from server.gateways.google import gmail
from server.gateways.google.gmail import READING_SCOPES, GmailApi
from server.gateways.google.message import Message, mail_of
from server.mail.parse import parse
from tests.costs import costs_its_length
from tests.standins.google import (
    Google,
    Misbehaviour,
    answers,
    breaks_off,
    elapsed,
    fails,
    hangs_up,
    message_resource,
    sleeps,
    trickles,
)

BUDGET = 0.3
SLACK = 10.0  # for a busy machine; what misbehaves does so for far longer
AGENT = "ya29.agent"
MAIL = (
    "Delivered-To: support@aoba.example\r\n"
    "From: =?utf-8?b?55Sw5LitIOWkqumDjg==?= <Tanaka@Midori.example>\r\n"
    "To: support@aoba.example\r\n"
    "Cc: keiri@midori.example\r\n"
    "Subject: =?utf-8?b?6YWN6YCB44Gu56K66KqN?=\r\n"
    "Date: Fri, 29 May 2026 14:30:00 +0900\r\n"
    "Message-ID: <2@midori.example>\r\n"
    "In-Reply-To: <1@aoba.example>\r\n"
    "References: <0@midori.example>\r\n <1@aoba.example>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n"
    "配送はいつになりますか。\r\n"
).encode()


@pytest.fixture(scope="module")
def api(running: Google) -> Iterator[GmailApi]:
    """One client for all tests here, as one is for all requests; with time enough."""
    client = GmailApi(running.gmail_url, budget=10.0)
    yield client
    client.close()


def refused(api: GmailApi, **changed: Any) -> str:
    asked = {"user_token": AGENT, "message_token": "message-token-1", "scopes": None, **changed}
    with pytest.raises(MailUnavailable) as caught:
        api.read("msg-f:1", **asked)
    return caught.value.reason


def read(api: GmailApi, standin: Google, raw: bytes) -> Mail:
    message_id, token = standin.put(raw)
    return api.read(message_id, user_token=AGENT, message_token=token)


def test_the_open_mail_is_read(api: GmailApi, standin: Google) -> None:
    mail = read(api, standin, MAIL)
    assert mail.message_id == "2@midori.example"
    assert set(mail.references) == {"1@aoba.example", "0@midori.example"}
    assert mail.sender == Address("tanaka@midori.example", "田中 太郎")
    assert mail.to == (Address("support@aoba.example"),)
    assert mail.delivered_to == ("support@aoba.example",)
    assert mail.subject == "配送の確認"
    assert mail.text.strip() == "配送はいつになりますか。"
    assert mail.date == 1780032600


def test_it_is_one_call_with_both_tokens(api: GmailApi, standin: Google) -> None:
    read(api, standin, MAIL)
    (asked,) = standin.asked
    assert asked.path == f"/gmail-api/gmail/v1/users/me/messages/msg-f:{0x18C2F00D00000001}"
    assert asked.query["format"] == ["full"]
    assert asked.headers["Authorization"] == "Bearer ya29.agent"
    assert asked.headers["X-Goog-Gmail-Access-Token"] == "message-token-18c2f00d00000001"


def test_many_threads_share_one_client(api: GmailApi, standin: Google) -> None:
    asked = [standin.put(MAIL.replace(b"<2@", b"<%d@" % number), number=number) for number in range(1, 41)]

    def ask(pair: tuple[str, str]) -> str:
        return api.read(pair[0], user_token=AGENT, message_token=pair[1]).message_id

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, asked)) == [f"{number}@midori.example" for number in range(1, 41)]
    assert standin.connections <= 8


# ---------------------------------------------------------------- when it cannot be read


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "failed"),
        (401, "refused"),
        (403, "refused"),
        (404, "missing"),
        (429, "failed"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_what_gmail_refuses(api: GmailApi, standin: Google, status: int, reason: str) -> None:
    standin.misbehave = fails(status)
    assert refused(api) == reason
    assert len(standin.asked) == 1


@pytest.mark.parametrize(
    "misbehaviour",
    [sleeps(30), trickles(head=True), trickles(head=False)],
    ids=["silent", "trickles the head", "trickles the body"],
)
def test_gmail_may_be_slow_only_so_long(standin: Google, misbehaviour: Misbehaviour) -> None:
    standin.misbehave = misbehaviour
    hasty = GmailApi(standin.gmail_url, budget=BUDGET)
    reasons: list[str] = []
    assert elapsed(lambda: reasons.append(refused(hasty))) < BUDGET + SLACK
    assert reasons == ["timeout"]


def test_the_budget_is_two_seconds(standin: Google) -> None:
    assert gmail.BUDGET == 2.0
    standin.misbehave = sleeps(30)
    api = GmailApi(standin.gmail_url)
    assert 1.9 < elapsed(lambda: refused(api)) < 2.0 + SLACK


@pytest.mark.parametrize(
    "misbehaviour",
    [
        breaks_off,
        hangs_up,
        answers(b""),
        answers(b"<html>502 Bad Gateway</html>"),
        answers(b"\xff\xfe"),
        answers(b"null"),
        answers(b"[]"),
        answers(b"{}"),
        answers(b'{"payload": null}'),
        answers(b'{"payload": {"headers": {}}}'),
        answers(b'{"payload": {"headers": [{"name": 5}]}}'),
        answers(b'{"payload": {"body": {"data": 5}}}'),
        answers(b'{"payload": ' + b'{"parts": [' * 20_000 + b"]}" * 20_000 + b"}"),
        answers(b"plain", {"Content-Encoding": "gzip"}),
    ],
    ids=[
        "breaks off",
        "hangs up",
        "empty",
        "a page",
        "no text",
        "null",
        "a list",
        "an empty object",
        "no payload",
        "headers that are none",
        "a header that is none",
        "a body that is none",
        "endless parts",
        "not gzip",
    ],
)
def test_what_is_no_answer_of_gmails(api: GmailApi, standin: Google, misbehaviour: Misbehaviour) -> None:
    standin.misbehave = misbehaviour
    assert refused(api) == "failed"


def test_a_huge_answer_is_given_up(standin: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gmail, "LARGEST", 10_000)
    api = GmailApi(standin.gmail_url, budget=10.0)
    standin.misbehave = answers(b"x" * 10_001)
    assert refused(api) == "failed"


def test_nobody_listening_is_a_failure() -> None:
    assert refused(GmailApi("http://127.0.0.1:1", budget=10.0)) == "failed"


@pytest.mark.parametrize(
    "scopes",
    [
        [],
        ["https://www.googleapis.com/auth/gmail.addons.execute"],
        ["https://www.googleapis.com/auth/gmail.addons.current.message.metadata"],
    ],
    ids=["none", "another", "only the headers"],
)
def test_without_a_granted_scope_gmail_is_not_even_asked(api: GmailApi, standin: Google, scopes: list[str]) -> None:
    assert refused(api, scopes=scopes) == "consent"
    assert standin.asked == []


@pytest.mark.parametrize("scope", sorted(READING_SCOPES))
def test_any_scope_that_reads_is_enough(api: GmailApi, standin: Google, scope: str) -> None:
    message_id, token = standin.put(MAIL)
    mail = api.read(message_id, user_token=AGENT, message_token=token, scopes=["openid", scope])
    assert mail.message_id == "2@midori.example"


def test_the_scopes_that_read_are_those_of_googles_document() -> None:
    document = json.loads(
        (files("googleapiclient.discovery_cache") / "documents" / "gmail.v1.json").read_text(encoding="utf-8")
    )
    method = document["resources"]["users"]["resources"]["messages"]["methods"]["get"]
    assert {scope for scope in method["scopes"] if "metadata" not in scope} == READING_SCOPES


@pytest.mark.parametrize("token", ["", "a\r\nX-Evil: 1", "a b", "トークン", "a\0"])
def test_a_token_that_cannot_be_one_is_refused_unasked(api: GmailApi, standin: Google, token: str) -> None:
    assert refused(api, user_token=token) == "refused"
    assert token == "" or refused(api, message_token=token) == "refused"
    assert standin.asked == []


def test_another_messages_token_opens_nothing(api: GmailApi, standin: Google) -> None:
    first, _ = standin.put(MAIL, number=1)
    _, second_token = standin.put(MAIL, number=2)
    with pytest.raises(MailUnavailable, match="missing"):
        api.read(first, user_token=AGENT, message_token=second_token)


def test_nothing_of_a_mail_or_token_is_logged(api: GmailApi, standin: Google, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    read(api, standin, MAIL)
    for status in (401, 403, 500):
        standin.misbehave = fails(status, b'{"error": {"message": "tanaka@midori.example may not", "errors": []}}')
        refused(api)
    standin.misbehave = answers(b"tanaka@midori.example")
    refused(api)
    assert not any(secret in caplog.text for secret in ("midori", "tanaka", "ya29", "message-token", "配送"))


# ---------------------------------------------------------------- parts and charsets


def resource(*parts: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An answer of messages.get with these parts."""
    about = {"From": "tanaka@midori.example", "Message-ID": "<1@midori.example>", **(headers or {})}
    return {
        "id": "1",
        "payload": {
            "mimeType": "multipart/mixed",
            "headers": [{"name": name, "value": value} for name, value in about.items()],
            "body": {"size": 0},
            "parts": parts,
        },
    }


def part(data: bytes | str, kind: str = "text/plain", *, filename: str = "", **headers: str) -> dict[str, Any]:
    raw = data.encode() if isinstance(data, str) else data
    return {
        "mimeType": kind,
        "filename": filename,
        "headers": [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()],
        "body": {"size": len(raw), "data": base64.urlsafe_b64encode(raw).decode().rstrip("=")},
    }


def shown(api: GmailApi, standin: Google, *parts: Mapping[str, Any]) -> str:
    standin.misbehave = answers(json.dumps(resource(*parts)).encode())
    return api.read("msg-f:1", user_token=AGENT, message_token="message-token").text.strip()


JAPANESE = "お世話になっております。①㈱青葉の田中です。"


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        (JAPANESE.encode(), 'text/plain; charset="utf-8"'),
        (JAPANESE.encode(), "text/plain; charset=iso-2022-jp"),  # Google has made UTF-8 of it and left the label
        (JAPANESE.encode(), "text/plain; charset=Shift_JIS"),
        (JAPANESE.encode(), "text/plain"),
        (JAPANESE.encode(), "text/plain; charset=no-such-thing"),
        (JAPANESE.encode("cp932"), "text/plain; charset=Shift_JIS"),  # and if it did not
        (JAPANESE.encode("cp932"), "text/plain; charset=windows-31j"),
        (JAPANESE.replace("①㈱", "").encode("euc_jp"), "text/plain; charset=EUC-JP"),
        (JAPANESE.replace("①㈱", "").encode("iso2022_jp"), "text/plain; charset=ISO-2022-JP"),
        (JAPANESE.encode("utf-16"), "text/plain; charset=utf-16"),
    ],
    ids=range(10),
)
def test_text_is_read_whether_google_has_made_utf_8_of_it_or_not(
    api: GmailApi, standin: Google, raw: bytes, label: str
) -> None:
    text = shown(api, standin, part(raw, Content_Type=label))
    assert text.replace("①㈱", "") == JAPANESE.replace("①㈱", "")


def test_attachments_are_no_text_of_the_mail(api: GmailApi, standin: Google) -> None:
    text = shown(
        api,
        standin,
        part("本文です。"),
        part("添付の中身", filename="a.txt"),
        part("添付の中身", Content_Disposition="attachment"),
        {"mimeType": "application/pdf", "filename": "a.pdf", "body": {"attachmentId": "x", "size": 5}},
    )
    assert text == "本文です。"


def test_a_mail_that_has_only_html_is_read(api: GmailApi, standin: Google) -> None:
    assert "配送はいつですか" in shown(api, standin, part("<p>配送は<b>いつ</b>ですか。</p>", "text/html"))


def test_data_that_is_not_base64_is_as_good_as_none(api: GmailApi, standin: Google) -> None:
    broken = part("x")
    broken["body"]["data"] = "é!"
    assert shown(api, standin, part("本文です。"), broken) == "本文です。"


def test_many_parts_cost_their_number(api: GmailApi, standin: Google) -> None:
    costs_its_length(lambda parts: shown(api, standin, *[part("a")] * parts), 5000)


def mail(kind: str, body: bytes, *more: str) -> bytes:
    """A mail with this body."""
    head = [
        "From: =?iso-2022-jp?b?GyRCRURDZhsoQiAbJEJCQE86GyhC?= <tanaka@midori.example>",
        "To: =?utf-8?b?6Z2S6JGJ5ZWG5LqL?= <support@aoba.example>",
        "Subject: =?utf-8?b?6YWN6YCB44Gu56K66KqN?=",
        "Date: Fri, 29 May 2026 14:30:00 +0900",
        "Message-ID: <2@midori.example>",
        "References: <0@midori.example>",
        " <1@aoba.example>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        *more,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def pieces(*parts: bytes) -> bytes:
    return b"".join(b"--b\r\n" + piece + b"\r\n" for piece in parts) + b"--b--\r\n"


TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "配送はいつですか。".encode()
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + "<p>配送は<b>いつ</b>ですか。</p>".encode()
FILE = b'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\nattached'
INNER = b"Content-Type: message/rfc822\r\n\r\nFrom: Sato <sato@other.example>\r\nSubject: before\r\n\r\nThe original."
MAILS = {
    "utf-8": mail("text/plain; charset=utf-8", "配送はいつですか。".encode()),
    "iso-2022-jp": mail("text/plain; charset=iso-2022-jp", "配送はいつですか。".encode("iso2022_jp")),
    "shift_jis, base64": mail(
        "text/plain; charset=shift_jis",
        base64.encodebytes("配送はいつですか。".encode("cp932")),
        "Content-Transfer-Encoding: base64",
    ),
    "html alone": mail("text/html; charset=utf-8", "<p>配送は<b>いつ</b>ですか。</p>".encode()),
    "both": mail('multipart/alternative; boundary="b"', pieces(TEXT, HTML)),
    "with a file": mail('multipart/mixed; boundary="b"', pieces(TEXT, FILE, TEXT)),
    "forwarded as a file": mail('multipart/mixed; boundary="b"', pieces(TEXT, INNER)),
    "two pages": mail('multipart/mixed; boundary="b"', pieces(HTML, HTML)),
}


def resource_of(raw: bytes, *, decoded: bool) -> Message:
    return msgspec.convert(message_resource(raw, id="1", decoded=decoded), Message)


@pytest.mark.parametrize("decoded", [True, False], ids=["decoded by Google", "as it stands"])
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_the_same_whether_gmail_or_a_file_brings_it(name: str, decoded: bool) -> None:
    """Else the same mail would be two in the history: one imported, one opened."""
    raw = MAILS[name]
    assert mail_of(resource_of(raw, decoded=decoded)) == replace(parse(raw), thread="18c2f00d00000001")


PARTS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "mimeType": st.sampled_from(["text/plain", "text/html", "TEXT/PLAIN", "image/png", ""]),
            "filename": st.text(max_size=3),
            "headers": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.sampled_from(["Content-Type", "Content-Disposition", "From", "Subject", "", "\n"]),
                        "value": st.text(max_size=30),
                    }
                ),
                max_size=3,
            ),
            "body": st.fixed_dictionaries({}, optional={"data": st.text(max_size=20), "size": st.integers()}),
        },
    ),
    lambda inner: st.fixed_dictionaries({"parts": st.lists(inner, max_size=3)}),
    max_leaves=5,
)


@given(payload=PARTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_any_payload_is_a_mail_or_unavailable(payload: Mapping[str, Any]) -> None:
    answer = {"payload": json.loads(json.dumps(payload))}
    try:
        mail = mail_of(gmail._as(answer, gmail._message_of))
    except gmail._RefusedError:
        return
    assert isinstance(mail, Mail)

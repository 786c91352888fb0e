"""The same calls against a Gmail that nobody here wrote."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.domain.answering import answer
from server.domain.mail import Address, Mail
from server.domain.reply import Drafted, Reply
from server.domain.workspace import Person, Team, Viewer, Workspace
from server.gateways.google.gmail import GmailApi, GmailMailbox
from server.mail.parse import parse
from tests.standins.emulate import TOKEN, Emulate, emulate

pytestmark = pytest.mark.slow

MISAKI = Person("misaki", "佐藤 美咲", ("misaki@aoba.example",), send_as=("support@aoba.example",))
AOBA = Workspace(
    "aoba",
    "青葉商事",
    google_domains=("aoba.example",),
    signature="{company}\n{name}",
    teams=(Team("support", "サポート", ("support@aoba.example",)),),
    people=(MISAKI,),
)
MAIL = (
    "From: a..b.@docomo.ne.jp\r\n"
    "To: support@aoba.example\r\n"
    'Cc: "Tanaka, Taro" <taro@midori.example>\r\n'
    "Subject: =?utf-8?b?6YWN6YCB44Gu56K66KqN?=\r\n"
    "Date: Fri, 20 Nov 2026 10:00:00 +0900\r\n"
    "Message-ID: <2@Midori.example>\r\n"
    "References: <0@midori.example>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n"
    "配送はいつになりますか。\r\n"
).encode()


@pytest.fixture(scope="module")
def gmail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulate]:
    with emulate(tmp_path_factory.mktemp("emulate"), "misaki@aoba.example") as running:
        yield running


@pytest.fixture(scope="module")
def mailbox(gmail: Emulate) -> Iterator[GmailMailbox]:
    """With the mail open in it."""
    laid = gmail.call("messages", {"raw": base64.urlsafe_b64encode(MAIL).decode(), "labelIds": ["INBOX"]})
    api = GmailApi(gmail.url, budget=10.0, draft_budget=10.0)
    yield api.mailbox(laid["id"], user_token=TOKEN, message_token="message-token", scopes=None)
    api.close()


@pytest.fixture(scope="module")
def mail(mailbox: GmailMailbox) -> Mail:
    return mailbox.read()


@pytest.fixture(scope="module")
def reply(mail: Mail) -> Reply:
    return answer(mail, AOBA, Viewer(AOBA, MISAKI), text="明日届きます。")


@pytest.fixture(scope="module")
def drafted(mailbox: GmailMailbox, reply: Reply) -> Drafted:
    return mailbox.draft(reply)


def test_the_mail_is_read(mail: Mail) -> None:
    assert mail.thread
    assert mail == replace(parse(MAIL), thread=mail.thread)


def test_the_draft_lies_in_the_thread(gmail: Emulate, mail: Mail, drafted: Drafted) -> None:
    assert drafted.thread == mail.thread
    thread = gmail.call(f"threads/{mail.thread}?format=minimal")
    assert [message["labelIds"] for message in thread["messages"]] == [["INBOX"], ["DRAFT"]]
    assert gmail.call("drafts")["drafts"][0]["id"] == drafted.id


def test_the_draft_is_read_back_as_it_was_meant(gmail: Emulate, reply: Reply, drafted: Drafted) -> None:
    payload = gmail.call(f"drafts/{drafted.id}?format=full")["message"]["payload"]
    found = {header["name"].lower(): header["value"] for header in payload["headers"]}
    assert found["in-reply-to"] == "<2@Midori.example>"
    assert found["references"].split() == ["<0@midori.example>", "<2@Midori.example>"]
    assert found["to"] == "<a..b.@docomo.ne.jp>"
    assert "<taro@midori.example>" in found["cc"]
    assert "bcc" not in found
    body = base64.urlsafe_b64decode(payload["body"]["data"] + "===").decode()
    assert body.replace("\r\n", "\n").strip() == reply.text.strip()


def test_the_draft_is_kept_byte_by_byte(gmail: Emulate, reply: Reply, drafted: Drafted) -> None:
    coded = gmail.call(f"drafts/{drafted.id}?format=raw")["message"]["raw"]
    mail = parse(base64.urlsafe_b64decode(coded + "==="))
    assert (mail.sender, mail.to, mail.cc) == (reply.sender, reply.to, reply.cc)
    assert (mail.subject, mail.body) == ("Re: 配送の確認", reply.text.strip())
    assert mail.to == (Address("a..b.@docomo.ne.jp"),)


def test_what_was_sent_is_seen_and_a_draft_is_not(gmail: Emulate, mailbox: GmailMailbox, drafted: Drafted) -> None:
    assert mailbox.sent() == ()
    gmail.call("drafts/send", {"id": drafted.id})
    (sent,) = mailbox.sent()
    assert sent.references[0] == "2@midori.example"
    assert sent.thread == drafted.thread
    assert sent.to == (Address("a..b.@docomo.ne.jp"),)

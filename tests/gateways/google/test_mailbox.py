"""The agent's mailbox: a reply becomes a draft in the thread, and what was sent there is seen."""

from __future__ import annotations

import base64
import email
import email.message
import email.policy
import json
import logging
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import pytest

from server.domain.crm import Attachment
from server.domain.errors import ConsentNeeded, DraftUnavailable, MailUnavailable
from server.domain.events import FILES_MOST, Files, Mailbox
from server.domain.mail import Address
from server.domain.reply import Drafted, Reply
from server.gateways.google import gmail
from server.gateways.google.gmail import (
    COMPOSING_SCOPE,
    COMPOSING_SCOPES,
    READING_SCOPE,
    READING_SCOPES,
    RECIPIENTS_SCOPE,
    THREAD_SCOPES,
    GmailApi,
    GmailMailbox,
)
from server.mail.parse import parse
from server.mail.write import written
from tests.standins.google import (
    COMPOSE,
    GMAIL,
    NOW,
    READONLY,
    SCOPES,
    Google,
    Misbehaviour,
    answers,
    breaks_off,
    elapsed,
    fails,
    hangs_up,
    sleeps,
    trickles,
    unknown_keys,
)

AGENT = "ya29.agent"
THREAD = "18c2f00d00000001"
LITTLE = 0.4
SLACK = 10.0  # for a busy machine; what misbehaves does so for far longer
MAIL = (
    "From: =?utf-8?b?55Sw5LitIOWkqumDjg==?= <Tanaka@Midori.example>\r\n"
    "To: support@aoba.example\r\n"
    "Subject: =?utf-8?b?6YWN6YCB44Gu56K66KqN?=\r\n"
    "Date: Fri, 29 May 2026 14:30:00 +0900\r\n"
    "Message-ID: <2@Midori.example>\r\n"
    "References: <0@midori.example>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n"
    "配送はいつになりますか。\r\n"
).encode()
REPLY = Reply(
    to=(Address("tanaka@midori.example", "田中 太郎"), Address("a..b.@docomo.ne.jp")),
    cc=(Address("keiri@midori.example"),),
    subject="Re: 配送の確認",
    text="明日届きます。\n\n佐藤\n-- \n> 配送はいつになりますか。",
    sender=Address("support@aoba.example", "青葉商事"),
    in_reply_to="<2@Midori.example>",
    references=("<0@midori.example>", "<2@Midori.example>"),
    thread=THREAD,
)


@pytest.fixture(scope="module")
def api(running: Google) -> Iterator[GmailApi]:
    """With time enough."""
    client = GmailApi(running.gmail_url, budget=10.0, draft_budget=10.0)
    yield client
    client.close()


@pytest.fixture
def hasty(standin: Google) -> Iterator[GmailApi]:
    """With little time."""
    client = GmailApi(standin.gmail_url, budget=LITTLE, draft_budget=LITTLE)
    yield client
    client.close()


def opened(api: GmailApi, standin: Google, scopes: Collection[str] | None = SCOPES) -> GmailMailbox:
    """The mailbox with MAIL open in it."""
    message_id, token = standin.put(MAIL)
    return api.mailbox(message_id, user_token=AGENT, message_token=token, scopes=scopes)


def called(standin: Google) -> list[str]:
    return [asked.path.removeprefix("/gmail-api/gmail/v1/users/me/") for asked in standin.asked]


def test_it_is_what_the_domain_calls_a_mailbox(api: GmailApi) -> None:
    mailbox: Mailbox = api.mailbox("msg-f:1", user_token=AGENT, message_token="", scopes=None)
    assert isinstance(mailbox, GmailMailbox)


def test_reading_without_consent_says_so_before_google_is_asked_and_after(api: GmailApi, standin: Google) -> None:
    with pytest.raises(MailUnavailable, match="consent"):
        opened(api, standin, {COMPOSE}).read()
    assert standin.asked == []
    mailbox = opened(api, standin)
    standin.grants[AGENT] = {COMPOSE}
    with pytest.raises(MailUnavailable, match="consent"):
        mailbox.read()


# ---------------------------------------------------------------- drafts


def test_a_reply_is_a_draft_in_the_thread(api: GmailApi, standin: Google) -> None:
    drafted = opened(api, standin).draft(REPLY)
    assert standin.drafts == {drafted.id: written(REPLY)}
    assert drafted.thread == THREAD
    mail = parse(standin.drafts[drafted.id])
    assert (mail.to, mail.cc, mail.subject, mail.body) == (REPLY.to, REPLY.cc, REPLY.subject, REPLY.text)


def test_it_is_one_call_with_both_tokens(api: GmailApi, standin: Google) -> None:
    opened(api, standin).draft(REPLY)
    (asked,) = standin.asked
    assert (asked.method, called(standin)) == ("POST", ["drafts"])
    assert asked.headers["Authorization"] == "Bearer ya29.agent"
    assert asked.headers["X-Goog-Gmail-Access-Token"] == f"message-token-{THREAD}"
    body = json.loads(asked.body)
    assert unknown_keys(body, {"$ref": "Draft"}) == []
    assert body["message"]["threadId"] == THREAD


def test_the_thread_is_the_one_that_reading_names(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    mail = mailbox.read()
    assert mail.thread == THREAD
    assert mailbox.draft(replace(REPLY, thread=mail.thread)).thread == THREAD


@pytest.mark.parametrize("thread", ["", "thread-f:1784000000000000001", "a/b", "\r\n"])
def test_without_a_thread_that_the_api_knows_it_is_a_draft_of_its_own(
    api: GmailApi, standin: Google, thread: str
) -> None:
    drafted = opened(api, standin).draft(replace(REPLY, thread=thread))
    assert drafted.thread != THREAD
    assert len(standin.asked) == 1


def test_a_thread_that_was_deleted_meanwhile_is_left_out(api: GmailApi, standin: Google) -> None:
    """Gmail has said that it made nothing, so a second try cannot make two; the draft still names the mail it answers."""
    mailbox = opened(api, standin)
    standin.remove(0x18C2F00D00000001)
    drafted = mailbox.draft(REPLY)
    assert drafted.thread != THREAD
    assert list(standin.drafts) == [drafted.id]
    assert b"In-Reply-To: <2@Midori.example>" in standin.drafts[drafted.id]


def test_drafts_of_many_agents_at_once_do_not_mix(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    ids = {mailbox.draft(replace(REPLY, text=str(number))).id: str(number) for number in range(20)}
    assert {one: parse(raw).body for one, raw in standin.drafts.items()} == ids


@pytest.mark.parametrize("scope", sorted(COMPOSING_SCOPES))
def test_any_scope_that_makes_drafts_is_enough(api: GmailApi, standin: Google, scope: str) -> None:
    mailbox = opened(api, standin, ["openid", scope])
    standin.grants[AGENT] = {scope}
    mailbox.require("draft")
    assert mailbox.draft(REPLY).id in standin.drafts


def test_the_scopes_are_those_of_googles_document() -> None:
    methods = {name: GMAIL["resources"]["users"]["resources"][name]["methods"] for name in ("drafts", "threads")}
    assert set(methods["drafts"]["create"]["scopes"]) == COMPOSING_SCOPES
    assert set(methods["threads"]["get"]["scopes"]) > THREAD_SCOPES


@pytest.mark.parametrize(("need", "scope"), [("read", READING_SCOPE), ("draft", COMPOSING_SCOPE)])
def test_what_is_known_not_to_be_granted_is_asked_for(api: GmailApi, standin: Google, need: str, scope: str) -> None:
    mailbox = opened(api, standin, SCOPES - {scope})
    with pytest.raises(ConsentNeeded) as caught:
        mailbox.require(need)  # type: ignore[arg-type] # one of Need, as a parameter
    assert caught.value.scopes == (scope,)
    assert standin.asked == []


def test_the_recipients_of_a_draft_are_asked_for(api: GmailApi, standin: Google) -> None:
    with pytest.raises(ConsentNeeded, match=RECIPIENTS_SCOPE):
        opened(api, standin).require("recipients")
    opened(api, standin, {RECIPIENTS_SCOPE}).require("recipients")


def test_what_google_does_not_say_is_tried(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin, None)
    mailbox.require("draft")
    assert mailbox.draft(REPLY).id in standin.drafts


def test_a_draft_without_consent_is_not_even_asked_for(api: GmailApi, standin: Google) -> None:
    with pytest.raises(ConsentNeeded, match=COMPOSING_SCOPE):
        opened(api, standin, {READONLY}).draft(REPLY)
    assert standin.asked == []


def test_consent_that_was_withdrawn_is_asked_for_again(api: GmailApi, standin: Google) -> None:
    """The event still lists the scope; Google's refusal says otherwise."""
    mailbox = opened(api, standin)
    standin.grants[AGENT] = {READONLY}
    with pytest.raises(ConsentNeeded) as caught:
        mailbox.draft(REPLY)
    assert caught.value.scopes == (COMPOSING_SCOPE,)
    assert len(standin.asked) == 1


@pytest.mark.parametrize("compress", [False, True])
def test_a_missing_scope_is_told_from_other_refusals_by_the_body_alone(
    api: GmailApi, standin: Google, compress: bool
) -> None:
    mailbox = opened(api, standin)
    standin.compress = compress
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]
    standin.misbehave = fails(403, json.dumps({"error": {"code": 403, "message": "No.", "details": details}}).encode())
    with pytest.raises(ConsentNeeded):
        mailbox.draft(REPLY)
    limit = {"error": {"code": 403, "errors": [{"domain": "usageLimits", "reason": "userRateLimitExceeded"}]}}
    standin.misbehave = fails(403, json.dumps(limit).encode())
    with pytest.raises(DraftUnavailable, match="refused"):
        mailbox.draft(REPLY)


@pytest.mark.parametrize(
    ("status", "reason", "calls"),
    [
        (400, "failed", 1),
        (401, "refused", 1),
        (403, "refused", 1),
        (404, "missing", 2),
        (409, "failed", 1),
        (429, "failed", 1),
        (500, "failed", 1),
        (503, "failed", 1),
    ],
)
def test_what_gmail_refuses_is_not_asked_again(
    api: GmailApi, standin: Google, status: int, reason: str, calls: int
) -> None:
    mailbox = opened(api, standin)
    standin.misbehave = fails(status)
    with pytest.raises(DraftUnavailable) as caught:
        mailbox.draft(REPLY)
    assert (caught.value.reason, len(standin.asked)) == (reason, calls)


@pytest.mark.parametrize(
    "misbehaviour",
    [
        breaks_off,
        hangs_up,
        answers(b""),
        answers(b"<html>502</html>"),
        answers(b"null"),
        answers(b"[]"),
        answers(b"{}"),
        answers(b'{"id": 5}'),
        answers(b'{"id": "r1"}'),
        answers(b'{"id": "r1", "message": {}}'),
        answers(b'{"id": "r 1", "message": {"threadId": "1"}}'),
        answers(b'{"id": "r1", "message": {"threadId": "thread-f:1"}}'),
        answers(b"plain", {"Content-Encoding": "gzip"}),
    ],
    ids=range(13),
)
def test_what_is_no_answer_of_gmails_is_no_draft_and_is_not_asked_again(
    api: GmailApi, standin: Google, misbehaviour: Misbehaviour
) -> None:
    """Whether there is a draft now, nobody knows: another try might make a second one."""
    mailbox = opened(api, standin)
    standin.misbehave = misbehaviour
    with pytest.raises(DraftUnavailable, match="failed"):
        mailbox.draft(REPLY)
    assert len(standin.asked) == 1


@pytest.mark.parametrize("misbehaviour", [sleeps(30), trickles(head=True), trickles(head=False)], ids=range(3))
def test_gmail_may_be_slow_only_so_long(hasty: GmailApi, standin: Google, misbehaviour: Misbehaviour) -> None:
    mailbox = opened(hasty, standin)
    standin.misbehave = misbehaviour

    def draft() -> None:
        with pytest.raises(DraftUnavailable, match="timeout"):
            mailbox.draft(REPLY)

    assert elapsed(draft) < LITTLE + SLACK
    assert len(standin.asked) <= 1  # none where the machine stood still meanwhile


def test_both_tries_share_one_limit(hasty: GmailApi, standin: Google) -> None:
    mailbox = opened(hasty, standin)
    late = sleeps(30)

    def missing_at_first(handler: object) -> None:
        (fails(404) if len(standin.asked) == 1 else late)(handler)  # type: ignore[arg-type] # the stand-in's handler

    standin.misbehave = missing_at_first

    def draft() -> None:
        with pytest.raises(DraftUnavailable, match="timeout"):
            mailbox.draft(REPLY)

    assert elapsed(draft) < LITTLE + SLACK
    assert 1 <= len(standin.asked) <= 2  # one where the machine stood still meanwhile


def test_the_limits_are_six_seconds_for_a_draft_and_two_for_reading() -> None:
    assert (gmail.DRAFT_BUDGET, gmail.BUDGET) == (6.0, 2.0)


def test_a_connection_that_was_closed_meanwhile_costs_no_draft(api: GmailApi, standin: Google) -> None:
    """After minutes of silence the idle connection is dead; nobody may learn that from a draft that failed."""
    mailbox = opened(api, standin)
    mailbox.read()
    standin.hang_up_on_the_idle()
    assert mailbox.draft(REPLY).id in standin.drafts
    assert called(standin).count("drafts") == 1


def test_an_address_that_cannot_be_written_makes_no_draft(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    with pytest.raises(DraftUnavailable, match="failed"):
        mailbox.draft(replace(REPLY, to=(Address("a@b.example\r\nBcc: c@d.example"),)))
    assert standin.asked == []


@pytest.mark.parametrize("token", ["", "a\r\nX-Evil: 1", "トークン"])
def test_a_token_that_cannot_be_one_is_refused_unasked(api: GmailApi, standin: Google, token: str) -> None:
    mailbox = api.mailbox("msg-f:1", user_token=token, message_token="", scopes=None)
    with pytest.raises(DraftUnavailable, match="refused"):
        mailbox.draft(REPLY)
    with pytest.raises(MailUnavailable, match="refused"):
        mailbox.sent()
    assert standin.asked == []


def test_nothing_of_a_reply_or_token_is_logged_or_shown(
    api: GmailApi, standin: Google, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox = opened(api, standin)
    mailbox.draft(REPLY)
    for status in (401, 403, 500):
        standin.misbehave = fails(status, b'{"error": {"message": "tanaka@midori.example may not", "errors": []}}')
        with pytest.raises(DraftUnavailable):
            mailbox.draft(REPLY)
    said = f"{caplog.text}{vars(mailbox)}"
    assert not any(secret in said for secret in ("midori", "tanaka", "ya29", "message-token", "明日"))


# ---------------------------------------------------------------- what was sent


def test_what_was_sent_in_the_thread_is_seen(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    drafted = mailbox.draft(REPLY)
    assert mailbox.sent() == ()
    raw = standin.send(drafted.id, number=0x19BB, at=NOW + 600)
    (sent,) = mailbox.sent()
    assert (sent.sender.email, sent.date, sent.thread, sent.text, sent.body) == (
        "support@aoba.example", NOW + 600, THREAD, "", ""
    )  # fmt: skip
    whole = parse(raw)
    assert (sent.message_id, sent.references, sent.to) == (whole.message_id, whole.references, whole.to)


def test_it_is_a_question_for_headers_only(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    mailbox.sent()
    assert called(standin) == [f"messages/msg-f:{int(THREAD, 16)}", f"threads/{THREAD}"]
    first, second = standin.asked
    assert (first.query["format"], first.query["fields"]) == (["minimal"], ["threadId"])
    assert second.query["format"] == ["metadata"]
    assert "Message-ID" in second.query["metadataHeaders"]
    assert "payload/headers" in second.query["fields"][0]


def test_the_thread_is_asked_for_once(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    mailbox.read()
    mailbox.sent()
    mailbox.sent()
    assert called(standin).count(f"messages/msg-f:{int(THREAD, 16)}") == 1


def test_the_newest_twenty_are_enough(api: GmailApi, standin: Google) -> None:
    mailbox = opened(api, standin)
    for number in range(1, 31):
        raw = MAIL.replace(b"<2@", b"<%d.sent@" % number)
        standin.put(raw, number=number, thread=THREAD, labels=["SENT"], received=NOW + number)
    found = mailbox.sent()
    assert [mail.message_id for mail in found] == [f"{number}.sent@midori.example" for number in range(30, 10, -1)]


def test_without_the_right_to_read_it_is_asked_for(api: GmailApi, standin: Google) -> None:
    with pytest.raises(ConsentNeeded, match=READING_SCOPE):
        opened(api, standin, {COMPOSE}).sent()
    assert standin.asked == []
    mailbox = opened(api, standin)
    standin.grants[AGENT] = {COMPOSE}
    with pytest.raises(ConsentNeeded, match=READING_SCOPE):
        mailbox.sent()


def test_the_right_to_the_open_message_is_not_enough_for_its_thread(api: GmailApi, standin: Google) -> None:
    action = "https://www.googleapis.com/auth/gmail.addons.current.message.action"
    mailbox = opened(api, standin, {action})
    standin.grants[AGENT] = {action}
    assert mailbox.read().thread == THREAD
    with pytest.raises(ConsentNeeded):
        mailbox.sent()


@pytest.mark.parametrize(("status", "reason"), [(401, "refused"), (403, "refused"), (404, "missing"), (500, "failed")])
def test_a_thread_that_cannot_be_read(api: GmailApi, standin: Google, status: int, reason: str) -> None:
    mailbox = opened(api, standin)
    standin.faults["threads.get"] = fails(status)
    with pytest.raises(MailUnavailable, match=reason):
        mailbox.sent()


def test_both_calls_share_one_limit(hasty: GmailApi, standin: Google) -> None:
    mailbox = opened(hasty, standin)
    standin.faults["threads.get"] = sleeps(30)

    def look() -> None:
        with pytest.raises(MailUnavailable, match="timeout"):
            mailbox.sent()

    assert elapsed(look) < LITTLE + SLACK


@pytest.mark.parametrize(
    "body",
    [b'{"messages": [{"labelIds": ["SENT", 5]}]}', b'{"messages": {}}', b"null", b'{"messages": [null]}', b"<html>"],
)
def test_a_thread_that_is_none(api: GmailApi, standin: Google, body: bytes) -> None:
    mailbox = opened(api, standin)
    standin.faults["threads.get"] = answers(body)
    with pytest.raises(MailUnavailable, match="failed"):
        mailbox.sent()


def test_with_no_mail_open_there_is_nothing_to_read(api: GmailApi, standin: Google) -> None:
    """An empty id would ask for the list of all messages."""
    mailbox = api.mailbox("", user_token=AGENT, message_token="", scopes=None)
    with pytest.raises(MailUnavailable, match="missing"):
        mailbox.read()
    with pytest.raises(MailUnavailable, match="missing"):
        mailbox.sent()
    assert standin.asked == []


def test_a_draft_is_read_back_by_the_standard_library_as_it_was_meant(api: GmailApi, standin: Google) -> None:
    drafted: Drafted = opened(api, standin).draft(REPLY)
    body = json.loads(standin.asked[-1].body)
    raw = base64.urlsafe_b64decode(body["message"]["raw"])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert drafted.id in standin.drafts
    assert [address.addr_spec for address in message["To"].addresses] == ["tanaka@midori.example", "a..b.@docomo.ne.jp"]
    assert message["From"] == "青葉商事 <support@aoba.example>"
    assert message["Subject"] == "Re: 配送の確認"
    assert message.get_content().replace("\r\n", "\n") == REPLY.text


# ---------------------------------------------------------------- attachments

ATTACHMENTS = "messages.attachments.get"


def with_files(*files: tuple[str, str, bytes], picture: bytes = b"") -> bytes:
    """A mail with these files (name, type, content), and a picture inside its text."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "tanaka@midori.example", "support@aoba.example", "見積"
    message["Message-ID"] = "<9@midori.example>"
    message.set_content("添付をご覧ください。")
    if picture:
        message.add_alternative("<p><img src='cid:logo'></p>", subtype="html")
        html = message.get_payload(1)
        assert isinstance(html, email.message.EmailMessage)
        html.add_related(picture, "image", "png", cid="<logo>", filename="logo.png", disposition="inline")
    for name, kind, content in files:
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(content, maintype, subtype, filename=name)
    return message.as_bytes()


def files_of(api: GmailApi, standin: Google, raw: bytes, scopes: Collection[str] | None = SCOPES) -> Files:
    message_id, token = standin.put(raw)
    return api.mailbox(message_id, user_token=AGENT, message_token=token, scopes=scopes).files()


PDF = Attachment("見積書.pdf", "application/pdf", bytes(range(256)) * 5)
CSV = Attachment("明細.csv", "text/csv", "品名,数\r\nコーヒー豆,3\r\n".encode())


def as_parts(*files: Attachment) -> list[tuple[str, str, bytes]]:
    return [(one.name, one.type, one.content) for one in files]


def test_attachments_come_with_their_names_types_and_bytes_and_without_pictures_of_the_text(
    api: GmailApi, standin: Google
) -> None:
    found = files_of(api, standin, with_files(*as_parts(PDF, CSV), picture=b"\x89PNG"))
    assert found == Files((PDF, CSV))
    assert [path.partition("?")[0].count("/attachments/") for path in called(standin)] == [0, 1, 1]
    assert {asked.headers["X-Goog-Gmail-Access-Token"] for asked in standin.asked} == {f"message-token-{THREAD}"}


def test_a_mail_without_attachments_has_none(api: GmailApi, standin: Google) -> None:
    assert files_of(api, standin, MAIL) == Files()
    assert len(standin.asked) == 1


def test_what_does_not_fit_is_named_and_not_asked_for(api: GmailApi, standin: Google) -> None:
    large = Attachment("図面.zip", "application/zip", b"z" * (FILES_MOST - 1000))
    found = files_of(api, standin, with_files(*as_parts(large, PDF, CSV)))
    assert found == Files((large, CSV), (PDF.name,))
    assert sum("/attachments/" in path for path in called(standin)) == 2


def test_a_size_that_gmail_does_not_keep_to_is_measured(api: GmailApi, standin: Google) -> None:
    message_id, token = standin.put(with_files(*as_parts(PDF)))
    (attachment,) = standin.attached[THREAD]
    standin.attached[THREAD][attachment] = b"z" * (FILES_MOST + 1)
    mailbox = api.mailbox(message_id, user_token=AGENT, message_token=token)
    assert mailbox.files() == Files((), (PDF.name,))
    standin.attached[THREAD][attachment] = b""
    assert mailbox.files() == Files((), (PDF.name,))


def test_more_than_twenty_files_are_named(api: GmailApi, standin: Google) -> None:
    found = files_of(api, standin, with_files(*[(f"{n}.txt", "text/plain", b"x") for n in range(22)]))
    assert [one.name for one in found.files] == [f"{n}.txt" for n in range(20)]
    assert found.left == ("20.txt", "21.txt")


@pytest.mark.parametrize(
    "misbehaviour", [fails(500), fails(404), hangs_up, answers(b"[]"), answers(b'{"data": "%"}')], ids=range(5)
)
def test_one_attachment_that_fails_is_named_and_the_others_come(
    api: GmailApi, standin: Google, misbehaviour: Misbehaviour
) -> None:
    def once(handler: Any) -> None:
        if handler.path.partition("?")[0].endswith("-1"):
            misbehaviour(handler)
        else:
            content = base64.urlsafe_b64encode(CSV.content).decode()
            handler.answer(200, json.dumps({"size": len(CSV.content), "data": content}).encode())

    standin.faults[ATTACHMENTS] = once
    assert files_of(api, standin, with_files(*as_parts(PDF, CSV))) == Files((CSV,), (PDF.name,))


def test_attachments_share_one_limit_and_those_that_came_too_late_are_named(standin: Google) -> None:
    api = GmailApi(standin.gmail_url, budget=10.0, files_budget=LITTLE)
    standin.faults[ATTACHMENTS] = sleeps(30)
    found: list[Files] = []
    assert elapsed(lambda: found.append(files_of(api, standin, with_files(*as_parts(PDF, CSV))))) < LITTLE + SLACK
    assert found == [Files((), (PDF.name, CSV.name))]
    api.close()


def test_an_attached_mail_is_one_thing_and_what_is_in_it_is_not_listed_beside_it(
    api: GmailApi, standin: Google
) -> None:
    inner = email.message_from_bytes(with_files(*as_parts(PDF)), policy=email.policy.SMTP)
    outer = email.message.EmailMessage(policy=email.policy.SMTP)
    outer["From"], outer["Message-ID"] = "tanaka@midori.example", "<10@midori.example>"
    outer.set_content("転送します。")
    outer.add_attachment(inner, filename="元のメール.eml")
    outer.add_attachment(CSV.content, "text", "csv", filename=CSV.name)
    assert files_of(api, standin, outer.as_bytes()) == Files((CSV,), ("元のメール.eml",))


def test_attachments_without_the_right_to_read_are_not_asked_for(api: GmailApi, standin: Google) -> None:
    with pytest.raises(ConsentNeeded, match="readonly"):
        files_of(api, standin, with_files(*as_parts(PDF)), {COMPOSE})
    assert standin.asked == []
    message_id, token = standin.put(MAIL)
    standin.grants[AGENT] = {COMPOSE}
    with pytest.raises(ConsentNeeded, match="readonly"):
        api.mailbox(message_id, user_token=AGENT, message_token=token).files()


def test_attachments_of_a_mail_that_cannot_be_read(api: GmailApi, standin: Google) -> None:
    standin.faults["messages.get"] = fails(404)
    with pytest.raises(MailUnavailable, match="missing"):
        files_of(api, standin, MAIL)


def test_the_scopes_for_attachments_are_those_for_reading() -> None:
    methods = GMAIL["resources"]["users"]["resources"]["messages"]["resources"]["attachments"]["methods"]
    assert set(methods["get"]["scopes"]) == READING_SCOPES

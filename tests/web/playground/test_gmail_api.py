"""The Gmail API's stand-in, asked by Google's own client, and its answers held against Google's own description."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from werkzeug.serving import make_server

from server.domain.errors import ConsentNeeded
from server.domain.reply import Reply
from server.gateways.google.gmail import GmailApi
from server.mail import parse
from server.web.playground import Config
from server.web.playground.agents import agents_of, shared_addresses
from server.web.playground.blueprint import HERE, create_blueprint
from server.web.playground.google import COMPOSE, READ, SCOPES, Caller, Google, Looking, RefusedError
from server.web.playground.letters import PostOffice
from server.web.playground.mailbox import Mailboxes, StoredMail
from server.web.playground.signing import load_or_make
from tests.web.playground.conftest import NOW, Service

DESCRIPTION = files("googleapiclient.discovery_cache") / "documents" / "gmail.v1.json"
SCHEMAS = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["schemas"]
AGENTS = agents_of(HERE / "workspace.toml")


@pytest.fixture(scope="session")
def google(config: Config, mailboxes: Mailboxes) -> Google:
    """The same Google as the one behind `api_url`, to make events with."""
    key = load_or_make(config.key_file)
    office = PostOffice(mailboxes, AGENTS, shared_addresses(config.workspace_file), lambda: NOW)
    return Google(key, config.google_service_account, config.google_client_id, office, lambda: NOW)


@pytest.fixture(scope="session")
def api_url(config: Config) -> Iterator[str]:
    """The stand-in behind a real socket."""
    app = Flask(__name__, static_folder=None)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    app.register_blueprint(create_blueprint(replace(config, public_url=url), clock=lambda: NOW, post=Service()))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"{url}/playground/gmail-api"
    server.shutdown()
    thread.join()
    server.server_close()


def requests_to(api_url: str) -> Callable[..., Any]:
    """Calls the playground's own routes beside the API."""

    def post(path: str, **body: object) -> Any:
        url = f"{api_url.removesuffix('gmail-api')}{path}"
        request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - the loopback
        with urlopen(request) as answer:  # noqa: S310 - as above
            return json.load(answer)

    return post


def opened(google: Google, agent: str, name: str) -> tuple[str, str, str]:
    """The message id and the token pair of the event that Gmail sends when this agent opens this mail."""
    mail = google.office.mailboxes.find(agent, name)
    assert mail is not None
    event: Any = google.event(AGENTS[agent], "https://x.example/", "ja-JP", Looking(mail))
    return (
        event["gmail"]["messageId"],
        event["authorizationEventObject"]["userOAuthToken"],
        event["gmail"]["accessToken"],
    )


def get(api_url: str, message_id: str, user_token: str, message_token: str, **more: str) -> Any:
    """users.messages.get by google-api-python-client."""
    with build(
        "gmail", "v1", static_discovery=True, developerKey="x", client_options={"api_endpoint": api_url}
    ) as client:
        request = client.users().messages().get(userId="me", id=message_id, **more)
        request.headers["Authorization"] = f"Bearer {user_token}"
        request.headers["X-Goog-Gmail-Access-Token"] = message_token
        return request.execute()


def test_every_sample_mail_is_read_by_both_forms_of_its_id(google: Google) -> None:
    for agent in ("sato", "stranger"):
        for mail in google.office.mailboxes.of(agent):
            message_id, user_token, message_token = opened(google, agent, mail.key)
            caller = Caller(user_token, message_token)
            decimal = google.message(caller, message_id, "full")
            hexadecimal = google.message(caller, f"{int(message_id.removeprefix('msg-f:')):x}", "full")
            assert decimal == hexadecimal
            assert decimal["id"] == f"{int(message_id.removeprefix('msg-f:')):x}"


def test_an_id_is_good_in_one_mailbox_only(google: Google) -> None:
    key = google.office.mailboxes.of("sato")[0].key

    assert google.office.mailboxes.find("suzuki", key) is not None
    assert opened(google, "sato", key)[0] != opened(google, "suzuki", key)[0]


def test_the_service_reads_every_sample_mail_through_gmail_as_it_stands_in_its_file(
    google: Google, api_url: str
) -> None:
    gateway = GmailApi(api_url, budget=30.0)  # a busy machine is no fault
    for mail in google.office.mailboxes.of("sato"):
        message_id, user_token, message_token = opened(google, "sato", mail.key)
        read = gateway.read(message_id, user_token=user_token, message_token=message_token)
        written = parse(mail.raw)
        assert (read.message_id, read.references) == (written.message_id, written.references), mail.key
        assert (read.subject, read.sender, read.date) == (written.subject, written.sender, written.date), mail.key
        assert (read.to, read.cc, read.reply_to) == (written.to, written.cc, written.reply_to), mail.key
        assert (read.kind, read.text) == (written.kind, written.text), mail.key
    gateway.close()


def test_the_service_gets_every_attachment_as_it_hangs_on_the_mail(google: Google, api_url: str) -> None:
    gateway = GmailApi(api_url, budget=30.0)  # a busy machine is no fault
    seen = 0
    for mail in google.office.mailboxes.of("sato"):
        listed = [one for one in mail.enclosed if not one.inline and not one.is_mail]
        if listed:
            message_id, user_token, message_token = opened(google, "sato", mail.key)
            files = gateway.mailbox(message_id, user_token=user_token, message_token=message_token).files().files
            assert [(one.name, one.type, one.content) for one in files] == [
                (one.name, one.type, one.content) for one in listed
            ]
            seen += len(files)
    assert seen
    gateway.close()


def test_an_attachment_is_the_open_mails_own(google: Google) -> None:
    mail = next(mail for mail in google.office.mailboxes.of("sato") if mail.enclosed)
    message_id, *tokens = opened(google, "sato", mail.key)
    with pytest.raises(RefusedError, match="attachment"):
        google.attachment(Caller(*tokens), message_id, "attachment-77")
    other = next(one for one in google.office.mailboxes.of("sato") if one.key != mail.key)
    with pytest.raises(RefusedError, match="another message"):
        google.attachment(Caller(*tokens), opened(google, "sato", other.key)[0], "attachment-1")


def test_googles_own_client_takes_every_format(google: Google, api_url: str) -> None:
    mail = google.office.mailboxes.of("sato")[0]
    opening = opened(google, "sato", mail.key)

    full, metadata, minimal, raw = (
        get(api_url, *opening, format=form) for form in ("full", "metadata", "minimal", "raw")
    )

    assert full["payload"]["headers"] == metadata["payload"]["headers"]
    assert {header["name"]: header["value"] for header in full["payload"]["headers"]}["Subject"] == mail.subject
    assert "body" not in metadata["payload"]
    assert "payload" not in minimal
    assert base64.urlsafe_b64decode(raw["raw"]) == mail.raw
    assert full["snippet"] == minimal["snippet"] != ""


def unknown(name: str, value: Any) -> list[str]:
    """Names in a resource that Google's description of the Gmail API does not have."""
    properties = SCHEMAS[name]["properties"]
    found = [f"{name}.{key}" for key in value if key not in properties]
    for key in value.keys() & properties.keys():
        inner = properties[key].get("$ref") or properties[key].get("items", {}).get("$ref")
        for item in (value[key] if isinstance(value[key], list) else [value[key]]) if inner else []:
            found += unknown(inner, item)
    return found


def test_every_resource_is_what_google_describes(google: Google) -> None:
    for mail in google.office.mailboxes.of("sato"):
        message_id, user_token, message_token = opened(google, "sato", mail.key)
        for form in ("full", "metadata", "minimal", "raw"):
            assert unknown("Message", google.message(Caller(user_token, message_token), message_id, form)) == []
    assert unknown("Message", {"id": "1", "payload": {"mime": "", "headers": [{"key": ""}]}}) != []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"user_token": "ya29.other"}, 401),
        ({"message_token": ""}, 403),
        ({"message_id": "msg-f:12345"}, 404),
        ({"message_id": "no-id"}, 404),
    ],
)
def test_a_call_without_both_tokens_or_for_another_mail_is_refused(
    google: Google, api_url: str, change: dict[str, str], status: int
) -> None:
    message_id, user_token, message_token = opened(google, "sato", google.office.mailboxes.of("sato")[0].key)
    call = {"message_id": message_id, "user_token": user_token, "message_token": message_token} | change

    with pytest.raises(HttpError) as refused:
        get(api_url, **call)

    assert refused.value.resp.status == status


def test_the_token_of_one_mail_does_not_open_another(google: Google, api_url: str) -> None:
    first, second = (opened(google, "sato", mail.key) for mail in google.office.mailboxes.of("sato")[:2])

    with pytest.raises(HttpError) as refused:
        get(api_url, first[0], first[1], second[2])

    assert refused.value.resp.status == 403


DRAFT = "To: hina@kimura.example\r\nSubject: =?utf-8?b?UmU6IOmgmOWPjuabuA==?=\r\nIn-Reply-To: {id}\r\nReferences: {id}\r\n\r\nHello\r\n"


def receipt(google: Google) -> StoredMail:
    return next(mail for mail in google.office.mailboxes.of("sato") if mail.subject == "領収書")


def caller_at(google: Google, mail: StoredMail, granted: tuple[str, ...] = SCOPES) -> Caller:
    """The token pair of somebody who has this mail open and has granted so much."""
    event: Any = google.event(AGENTS["sato"], "https://x.example/", "ja-JP", Looking(mail, granted=granted))
    return Caller(event["authorizationEventObject"]["userOAuthToken"], event["gmail"]["accessToken"])


def drafted(google: Google) -> dict[str, Any]:
    """A draft that answers the mail about a receipt."""
    mail = receipt(google)
    thread = f"{google.office.mailboxes.thread_number('sato', mail):x}"
    raw = base64.urlsafe_b64encode(DRAFT.format(id=mail.header("Message-ID")).encode()).decode()
    return google.create_draft(caller_at(google, mail), AGENTS, raw, thread)


def test_a_draft_lies_in_the_thread_of_the_mail_it_answers_and_is_what_google_describes(google: Google) -> None:
    mail = receipt(google)
    draft = drafted(google)
    thread = google.thread(caller_at(google, mail), draft["message"]["threadId"], "metadata", ["Subject"])
    messages: Any = thread["messages"]

    assert unknown("Draft", draft) == unknown("Thread", thread) == []
    assert ["DRAFT"] in [message["labelIds"] for message in messages]
    assert draft["message"]["threadId"] == f"{google.office.mailboxes.thread_number('sato', mail):x}"


@pytest.mark.parametrize(
    ("thread", "raw", "status"),
    [("thread-f:1", "QQ==", 400), ("ffff", "IA0KDQo=", 404), ("", "!", 400), ("", "QQ==", 400)],
)
def test_a_draft_in_a_thread_that_is_none_or_without_a_mail_is_refused(
    google: Google, thread: str, raw: str, status: int
) -> None:
    with pytest.raises(RefusedError) as refused:
        google.create_draft(caller_at(google, receipt(google)), AGENTS, raw, thread)

    assert refused.value.status == status


@pytest.mark.parametrize("lacking", [READ, COMPOSE])
def test_what_was_not_granted_is_refused_with_googles_word_for_it(google: Google, api_url: str, lacking: str) -> None:
    mail = receipt(google)
    caller = caller_at(google, mail, tuple(scope for scope in SCOPES if scope != lacking))
    mailbox = GmailApi(api_url).mailbox(
        opened(google, "sato", mail.key)[0], user_token=caller.user_token, message_token=caller.message_token
    )

    calls: dict[str, Callable[[], object]] = {
        READ: mailbox.sent,
        COMPOSE: lambda: mailbox.draft(Reply(to=(), cc=(), subject="x", text="y")),
    }
    with pytest.raises(ConsentNeeded):
        calls[lacking]()


def test_the_service_drafts_a_reply_and_sees_it_once_it_is_sent(google: Google, api_url: str) -> None:
    """With the service's own gateway and Google's own client, over HTTP."""
    mail = receipt(google)
    message_id, user_token, message_token = opened(google, "sato", mail.key)
    gateway = GmailApi(api_url, budget=30.0)  # a busy machine is no fault
    mailbox = gateway.mailbox(message_id, user_token=user_token, message_token=message_token)
    thread = mailbox.read().thread
    made = mailbox.draft(
        Reply(
            to=(mail.sender,),
            cc=(),
            subject="Re: 領収書",
            text="お送りします。",
            in_reply_to=mail.header("Message-ID"),
            thread=thread,
        )
    )

    assert made.thread == thread
    assert mailbox.sent() == ()

    post = requests_to(api_url)
    sent = post(
        "letters", agent="sato", draft=made.id, to=mail.sender.email, subject="Re: 領収書", text="お送りします。"
    )
    [found] = mailbox.sent()
    gateway.close()

    assert sent["key"].startswith("new/")
    assert (found.subject, found.sender.email) == ("Re: 領収書", "misaki.sato@aoba.example")
    assert found.references == (mail.header("Message-ID").strip("<>"),)

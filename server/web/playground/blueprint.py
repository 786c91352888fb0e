"""The playground's routes: its two pages, their data, and the stand-ins of Google and Microsoft."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import orjson
from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound, UnsupportedMediaType

from server.web.playground import gallery
from server.web.playground.agents import Agent, agents_of, shared_addresses
from server.web.playground.calling import Post, post
from server.web.playground.google import (
    SCOPES,
    Caller,
    Click,
    Google,
    Looking,
    RefusedError,
    Window,
    draft_id,
    draft_key,
)
from server.web.playground.kintone import Kintone, Moods, State, sample_domain
from server.web.playground.letters import Letter, PostOffice, UnsendableError, own_reply, shown
from server.web.playground.mailbox import Labels, Mailboxes, StoredMail
from server.web.playground.microsoft import TOKEN_SECONDS, Microsoft
from server.web.playground.signing import load_or_make

HERE = Path(__file__).parent
LOCALES = {"ja": "ja-JP", "en": "en-US"}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Config:
    """What the playground must know of the service's settings to be believed by it."""

    public_url: str
    google_service_account: str
    google_client_id: str
    entra_url: str
    entra_client_id: str
    key_file: Path  # the signing key, made at the first start; every process of the service shares it
    workspace_file: Path = HERE / "workspace.toml"
    mailbox_folder: Path = HERE / "mailbox"


_T = TypeVar("_T")

TRIGGERS = ("message", "home", "compose", "queue", "settings")
PLATFORMS = ("WEB", "ANDROID", "IOS")


class WindowRequest(msgspec.Struct, frozen=True):
    """The recipients of a compose window, one line each."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()


class GmailRequest(msgspec.Struct, frozen=True):
    """What the page's Gmail asks for: a trigger or universal action by its name, or a pressed button ("action")."""

    agent: str
    entry: str
    language: str = "ja"
    mail: str = ""
    window: WindowRequest | None = None
    platform: str = "WEB"
    granted: tuple[str, ...] = SCOPES
    function: str = ""
    parameters: dict[str, str] = {}
    form_inputs: dict[str, dict[str, object]] = {}


class LetterRequest(Letter, frozen=True):
    """What a compose window sends or keeps; `draft` is the id of the draft it shows."""

    agent: str = ""
    draft: str = ""


LARGEST_UPLOAD = 16 * 1024 * 1024
"""Of a file for kintone; the service itself takes less."""


class AttachmentRequest(msgspec.Struct, frozen=True):
    """A file of a mail, by the number of its part."""

    agent: str
    mail: str
    part: str


class MailRequest(msgspec.Struct, frozen=True):
    """Something that is done with a mail or a draft; `text` is the customer's."""

    agent: str
    mail: str = ""
    draft: str = ""
    text: str = ""


class DraftMessage(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The Gmail API's Message, as far as a new draft has one."""

    raw: str
    thread_id: str = ""


class DraftRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The Gmail API's Draft."""

    message: DraftMessage


class TokenRequest(msgspec.Struct, frozen=True):
    """What the page's Outlook asks for: a token for this agent."""

    agent: str


class CrmRequest(msgspec.Struct, frozen=True):
    """How the sample CRM shall fare from now on."""

    state: State


_read_gmail: Final = msgspec.json.Decoder(GmailRequest).decode
_read_letter: Final = msgspec.json.Decoder(LetterRequest).decode
_read_attachment: Final = msgspec.json.Decoder(AttachmentRequest).decode
_read_mail: Final = msgspec.json.Decoder(MailRequest).decode
_read_draft: Final = msgspec.json.Decoder(DraftRequest).decode
_read_token: Final = msgspec.json.Decoder(TokenRequest).decode
_read_crm: Final = msgspec.json.Decoder(CrmRequest).decode


def create_blueprint(config: Config, *, clock: Callable[[], float] = time.time, post: Post = post) -> Blueprint:
    """Everything under /playground, and / itself, which leads there."""
    blueprint = Blueprint("playground", __name__, static_folder="static", static_url_path="/playground/static")
    agents = agents_of(config.workspace_file)
    mailboxes = Mailboxes.read(config.mailbox_folder)
    key = load_or_make(config.key_file)
    office = PostOffice(mailboxes, agents, shared_addresses(config.workspace_file), clock)
    google = Google(key, config.google_service_account, config.google_client_id, office, clock)
    microsoft = Microsoft(key, config.entra_url, config.entra_client_id, clock)
    crm = Moods(Kintone(sample_domain(), clock))

    def agent_named(name: str) -> Agent:
        if name not in agents:
            raise NotFound("No such agent.")
        return agents[name]

    def mail_of(agent: str, name: str) -> StoredMail:
        mail = mailboxes.find(agent_named(agent).id, name)
        if mail is None:
            raise NotFound("No such mail in this agent's mailbox.")
        return mail

    def page(name: str) -> Response:
        return send_from_directory(HERE / "static", name)

    @blueprint.before_request
    def under_one_name() -> Response | None:
        # Cards name their pictures by the public address, and a page under a foreign name (DNS rebinding) must not
        # read this: whoever comes by another name of this machine is led to the right one.
        if request.host_url.rstrip("/") != config.public_url:
            return redirect(config.public_url + request.full_path.rstrip("?"))
        return None

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _CSP)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @blueprint.get("/")
    def start() -> Response:
        return redirect("/playground/")

    @blueprint.get("/playground/")
    def clients() -> Response:
        return page("index.html")

    @blueprint.get("/playground/gallery")
    def gallery_page() -> Response:
        return page("gallery.html")

    @blueprint.get("/playground/gallery/adaptive")
    def adaptive_page() -> Response:
        return page("adaptive.html")

    @blueprint.get("/playground/gallery/cards")
    def gallery_cards() -> Response:
        language = request.args.get("language", "ja")
        return _json(gallery.rendered("en" if language == "en" else "ja", config.public_url))

    @blueprint.get("/playground/office.js")
    def office_js() -> Response:
        return send_from_directory(HERE / "static", "office-standin.js")

    @blueprint.get("/playground/agents")
    def list_agents() -> Response:
        return _json([_agent_json(agent) for agent in agents.values()])

    @blueprint.get("/playground/mailbox/<agent>")
    def list_mails(agent: str) -> Response:
        owner = agent_named(agent)
        rows = [_row_json(mail, mailboxes.labels(owner.id, mail.key)) for mail in mailboxes.of(owner.id)]
        return _json({"version": mailboxes.version, "mails": rows})

    @blueprint.get("/playground/version")
    def version() -> Response:
        return _json(mailboxes.version)

    @blueprint.get("/playground/mailbox/<agent>/<path:name>")
    def show_mail(agent: str, name: str) -> Response:
        return _json(mail_json(agent_named(agent), mail_of(agent, name)))

    def mail_json(agent: Agent, mail: StoredMail) -> Mapping[str, object]:
        """With the thread around it, as this agent has it."""
        thread = mailboxes.thread_number(agent.id, mail)
        around = [
            {"key": one.key, "from": one.sender.name or one.sender.email, "date": one.date}
            | {"labels": mailboxes.labels(agent.id, one.key), "snippet": _snippet(one)}
            for one in mailboxes.thread(agent.id, thread)
            if one.key.startswith(("new/", "draft/")) and one.key != mail.key
        ]
        customer = mail.key.startswith("new/") and office.customer(mail) is not None
        found = {**_mail_json(mail, mailboxes.number(agent.id, mail), thread), "customer": customer}
        return {
            **found,
            "labels": mailboxes.labels(agent.id, mail.key),
            "thread": around,
            "reply": own_reply(agent, mail),
        }

    @blueprint.get("/playground/drafts/<agent>/<found>")
    def show_draft(agent: str, found: str) -> Response:
        return _json(draft_json(agent_named(agent), mail_of(agent, draft_key(found))))

    def draft_json(agent: Agent, draft: StoredMail) -> Mapping[str, object]:
        return {**_draft_json(draft), "conversationId": _conversation(mailboxes.thread_number(agent.id, draft))}

    @blueprint.post("/playground/drafts")
    def keep_draft() -> Response:
        letter = _body(_read_letter)
        key = draft_key(letter.draft) if letter.draft else ""
        if key:
            mail_of(letter.agent, key)
        agent = agent_named(letter.agent)
        return _json(draft_json(agent, _sendable(lambda: office.keep(agent, letter, key))))

    @blueprint.post("/playground/drafts/discard")
    def discard_draft() -> Response:
        asked = _body(_read_mail)
        mailboxes.remove(mail_of(asked.agent, draft_key(asked.draft)).key)
        return _json({})

    @blueprint.post("/playground/letters")
    def send_letter() -> Response:
        letter = _body(_read_letter)
        key = mail_of(letter.agent, draft_key(letter.draft)).key if letter.draft else ""
        return _json({"key": _sendable(lambda: office.send(agent_named(letter.agent), letter, key)).key})

    @blueprint.post("/playground/letters/customer")
    def customer_answers() -> Response:
        asked = _body(_read_mail)
        sent = mail_of(asked.agent, asked.mail)
        return _json({"key": _sendable(lambda: office.answer(sent, asked.text)).key})

    @blueprint.post("/playground/gmail/send")
    def send() -> Response:
        asked = _body(_read_gmail)
        agent = agent_named(asked.agent)
        mail = mail_of(asked.agent, asked.mail) if asked.mail else None
        window = Window(asked.window.to, asked.window.cc) if asked.window else None
        if asked.platform not in PLATFORMS:
            raise BadRequest("No such platform.")
        url = f"{config.public_url}/gmail/{asked.entry}"
        click = None
        if asked.entry == "action":
            # As in Google's cards: the address stands in the button. Google would call any; we call our own service.
            url = asked.function
            click = Click(asked.parameters, asked.form_inputs)
            if not url.startswith(f"{config.public_url}/gmail/"):
                raise Forbidden("The button names an address outside of this service.")
        elif asked.entry not in TRIGGERS:
            raise NotFound("No such entry point.")
        looking = Looking(mail, window, asked.platform, asked.granted)
        event = google.event(agent, url, LOCALES.get(asked.language, "ja-JP"), looking, click)
        system_token = event["authorizationEventObject"]["systemIdToken"]  # type: ignore[index]  # built right above
        answer = post(url, {"Authorization": f"Bearer {system_token}"}, orjson.dumps(event))
        return _json({"status": answer.status, "body": answer.json()})

    @blueprint.get("/playground/google/certs")
    def google_certs() -> Response:
        return _json(google.certs(), {"Cache-Control": "public, max-age=3600"})

    @blueprint.get("/playground/gmail-api/gmail/v1/users/me/messages/<message_id>")
    def gmail_message(message_id: str) -> Response:
        return _served(lambda: google.message(_caller(), message_id, *_format()))

    @blueprint.get("/playground/gmail-api/gmail/v1/users/me/messages/<message_id>/attachments/<attachment_id>")
    def gmail_attachment(message_id: str, attachment_id: str) -> Response:
        return _served(lambda: google.attachment(_caller(), message_id, attachment_id))

    @blueprint.get("/playground/gmail-api/gmail/v1/users/me/threads/<thread_id>")
    def gmail_thread(thread_id: str) -> Response:
        return _served(lambda: google.thread(_caller(), thread_id, *_format()))

    @blueprint.post("/playground/gmail-api/gmail/v1/users/me/drafts")
    def gmail_draft() -> Response:
        message = _body(_read_draft).message
        return _served(lambda: google.create_draft(_caller(), agents, message.raw, message.thread_id))

    @blueprint.post("/playground/outlook/attachment")
    def outlook_attachment() -> Response:
        asked = _body(_read_attachment)
        for one in mail_of(asked.agent, asked.mail).enclosed:
            if one.part == asked.part and not one.is_mail:
                return _json({"content": base64.b64encode(one.content).decode(), "format": "base64"})
        raise NotFound("No such attachment.")

    @blueprint.get("/playground/crm")
    def crm_state() -> Response:
        return _json({"state": crm.state})

    @blueprint.post("/playground/crm")
    def set_crm_state() -> Response:
        crm.state = _body(_read_crm).state
        return crm_state()

    @blueprint.get("/playground/kintone/k/<int:app>/show")
    def kintone_record(app: int) -> Response:
        found = crm.kintone.page(app)
        if found is None:
            raise NotFound("No such app.")
        return Response(found, mimetype="text/html")

    @blueprint.route("/playground/kintone/<path:path>", methods=["GET", "POST", "DELETE"])
    def kintone_api(path: str) -> Response:
        request.max_content_length = LARGEST_UPLOAD
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = request.query_string.decode("ascii", "replace")
        said = crm.answer(request.method, f"/{path}", query, headers, request.get_data())
        return _json(said.content, status=said.status)

    @blueprint.get("/playground/entra/<tenant>/discovery/v2.0/keys")
    def entra_keys(tenant: str) -> Response:
        del tenant  # one key speaks for all
        return _json(microsoft.keys(), {"Cache-Control": "public, max-age=86400"})

    @blueprint.get("/playground/entra/<tenant>/v2.0/.well-known/openid-configuration")
    def entra_configuration(tenant: str) -> Response:
        return _json(microsoft.configuration(tenant))

    @blueprint.post("/playground/outlook/token")
    def outlook_token() -> Response:
        token = microsoft.access_token(agent_named(_body(_read_token).agent))
        return _json({"accessToken": token, "expiresIn": TOKEN_SECONDS})

    @blueprint.errorhandler(HTTPException)
    def problem(error: HTTPException) -> Response:
        return _json({"error": error.description}, status=error.code or 500)

    return blueprint


def _body(decode: Callable[[bytes], _T]) -> _T:
    """The JSON body. Its type is asked for, so that another site's form cannot press buttons here."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON.")
    try:
        return decode(request.get_data())
    except msgspec.DecodeError as exc:
        raise BadRequest(str(exc)) from exc


def _caller() -> Caller:
    return Caller(
        request.headers.get("Authorization", "").removeprefix("Bearer "),
        request.headers.get("X-Goog-Gmail-Access-Token", ""),
    )


def _format() -> tuple[str, list[str]]:
    return request.args.get("format", "full"), request.args.getlist("metadataHeaders")


def _served(call: Callable[[], Mapping[str, object]]) -> Response:
    """An answer of the Gmail API's, or its refusal in Google's form."""
    try:
        return _json(call())
    except RefusedError as refused:
        detail = {"message": str(refused), "domain": "global", "reason": refused.reason}
        error = {"code": refused.status, "message": str(refused), "status": refused.word, "errors": [detail]}
        return _json({"error": error}, status=refused.status)


def _sendable(write: Callable[[], StoredMail]) -> StoredMail:
    try:
        return write()
    except UnsendableError as error:
        raise BadRequest(str(error)) from error


def redirect(url: str) -> Response:
    """flask.redirect, as flask's own kind of response."""
    return Response("", 302, {"Location": url})


def _json(value: object, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    answer = Response(orjson.dumps(value), status, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(headers or {})
    return answer


def _agent_json(agent: Agent) -> Mapping[str, object]:
    return {
        "id": agent.id,
        "name": agent.name,
        "email": agent.email,
        "title": agent.title,
        "kind": agent.kind,
        "tenant": agent.tenant,
        "object": agent.entra_object,
    }


def _snippet(mail: StoredMail) -> str:
    return " ".join(mail.text.split())[:120]


def _draft_json(draft: StoredMail) -> Mapping[str, object]:
    return {
        "id": draft_id(draft),
        "key": draft.key,
        "from": shown([draft.sender]),
        "to": shown(draft.people("To")),
        "cc": shown(draft.people("Cc")),
        "subject": draft.subject,
        "text": draft.text,
        "inReplyTo": draft.header("In-Reply-To"),
    }


def _conversation(thread: int) -> str:
    """A thread's id as Outlook has it."""
    return f"AAQkAGI{thread:x}AAA="


def _row_json(mail: StoredMail, labels: Labels) -> Mapping[str, object]:
    return {
        "key": mail.key,
        "subject": mail.subject,
        "from": mail.sender.name or mail.sender.email,
        "date": mail.date,
        "to": mail.people("To")[0].name or mail.people("To")[0].email if mail.people("To") else "",
        "snippet": _snippet(mail),
        "private": mail.key.startswith("private/"),
        "sent": "SENT" in labels,
    }


def _mail_json(mail: StoredMail, number: int, thread: int) -> Mapping[str, object]:
    """One mail to read, and the same mail as Outlook's Office.js would tell it (see static/office-standin.js)."""

    def people(header: str) -> list[dict[str, str]]:
        return [
            {"displayName": found.name or found.email, "emailAddress": found.email} for found in mail.people(header)
        ]

    sender = next(iter(people("From")), None)
    text = mail.text
    return {
        "key": mail.key,
        "subject": mail.subject,
        "from": sender,
        "to": people("To"),
        "cc": people("Cc"),
        "date": mail.date,
        "text": text,
        "attachments": mail.attachments,
        "outlookItem": {
            "itemId": f"AAMkAGI{number:x}AAA=",
            "internetMessageId": mail.header("Message-ID"),
            "conversationId": _conversation(thread),
            "subject": mail.subject,
            "from": sender,
            "to": people("To"),
            "cc": people("Cc"),
            "dateTimeCreated": datetime.fromtimestamp(mail.date, UTC).isoformat(),
            "headers": mail.header_block,
            "text": text,
            "attachments": [
                {"id": one.part, "name": one.name, "size": len(one.content), "isInline": one.inline}
                | {"contentType": one.type, "attachmentType": "item" if one.is_mail else "file"}
                for one in mail.enclosed
            ],
        },
    }

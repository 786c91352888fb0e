"""The playground's routes: its two pages, their data, and the stand-ins of Google and Microsoft."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import orjson
from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound, UnsupportedMediaType

from server.web.playground import gallery
from server.web.playground.agents import Agent, agents_of
from server.web.playground.calling import Post, post
from server.web.playground.google import Click, Google, RefusedError
from server.web.playground.mailbox import Mailboxes, StoredMail
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


class GmailRequest(msgspec.Struct, frozen=True):
    """What the page's Gmail asks for: a trigger ("message", "home") or a pressed button ("action")."""

    agent: str
    entry: str
    language: str = "ja"
    mail: str = ""
    function: str = ""
    parameters: dict[str, str] = {}
    form_inputs: dict[str, dict[str, object]] = {}


class TokenRequest(msgspec.Struct, frozen=True):
    """What the page's Outlook asks for: a token for this agent."""

    agent: str


def create_blueprint(config: Config, *, clock: Callable[[], float] = time.time, post: Post = post) -> Blueprint:
    """Everything under /playground, and / itself, which leads there."""
    blueprint = Blueprint("playground", __name__, static_folder="static", static_url_path="/playground/static")
    agents = agents_of(config.workspace_file)
    mailboxes = Mailboxes.read(config.mailbox_folder)
    key = load_or_make(config.key_file)
    google = Google(key, config.google_service_account, config.google_client_id, mailboxes, clock)
    microsoft = Microsoft(key, config.entra_url, config.entra_client_id, clock)

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
        return _json([_row_json(mail) for mail in mailboxes.of(agent_named(agent).id)])

    @blueprint.get("/playground/mailbox/<agent>/<path:name>")
    def show_mail(agent: str, name: str) -> Response:
        mail = mail_of(agent, name)
        return _json(_mail_json(mail, mailboxes.number(agent, mail)))

    @blueprint.post("/playground/gmail/send")
    def send() -> Response:
        asked = _body(GmailRequest)
        agent = agent_named(asked.agent)
        mail = mail_of(asked.agent, asked.mail) if asked.mail else None
        url = f"{config.public_url}/gmail/{asked.entry}"
        click = None
        if asked.entry == "action":
            # As in Google's cards: the address stands in the button. Google would call any; we call our own service.
            url = asked.function
            click = Click(asked.parameters, asked.form_inputs)
            if not url.startswith(f"{config.public_url}/gmail/"):
                raise Forbidden("The button names an address outside of this service.")
        elif asked.entry not in ("message", "home"):
            raise NotFound("No such entry point.")
        event = google.event(agent, url, LOCALES.get(asked.language, "ja-JP"), mail, click)
        system_token = event["authorizationEventObject"]["systemIdToken"]  # type: ignore[index]  # built right above
        answer = post(url, {"Authorization": f"Bearer {system_token}"}, orjson.dumps(event))
        return _json({"status": answer.status, "body": answer.json()})

    @blueprint.get("/playground/google/certs")
    def google_certs() -> Response:
        return _json(google.certs(), {"Cache-Control": "public, max-age=3600"})

    @blueprint.get("/playground/gmail-api/gmail/v1/users/me/messages/<message_id>")
    def gmail_message(message_id: str) -> Response:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        message_token = request.headers.get("X-Goog-Gmail-Access-Token", "")
        try:
            return _json(google.message(bearer, message_token, message_id, request.args.get("format", "full")))
        except RefusedError as refused:
            error = {"code": refused.status, "message": str(refused), "status": refused.word}
            return _json({"error": error}, status=refused.status)

    @blueprint.get("/playground/entra/<tenant>/discovery/v2.0/keys")
    def entra_keys(tenant: str) -> Response:
        del tenant  # one key speaks for all
        return _json(microsoft.keys(), {"Cache-Control": "public, max-age=86400"})

    @blueprint.get("/playground/entra/<tenant>/v2.0/.well-known/openid-configuration")
    def entra_configuration(tenant: str) -> Response:
        return _json(microsoft.configuration(tenant))

    @blueprint.post("/playground/outlook/token")
    def outlook_token() -> Response:
        token = microsoft.access_token(agent_named(_body(TokenRequest).agent))
        return _json({"accessToken": token, "expiresIn": TOKEN_SECONDS})

    @blueprint.errorhandler(HTTPException)
    def problem(error: HTTPException) -> Response:
        return _json({"error": error.description}, status=error.code or 500)

    return blueprint


def _body(kind: type[_T]) -> _T:
    """The JSON body. Its type is asked for, so that another site's form cannot press buttons here."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON.")
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.DecodeError as exc:
        raise BadRequest(str(exc)) from exc


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


def _row_json(mail: StoredMail) -> Mapping[str, object]:
    return {
        "key": mail.key,
        "subject": mail.subject,
        "from": mail.sender.name or mail.sender.email,
        "date": mail.date,
        "snippet": " ".join(mail.text.split())[:120],
        "private": mail.key.startswith("private/"),
    }


def _mail_json(mail: StoredMail, number: int) -> Mapping[str, object]:
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
            "subject": mail.subject,
            "from": sender,
            "to": people("To"),
            "cc": people("Cc"),
            "dateTimeCreated": datetime.fromtimestamp(mail.date, UTC).isoformat(),
            "headers": mail.header_block,
            "text": text,
        },
    }

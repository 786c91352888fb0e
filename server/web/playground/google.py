"""Google's part: the tokens it signs, the events it sends, and the one Gmail call the service makes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message

import jwt

from server.web.playground.agents import Agent
from server.web.playground.decoding import header_text, part_text
from server.web.playground.mailbox import Mailboxes, StoredMail
from server.web.playground.signing import SigningKey

ISSUER = "https://accounts.google.com"
SCOPES = (
    "https://www.googleapis.com/auth/gmail.addons.execute",
    "https://www.googleapis.com/auth/gmail.addons.current.message.readonly",
    "https://www.googleapis.com/auth/gmail.addons.current.action.compose",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/script.locale",
)
TOKEN_SECONDS = 3600
# What our own two opaque tokens are addressed to, so that neither passes for the other.
_OAUTH, _MESSAGE = "playground-oauth", "playground-message"

Form = Mapping[str, Mapping[str, object]]
FORMATS = ("full", "metadata", "minimal", "raw")


class RefusedError(Exception):
    """The Gmail API's answer to a call it does not serve: an HTTP status and Google's word for it."""

    def __init__(self, status: int, word: str, message: str) -> None:
        self.status = status
        self.word = word
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Click:
    """A pressed button as Gmail reports it."""

    parameters: Mapping[str, str]
    form: Form


@dataclass(frozen=True, slots=True)
class Google:
    """Signs and answers as Google; `clock` is the time in seconds."""

    key: SigningKey
    service_account: str
    client_id: str
    mailboxes: Mailboxes
    clock: Callable[[], float]

    def certs(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """The public key, as www.googleapis.com/oauth2/v3/certs gives it."""
        return {"keys": [self.key.public_jwk()]}

    def system_token(self, url: str) -> str:
        """systemIdToken: the add-on platform's own proof, addressed to exactly one address."""
        return self._signed(
            url, {"sub": "113000000000000000001", "email": self.service_account, "email_verified": True}
        )

    def user_token(self, agent: Agent) -> str:
        """userIdToken: who is looking."""
        claims = {"sub": agent.google_subject, "email": agent.email, "email_verified": True, "hd": agent.domain}
        return self._signed(self.client_id, {**claims, "azp": self.client_id})

    def event(
        self, agent: Agent, url: str, locale: str, mail: StoredMail | None, click: Click | None
    ) -> dict[str, object]:
        """The documented body for a trigger (no click) or a button."""
        common: dict[str, object] = {
            "hostApp": "GMAIL",
            "platform": "WEB",
            "userLocale": locale,
            "timeZone": {"id": "Asia/Tokyo", "offset": 32_400_000},
        }
        if click is not None:
            common |= {"parameters": dict(click.parameters), "formInputs": {k: dict(v) for k, v in click.form.items()}}
        event: dict[str, object] = {
            "commonEventObject": common,
            "authorizationEventObject": {
                "userOAuthToken": self._signed(_OAUTH, {"agent": agent.id}),
                "systemIdToken": self.system_token(url),
                "userIdToken": self.user_token(agent),
                "authorizedScopes": list(SCOPES),
            },
            "gmail": {},
        }
        if mail is not None:
            number = self.mailboxes.number(agent.id, mail)
            event["gmail"] = {
                "messageId": f"msg-f:{number}",
                "threadId": f"thread-f:{self.mailboxes.thread_number(agent.id, mail)}",
                "accessToken": self._signed(_MESSAGE, {"agent": agent.id, "number": number}),
            }
        return event

    def message(self, oauth_token: str, message_token: str, message_id: str, form: str) -> Mapping[str, object]:
        """users.messages.get for the open message, which takes both tokens.

        Raises RefusedError.
        """
        try:
            agent = str(self.key.opened(oauth_token, _OAUTH, self.clock())["agent"])
        except jwt.InvalidTokenError as exc:
            raise RefusedError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.") from exc
        try:
            opened = self.key.opened(message_token, _MESSAGE, self.clock())
        except jwt.InvalidTokenError as exc:
            raise RefusedError(403, "PERMISSION_DENIED", "Missing access token for per message authorization.") from exc
        number = _number(message_id)
        mail = None if number is None else self.mailboxes.by_number(agent, number)
        if mail is None:
            raise RefusedError(404, "NOT_FOUND", "Requested entity was not found.")
        if opened["agent"] != agent or opened["number"] != number:
            raise RefusedError(403, "PERMISSION_DENIED", "The access token is for another message.")
        if form not in FORMATS:
            raise RefusedError(400, "INVALID_ARGUMENT", "Invalid value for format.")
        return self._resource(agent, mail, form)

    def _resource(self, agent: str, mail: StoredMail, form: str) -> Mapping[str, object]:
        resource: dict[str, object] = {
            "id": f"{self.mailboxes.number(agent, mail):x}",
            "threadId": f"{self.mailboxes.thread_number(agent, mail):x}",
            "labelIds": ["INBOX"],
            "snippet": " ".join(mail.text.split())[:200],
            "historyId": "100001",
            "internalDate": str(mail.date * 1000),
            "sizeEstimate": len(mail.raw),
        }
        if form == "raw":
            resource["raw"] = _base64url(mail.raw)
        elif form == "metadata":
            headers = [{"name": name, "value": value} for name, value in mail.headers]
            resource["payload"] = {"mimeType": mail.message.get_content_type(), "headers": headers}
        elif form == "full":
            resource["payload"] = _part(mail.message, "")
        return resource

    def _signed(self, audience: str, claims: Mapping[str, object]) -> str:
        now = int(self.clock())
        return self.key.sign({"iss": ISSUER, "aud": audience, "iat": now, "exp": now + TOKEN_SECONDS, **claims})


def _part(part: Message, part_id: str) -> dict[str, object]:
    """One MessagePart. Gmail decodes headers and gives text as UTF-8, whatever the mail was written in."""
    name = header_text(part.get_filename() or "")
    found: dict[str, object] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": name,
        "headers": [{"name": key, "value": header_text(str(value))} for key, value in part.raw_items()],
    }
    children = [child for child in part.get_payload() if isinstance(child, Message)] if part.is_multipart() else []
    if children:
        prefix = f"{part_id}." if part_id else ""
        found |= {"body": {"size": 0}, "parts": [_part(child, f"{prefix}{i}") for i, child in enumerate(children)]}
    elif name:
        payload = part.get_payload(decode=True)
        size = len(payload) if isinstance(payload, bytes) else 0
        found["body"] = {"attachmentId": f"attachment-{part_id or 0}", "size": size}
    else:
        data = part_text(part).encode()
        found["body"] = {"size": len(data), "data": _base64url(data)}
    return found


def _number(message_id: str) -> int | None:
    """The number in "msg-f:1234" (decimal) or in the API's own hexadecimal form."""
    prefix, colon, decimal = message_id.partition(":")
    try:
        return int(decimal) if colon and prefix == "msg-f" else int(message_id, 16)
    except ValueError:
        return None


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()

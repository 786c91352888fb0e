"""Google's part: the tokens it signs, the events it sends, and the Gmail API as far as the service calls it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message

import jwt

from server.web.playground.agents import Agent
from server.web.playground.decoding import header_text, part_text
from server.web.playground.letters import PostOffice
from server.web.playground.mailbox import StoredMail, content_of
from server.web.playground.signing import SigningKey

ISSUER = "https://accounts.google.com"
_AUTH = "https://www.googleapis.com/auth"
READ = f"{_AUTH}/gmail.addons.current.message.readonly"
RECIPIENTS = f"{_AUTH}/gmail.addons.current.message.metadata"
COMPOSE = f"{_AUTH}/gmail.addons.current.action.compose"
EMAIL = f"{_AUTH}/userinfo.email"
SCOPES = (f"{_AUTH}/gmail.addons.execute", READ, RECIPIENTS, COMPOSE, EMAIL, f"{_AUTH}/script.locale")
"""What the manifest asks for; the add-on runs with those that the agent has granted."""
TOKEN_SECONDS = 3600
# What our own two opaque tokens are addressed to, so that neither passes for the other.
_OAUTH, _MESSAGE = "playground-oauth", "playground-message"

Form = Mapping[str, Mapping[str, object]]
FORMATS = ("full", "metadata", "minimal", "raw")
_HEX = re.compile("[0-9a-f]{1,16}")


class RefusedError(Exception):
    """The Gmail API's answer to a call it does not serve: an HTTP status, Google's word for it, and its reason."""

    def __init__(self, status: int, word: str, message: str, reason: str) -> None:
        self.status = status
        self.word = word
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Click:
    """A pressed button as Gmail reports it."""

    parameters: Mapping[str, str]
    form: Form


@dataclass(frozen=True, slots=True)
class Caller:
    """The two tokens of a call of the Gmail API."""

    user_token: str = field(repr=False)
    message_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Window:
    """An open compose window, as the add-on is told of it: neither the text nor the subject."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looking:
    """What is in front of the agent when the add-on is called, and on what."""

    mail: StoredMail | None = None
    window: Window | None = None
    platform: str = "WEB"
    granted: Collection[str] = SCOPES


@dataclass(frozen=True, slots=True)
class Google:
    """Signs and answers as Google; `clock` is the time in seconds."""

    key: SigningKey
    service_account: str
    client_id: str
    office: PostOffice
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
        self, agent: Agent, url: str, locale: str, looking: Looking, click: Click | None = None
    ) -> dict[str, object]:
        """The documented body for a trigger (no click) or a button."""
        common: dict[str, object] = {
            "hostApp": "GMAIL",
            "platform": looking.platform,
            "userLocale": locale,
            "timeZone": {"id": "Asia/Tokyo", "offset": 32_400_000},
        }
        if click is not None:
            common |= {"parameters": dict(click.parameters), "formInputs": {k: dict(v) for k, v in click.form.items()}}
        granted = [scope for scope in SCOPES if scope in looking.granted]
        authorization: dict[str, object] = {
            "userOAuthToken": self._signed(_OAUTH, {"agent": agent.id, "scope": " ".join(granted)}),
            "systemIdToken": self.system_token(url),
            "userIdToken": self.user_token(agent),
            "authorizedScopes": granted,
        }
        if EMAIL not in granted:
            del authorization["userIdToken"]
        event: dict[str, object] = {"commonEventObject": common, "authorizationEventObject": authorization, "gmail": {}}
        if looking.window is not None:
            # With draftAccess METADATA, and granted; else Gmail says nothing of the draft.
            names = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc"}
            if RECIPIENTS in granted:
                event["gmail"] = {name: list(getattr(looking.window, which)) for name, which in names.items()}
        elif looking.mail is not None:
            number = self.office.mailboxes.number(agent.id, looking.mail)
            event["gmail"] = {
                "messageId": f"msg-f:{number}",
                "threadId": f"thread-f:{self.office.mailboxes.thread_number(agent.id, looking.mail)}",
                "accessToken": self._signed(_MESSAGE, {"agent": agent.id, "number": number}),
            }
        return event

    def message(self, caller: Caller, message_id: str, form: str, headers: Collection[str] = ()) -> dict[str, object]:
        """users.messages.get for the open message, which takes both tokens.

        Raises RefusedError.
        """
        agent, open_number = self._authorised(caller, READ, RECIPIENTS if form in ("metadata", "minimal") else READ)
        return self._resource(agent, self._open_mail(agent, open_number, message_id), form, headers)

    def attachment(self, caller: Caller, message_id: str, attachment_id: str) -> dict[str, object]:
        """users.messages.attachments.get, of the open message.

        Raises RefusedError.
        """
        agent, open_number = self._authorised(caller, READ)
        for one in self._open_mail(agent, open_number, message_id).enclosed:
            if attachment_id == _attachment_id(one.part) and not one.is_mail:
                return {"size": len(one.content), "data": _base64url(one.content)}
        raise _invalid("Invalid attachment token")

    def _open_mail(self, agent: str, open_number: int, message_id: str) -> StoredMail:
        number = _number(message_id)
        mail = None if number is None else self.office.mailboxes.by_number(agent, number)
        if mail is None:
            raise _not_found()
        if open_number != number:
            raise RefusedError(403, "PERMISSION_DENIED", "The access token is for another message.", "forbidden")
        return mail

    def thread(self, caller: Caller, thread_id: str, form: str, headers: Collection[str] = ()) -> dict[str, object]:
        """users.threads.get for the open message's thread. The API wants the hexadecimal id, not the event's.

        Raises RefusedError.
        """
        agent, open_number = self._authorised(caller, READ)
        found = self.office.mailboxes.thread(agent, _hexadecimal(thread_id))
        if open_number not in (self.office.mailboxes.number(agent, mail) for mail in found):
            raise _not_found()
        messages = [self._resource(agent, mail, form, headers) for mail in found]
        return {"id": thread_id, "historyId": "100001", "messages": messages}

    def create_draft(self, caller: Caller, agents: Mapping[str, Agent], raw: str, thread_id: str) -> dict[str, object]:
        """users.drafts.create. The draft lies in the thread that its references name; Gmail wants the thread's id and the subject to agree, too.

        Raises RefusedError.
        """
        agent, _ = self._authorised(caller, COMPOSE)
        try:
            mail = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise _invalid("Base64 decoding failed for message.raw") from error
        if b"\r\n\r\n" not in mail:
            raise _invalid("Invalid RFC 822 message")
        if thread_id and not self.office.mailboxes.thread(agent, _hexadecimal(thread_id)):
            raise _not_found()
        draft = self.office.draft(agents[agent], mail)
        return {
            "id": draft_id(draft),
            "message": {
                "id": f"{self.office.mailboxes.number(agent, draft):x}",
                "threadId": f"{self.office.mailboxes.thread_number(agent, draft):x}",
                "labelIds": ["DRAFT"],
            },
        }

    def _authorised(self, caller: Caller, *scopes: str) -> tuple[str, int]:
        """The agent, and the number of the message that is open. One of the scopes must have been granted."""
        try:
            user = self.key.opened(caller.user_token, _OAUTH, self.clock())
        except jwt.InvalidTokenError as exc:
            raise RefusedError(
                401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "authError"
            ) from exc
        if set(scopes).isdisjoint(str(user["scope"]).split()):
            raise RefusedError(
                403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", "insufficientPermissions"
            )
        try:
            opened = self.key.opened(caller.message_token, _MESSAGE, self.clock())
        except jwt.InvalidTokenError as exc:
            raise RefusedError(
                403, "PERMISSION_DENIED", "Missing access token for per message authorization.", "forbidden"
            ) from exc
        if opened["agent"] != user["agent"]:
            raise RefusedError(403, "PERMISSION_DENIED", "The access token is for another account.", "forbidden")
        return str(user["agent"]), int(str(opened["number"]))

    def _resource(self, agent: str, mail: StoredMail, form: str, wanted: Collection[str]) -> dict[str, object]:
        if form not in FORMATS:
            raise _invalid("Invalid value for format.")
        mailboxes = self.office.mailboxes
        resource: dict[str, object] = {
            "id": f"{mailboxes.number(agent, mail):x}",
            "threadId": f"{mailboxes.thread_number(agent, mail):x}",
            "labelIds": list(mailboxes.labels(agent, mail.key)),
            "snippet": " ".join(mail.text.split())[:200],
            "historyId": "100001",
            "internalDate": str(mail.date * 1000),
            "sizeEstimate": len(mail.raw),
        }
        if form == "raw":
            resource["raw"] = _base64url(mail.raw)
        elif form == "metadata":
            names = {name.lower() for name in wanted}
            kept = [pair for pair in mail.headers if not names or pair[0].lower() in names]
            headers = [{"name": name, "value": value} for name, value in kept]
            resource["payload"] = {"mimeType": mail.message.get_content_type(), "headers": headers}
        elif form == "full":
            resource["payload"] = _part(mail.message, "")
        return resource

    def _signed(self, audience: str, claims: Mapping[str, object]) -> str:
        now = int(self.clock())
        return self.key.sign({"iss": ISSUER, "aud": audience, "iat": now, "exp": now + TOKEN_SECONDS, **claims})


def draft_id(draft: StoredMail) -> str:
    """The id that the API gives a draft."""
    return f"r-{draft.key.removeprefix('draft/')}"


def draft_key(found: str) -> str:
    """The page's name for the draft of this id."""
    return f"draft/{found.removeprefix('r-')}"


def _not_found() -> RefusedError:
    return RefusedError(404, "NOT_FOUND", "Requested entity was not found.", "notFound")


def _invalid(message: str) -> RefusedError:
    return RefusedError(400, "INVALID_ARGUMENT", message, "invalidArgument")


def _hexadecimal(thread_id: str) -> int:
    if _HEX.fullmatch(thread_id) is None:
        raise _invalid("Invalid id value")
    return int(thread_id, 16)


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
        found["body"] = {"attachmentId": _attachment_id(part_id), "size": len(content_of(part))}
    else:
        data = part_text(part).encode()
        found["body"] = {"size": len(data), "data": _base64url(data)}
    return found


def _attachment_id(part_id: str) -> str:
    return f"attachment-{part_id or 0}"


def _number(message_id: str) -> int | None:
    """The number in "msg-f:1234" (decimal) or in the API's own hexadecimal form."""
    prefix, colon, decimal = message_id.partition(":")
    try:
        return int(decimal) if colon and prefix == "msg-f" else int(message_id, 16)
    except ValueError:
        return None


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()

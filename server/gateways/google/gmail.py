"""What is done in the agent's mailbox through the Gmail API: the open mail is read, a reply is drafted in its thread.

Each within its time, and never twice when the first try may have been heard.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import client as http_client
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from googleapiclient.discovery import build
from googleapiclient.errors import Error, HttpError

from server.domain import enclosures
from server.domain.crm import Attachment
from server.domain.errors import ConsentNeeded, DraftUnavailable, MailUnavailable
from server.domain.events import FILES_MOST, Files, Need
from server.domain.mail import Mail
from server.domain.prepared import prepared
from server.domain.reply import Drafted, Reply
from server.gateways.google.message import Body, Message, Part, files_in, is_thread, mail_of
from server.gateways.google.transport import BoundedHttp, Within
from server.mail.write import written

BUDGET: Final = 2.0
"""Seconds for reading, all calls together; then the card is drawn without it."""

DRAFT_BUDGET: Final = 6.0
"""Seconds for making a draft, all calls together: the agent has asked for it and waits."""

FILES_BUDGET: Final = 12.0
"""Seconds for a mail's attachments, all calls together: Google gives the add-on thirty."""

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer. A mail's has only the ids of its attachments; one that may go along is shorter than this in base64, too."""

READING_SCOPE: Final = "https://www.googleapis.com/auth/gmail.addons.current.message.readonly"
COMPOSING_SCOPE: Final = "https://www.googleapis.com/auth/gmail.addons.current.action.compose"
RECIPIENTS_SCOPE: Final = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata"
"""The least that is asked for: the open message and its thread, drafts made at a click, the recipients of an open draft."""

_WHOLE_MAILBOX: Final = frozenset({"https://www.googleapis.com/auth/gmail.modify", "https://mail.google.com/"})

READING_SCOPES: Final = frozenset(
    {
        READING_SCOPE,
        "https://www.googleapis.com/auth/gmail.addons.current.message.action",
        "https://www.googleapis.com/auth/gmail.readonly",
        *_WHOLE_MAILBOX,
    }
)
"""Any of these lets messages.get answer with the text (the gmail.v1 discovery document, without the metadata scopes)."""

THREAD_SCOPES: Final = frozenset(
    {
        READING_SCOPE,
        "https://www.googleapis.com/auth/gmail.metadata",
        "https://www.googleapis.com/auth/gmail.readonly",
        *_WHOLE_MAILBOX,
    }
)
"""Any of these shows the other messages of a thread. The discovery document names two more, which Google's list of the
add-ons' scopes limits to the open message: current.message.action and current.message.metadata."""

COMPOSING_SCOPES: Final = frozenset({COMPOSING_SCOPE, "https://www.googleapis.com/auth/gmail.compose", *_WHOLE_MAILBOX})
"""Any of these lets drafts.create make a draft (the gmail.v1 discovery document)."""

_NEEDS: Final[Mapping[Need, tuple[str, Collection[str]]]] = MappingProxyType(
    {
        "read": (READING_SCOPE, READING_SCOPES),
        "draft": (COMPOSING_SCOPE, COMPOSING_SCOPES),
        "recipients": (RECIPIENTS_SCOPE, (RECIPIENTS_SCOPE,)),
    }
)
"""What is asked for, and what does as well."""

_SENT_HEADERS: Final = (
    "From",
    "Sender",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
)
_NEWEST: Final = 20
_TOKEN: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_DRAFT: Final = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_REASONS: Final = {401: "refused", 403: "refused", 404: "missing"}
_INSUFFICIENT: Final = re.compile(rb'"(?:insufficientPermissions|ACCESS_TOKEN_SCOPE_INSUFFICIENT)"')
"""Google's words for a scope that is missing. Its other 403s (a limit reached, a domain's policy) no consent would mend."""


Shape = TypeVar("Shape")


class _Thread(msgspec.Struct, frozen=True):
    messages: tuple[Message, ...] = ()


class _Made(msgspec.Struct, frozen=True, rename="camel"):
    thread_id: str = ""


class _Draft(msgspec.Struct, frozen=True):
    id: str
    message: _Made = _Made()


_message_of: Final = prepared(Message)
_body_of: Final = prepared(Body)
_thread_of: Final = prepared(_Thread)
_made_of: Final = prepared(_Made)
_draft_of: Final = prepared(_Draft)


class GmailApi:
    """One for the process: making the client out of its description is dear, calls on it share a pool of connections."""

    def __init__(
        self,
        api_url: str,
        *,
        budget: float = BUDGET,
        draft_budget: float = DRAFT_BUDGET,
        files_budget: float = FILES_BUDGET,
    ) -> None:
        self._http = BoundedHttp(budget=budget, largest=LARGEST)
        self._budgets = _Budgets(budget, draft_budget, files_budget)
        service = build(
            "gmail",
            "v1",
            http=self._http,
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": api_url},
        )
        users = service.users()
        messages = users.messages()
        self._gmail = _Gmail(messages, users.drafts(), users.threads(), messages.attachments())

    def read(
        self, message_id: str, *, user_token: str, message_token: str, scopes: Collection[str] | None = None
    ) -> Mail:
        """The mail that is open in Gmail; `scopes` are those the agent has granted, None when Google does not say.

        Raises MailUnavailable; with the reason "consent" when the agent has not granted it.
        """
        return self.mailbox(message_id, user_token=user_token, message_token=message_token, scopes=scopes).read()

    def mailbox(
        self, message_id: str, *, user_token: str, message_token: str, scopes: Collection[str] | None = None
    ) -> GmailMailbox:
        """The agent's mailbox with this mail open, "" without one. Nothing is asked of Google yet."""
        access = _Access(message_id, user_token, message_token, scopes)
        return GmailMailbox(self._gmail, self._http, access, self._budgets)

    def close(self) -> None:
        """Close the idle connections."""
        self._http.close()


@dataclass(frozen=True, slots=True)
class _Gmail:
    """What is called of the API, made once: Google's client builds the methods anew whenever it is asked for them."""

    messages: Any
    drafts: Any
    threads: Any
    attachments: Any


class _Budgets(NamedTuple):
    """Seconds."""

    read: float
    draft: float
    files: float


@dataclass(frozen=True, slots=True)
class _Access:
    """What one event of Google's lets us do. The scopes of the open message work only with both tokens."""

    message_id: str
    user_token: str = field(repr=False)
    message_token: str = field(repr=False)
    scopes: Collection[str] | None

    def lacks(self, need: Collection[str]) -> bool:
        return self.scopes is not None and not any(scope in need for scope in self.scopes)

    def is_sound(self) -> bool:
        return _TOKEN.fullmatch(self.user_token) is not None and (
            not self.message_token or _TOKEN.fullmatch(self.message_token) is not None
        )


class _RefusedError(Exception):
    """Google did not do it. `reason`: timeout | refused | missing | failed | consent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GmailMailbox:
    """The mailbox of the agent who asks, for one request; it remembers the thread once Google has named it."""

    def __init__(self, gmail: _Gmail, http: BoundedHttp, access: _Access, budgets: _Budgets) -> None:
        self._gmail = gmail
        self._http = http
        self._access = access
        self._budgets = budgets
        self._thread = ""

    def require(self, need: Need) -> None:
        """Raise ConsentNeeded when Google has said that the agent has not granted this."""
        asked, enough = _NEEDS[need]
        if self._access.lacks(enough):
            raise ConsentNeeded(asked)

    def read(self) -> Mail:
        """The open mail, with the thread's name in this mailbox. Raises MailUnavailable."""
        if self._access.lacks(READING_SCOPES):
            raise MailUnavailable("consent")
        try:
            mail = mail_of(_as(self._message(self._http.within(self._budgets.read), format="full"), _message_of))
        except _RefusedError as refusal:
            raise MailUnavailable(refusal.reason) from refusal.__cause__
        self._thread = mail.thread
        return mail

    def draft(self, reply: Reply) -> Drafted:
        """Make a draft in the reply's thread. Raises DraftUnavailable, ConsentNeeded.

        It is asked for once: of a call that ran out of time nobody knows whether it made one. Only a thread that Gmail
        does not know (404: the mail was deleted meanwhile) is left out for a second try, since then nothing was made;
        the draft still names the mail it answers, so the customer's client puts it where it belongs.
        """
        self.require("draft")
        thread = reply.thread if is_thread(reply.thread) else ""
        http = self._http.within(self._budgets.draft)
        try:
            raw = base64.urlsafe_b64encode(written(reply)).decode()
        except ValueError as error:
            raise DraftUnavailable("failed") from error
        try:
            try:
                return self._create(raw, thread, http)
            except _RefusedError as refusal:
                if refusal.reason != "missing" or not thread:
                    raise
                return self._create(raw, "", http)
        except _RefusedError as refusal:
            if refusal.reason == "consent":
                raise ConsentNeeded(COMPOSING_SCOPE) from None
            raise DraftUnavailable(refusal.reason) from refusal.__cause__

    def _create(self, raw: str, thread: str, http: Within) -> Drafted:
        message = {"raw": raw, "threadId": thread} if thread else {"raw": raw}
        draft = _as(self._ask(self._gmail.drafts.create(userId="me", body={"message": message}), http), _draft_of)
        if not (_DRAFT.fullmatch(draft.id) and is_thread(draft.message.thread_id)):
            raise _RefusedError("failed")
        return Drafted(draft.id, draft.message.thread_id)

    def sent(self) -> tuple[Mail, ...]:
        """What this account has sent in the open thread, newest first, at most 20, without texts.

        Raises MailUnavailable, ConsentNeeded.
        """
        if self._access.lacks(THREAD_SCOPES):
            raise ConsentNeeded(READING_SCOPE)
        http = self._http.within(self._budgets.read)
        try:
            thread = self._thread or self._asked_thread(http)
            found = _as(
                self._ask(
                    self._gmail.threads.get(
                        userId="me",
                        id=thread,
                        format="metadata",
                        metadataHeaders=list(_SENT_HEADERS),
                        fields="messages(threadId,labelIds,internalDate,payload/headers)",
                    ),
                    http,
                ),
                _thread_of,
            )
        except _RefusedError as refusal:
            if refusal.reason == "consent":
                raise ConsentNeeded(READING_SCOPE) from None
            raise MailUnavailable(refusal.reason) from refusal.__cause__
        sent = sorted((one for one in found.messages if "SENT" in one.label_ids), key=_received, reverse=True)
        return tuple(mail_of(message) for message in sent[:_NEWEST])

    def files(self) -> Files:
        """The open mail's attachments, as many as fit. Raises MailUnavailable, ConsentNeeded.

        Each is one call more; all of them share one budget, and what has not come by then is named as left.
        """
        self.require("read")
        http = self._http.within(self._budgets.files)
        try:
            message = _as(self._message(http, format="full"), _message_of)
        except _RefusedError as refusal:
            if refusal.reason == "consent":
                raise ConsentNeeded(READING_SCOPE) from None
            raise MailUnavailable(refusal.reason) from refusal.__cause__
        found: list[Attachment] = []
        left: list[str] = []
        room = FILES_MOST
        for part in files_in(message):
            content = self._content(part, http) if part.body.size <= room and len(found) < enclosures.MOST else None
            if content is None or len(content) > room:
                left.append(enclosures.name_of(part.filename))
            else:
                room -= len(content)
                found.append(enclosures.attachment(part.filename, part.mime_type, content))
        return Files(tuple(found), tuple(left))

    def _content(self, part: Part, http: Within) -> bytes | None:
        """What an attachment holds; None when it could not be had."""
        body = part.body
        if part.parts and not (body.data or body.attachment_id):
            return None  # an attached mail, which came in its parts only
        try:
            if not body.data and body.attachment_id:
                request = self._gmail.attachments.get(
                    userId="me", messageId=self._access.message_id, id=body.attachment_id
                )
                body = _as(self._ask(request, http), _body_of)
            content = base64.urlsafe_b64decode(body.data + "=" * (-len(body.data) % 4))
        except (_RefusedError, ValueError):
            return None
        return content if content or not part.body.size else None

    def _asked_thread(self, http: Within) -> str:
        """The thread's name as the API knows it: the event's own (thread-f:...) is refused there."""
        self._thread = _as(self._message(http, format="minimal", fields="threadId"), _made_of).thread_id
        if not is_thread(self._thread):
            raise _RefusedError("failed")
        return self._thread

    def _message(self, http: Within, **options: str) -> Any:
        if not self._access.message_id:
            raise _RefusedError("missing")
        return self._ask(self._gmail.messages.get(userId="me", id=self._access.message_id, **options), http)

    def _ask(self, request: Any, http: Within) -> Any:
        """Google's answer to one request. Raises _RefusedError."""
        if not self._access.is_sound():
            raise _RefusedError("refused")
        request.headers["Authorization"] = f"Bearer {self._access.user_token}"
        if self._access.message_token:
            request.headers["X-Goog-Gmail-Access-Token"] = self._access.message_token
        try:
            return request.execute(http=http)
        except HttpError as error:
            raise _RefusedError(_reason(error)) from None
        except TimeoutError:
            raise _RefusedError("timeout") from None
        except (OSError, http_client.HTTPException, Error, ValueError, RecursionError) as error:
            raise _RefusedError("failed") from error


def _reason(error: HttpError) -> str:
    challenge = error.resp.get("www-authenticate", "")
    if error.resp.status == 403 and ("insufficient_scope" in challenge or _INSUFFICIENT.search(error.content)):
        return "consent"
    return _REASONS.get(error.resp.status, "failed")


def _as(answer: Any, shape: Callable[[object], Shape]) -> Shape:
    try:
        return shape(answer)
    except (msgspec.ValidationError, RecursionError):
        raise _RefusedError("failed") from None


def _received(message: Message) -> int:
    """When Gmail got it, in milliseconds; 0 when it does not say."""
    digits = message.internal_date
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0

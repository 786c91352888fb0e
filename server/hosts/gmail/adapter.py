"""Gmail, as the pipeline sees it: Google's request in, Google's answer out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Protocol, assert_never

import orjson

from cards import escape, google
from cards.kept import keep
from cards.model import (
    AskConsent,
    Card,
    Effect,
    Insert,
    Kept,
    OpenPage,
    Place,
    Seal,
    Show,
    StartReply,
    Toast,
    Verdict,
)
from server.domain.errors import BadEvent, ConsentNeeded, MailUnavailable, Unauthenticated
from server.domain.events import Click, Compose, Event, Home, Identity, Mailbox, MailSource, Open, Pointer, Settings
from server.domain.mail import Mail
from server.hosts.gmail import wire
from server.hosts.gmail.auth import Tokens, bearer
from server.hosts.host import Entry, Headers, Received

ROUTES: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "/gmail/message": Entry.MESSAGE,
        "/gmail/home": Entry.HOME,
        "/gmail/compose": Entry.COMPOSE,
        "/gmail/queue": Entry.QUEUE,
        "/gmail/settings": Entry.SETTINGS,
        "/gmail/action": Entry.ACTION,
    }
)
"""A path for each question, without query strings: Google addresses its token to the exact URL."""

_CLICKS: Final = frozenset({Entry.ACTION, Entry.QUEUE, Entry.SETTINGS})
"""What Google answers like a pressed button: universal actions are such."""

SEALED: Final = "a"
"""The action parameter in which `cards.google` puts a button's sealed action."""


class MailReader(Protocol):
    """Reads the open mail with the tokens that the event carries."""

    def __call__(self, message_id: str, *, user_token: str, message_token: str, scopes: Collection[str] | None) -> Mail:
        """Raises MailUnavailable."""


class MailboxOpener(Protocol):
    """What may be done in the agent's mailbox with the tokens that the event carries."""

    def __call__(
        self, message_id: str, *, user_token: str, message_token: str, scopes: Collection[str] | None
    ) -> Mailbox:
        """Nothing is called yet."""


class GmailHost:
    """A Google Workspace add-on over HTTP.

    `wrap_clicks`: Google's guide and RPC reference answer a click with SubmitFormResponse, its newer samples with the
    bare RenderActions. The documented form is the default, since only it can say that state has changed.
    """

    name: Final = "gmail"
    routes: Final = ROUTES
    follows: Final = False  # nothing can be pushed into an add-on's card

    def __init__(
        self,
        *,
        public_url: str,
        tokens: Tokens,
        read_mail: MailReader,
        open_mailbox: MailboxOpener,
        wrap_clicks: bool = True,
    ) -> None:
        base = public_url.rstrip("/")
        self._audiences: Final = {path: base + path for path in ROUTES}
        self._action_url: Final = f"{base}/gmail/action"
        self._icons_url: Final = f"{base}/icons"
        self._pictures_url: Final = f"{base}/pictures"
        self._tokens = tokens
        self._read_mail = read_mail
        self._open_mailbox = open_mailbox
        self._wrap_clicks = wrap_clicks

    def most(self, path: str, headers: Headers) -> int:  # noqa: ARG002 - the Protocol's; Google sends no files
        """Nothing of Google's is large."""
        return 0

    def receive(self, entry: Entry, path: str, headers: Headers, body: bytes) -> Received:
        """Google's own token first, so that a stranger's body is not even parsed; then the agent's; then the event.

        The header's token decides. Google puts the same one into the body: another one there is refused.
        """
        audience = self._audiences.get(path)
        if audience is None:
            raise Unauthenticated("no route of Gmail's")
        system_token = bearer(headers.get("Authorization", ""))
        project = self._tokens.system(system_token, audience)
        posted = wire.decode(body)
        if (posted.authorization.system_id_token or system_token) != system_token:
            raise Unauthenticated("two different system tokens")
        if not posted.authorization.user_id_token:
            granted = posted.authorization.authorized_scopes
            if granted is not None and wire.EMAIL_SCOPE not in granted:
                raise ConsentNeeded(wire.EMAIL_SCOPE)
            raise Unauthenticated("no user token")  # the scope userinfo.email is missing in the manifest
        identity = self._tokens.user(posted.authorization.user_id_token, project)
        return Received(identity, self._event(entry, posted, identity))

    def _event(self, entry: Entry, posted: wire.Posted, identity: Identity) -> Event:
        place = wire.place(posted.common)
        match entry:
            case Entry.HOME | Entry.QUEUE:
                return Home(place)
            case Entry.SETTINGS:
                return Settings(place)
            case Entry.COMPOSE:
                return Compose(place, wire.window(posted))
            case Entry.MESSAGE:
                message_id = wire.message_id(posted.gmail)
                if not message_id:
                    raise BadEvent("gmail.messageId: missing")
                pointer = Pointer(self.name, identity.subject, message_id)
                return Open(place, self._mail(message_id, posted), pointer, mailbox=self._mailbox(message_id, posted))
            case Entry.SEND:
                raise BadEvent("Gmail asks nobody before it sends")
            case Entry.ACTION:
                token = (posted.common.parameters or {}).get(SEALED, "")
                if not token:
                    raise BadEvent(f"commonEventObject.parameters.{SEALED}: missing")
                form = wire.form(posted.common.form_inputs or {})
                message_id = wire.message_id(posted.gmail)
                mailbox = self._mailbox(message_id, posted)
                if not message_id:
                    window = wire.window(posted) if wire.is_compose(posted.gmail) else None
                    return Click(place, token, form, mailbox=mailbox, window=window)
                pointer = Pointer(self.name, identity.subject, message_id)
                mail = self._mail(message_id, posted)
                return Click(place, token, form, mail, pointer, mailbox=mailbox, files=mailbox.files)
            case _:
                assert_never(entry)

    def _mail(self, message_id: str, posted: wire.Posted) -> MailSource:
        def read() -> Mail:
            return self._read_mail(
                message_id,
                user_token=posted.authorization.user_o_auth_token or "",
                message_token=posted.gmail.access_token or "",
                scopes=posted.authorization.authorized_scopes,
            )

        return _Once(read)

    def _mailbox(self, message_id: str, posted: wire.Posted) -> Mailbox:
        return self._open_mailbox(
            message_id,
            user_token=posted.authorization.user_o_auth_token or "",
            message_token=posted.gmail.access_token or "",
            scopes=posted.authorization.authorized_scopes,
        )

    def _card(self, card: Card, seal: Seal) -> dict[str, object]:
        return google.render(
            card,
            seal=seal,
            action_url=self._action_url,
            icons_url=self._icons_url,
            pictures_url=self._pictures_url,
            raw=orjson.Fragment,
        )

    def respond(
        self,
        entry: Entry,
        effect: Effect,
        seal: Seal,
        live: str = "",  # noqa: ARG002 - the Protocol's; nothing can be pushed into an add-on's card
    ) -> bytes:
        """RenderActions for what Gmail opens by itself, SubmitFormResponse for a click."""
        in_gmail: dict[str, object] = {}
        match effect:
            case Show():
                card = self._card(effect.card, seal)
                place = effect.place if entry is Entry.ACTION else Place.ON_TOP  # the first card has none to replace
                action: dict[str, object] = {"navigations": _navigations(place, card)}
                if effect.toast:
                    action["notification"] = _notification(effect.toast)
                changed = effect.changed
            case Toast():
                action = {"notification": _notification(effect.text)}
                changed = False
            case StartReply():
                action = {"navigations": _navigations(Place.HERE, self._card(effect.card, seal))}
                if effect.toast:
                    action["notification"] = _notification(effect.toast)
                in_gmail = {"openCreatedDraftActionMarkup": {"draftId": effect.id, "draftThreadId": effect.thread}}
                changed = True
            case Insert():
                content = {"content": effect.text, "contentType": "TEXT"}
                in_gmail = {
                    "updateDraftActionMarkup": {"updateBody": {"type": "IN_PLACE_INSERT", "insertContents": [content]}}
                }
                action, changed = {}, False
            case OpenPage():
                action, changed = {"link": {"url": effect.url}}, False
            case AskConsent():
                return orjson.dumps({"requesting_google_scopes": {"scopes": effect.scopes}})
            case Verdict():
                action, changed = {"notification": _notification(effect.sentence)}, False
            case _:
                assert_never(effect)
        answer: dict[str, object] = {"action": action} if action else {}
        if in_gmail:
            answer["hostAppAction"] = {"gmailAction": in_gmail}
        if entry in _CLICKS and self._wrap_clicks:
            answer = {"renderActions": answer, "stateChanged": changed}
        return orjson.dumps(answer)

    def keep(self, card: Card, secret: str) -> Kept | None:
        """Gmail's form of the card's lasting sections."""

        def draw(seal: Seal) -> tuple[bytes, int]:
            sections, widgets = google.lasting(
                card,
                seal=seal,
                action_url=self._action_url,
                icons_url=self._icons_url,
                pictures_url=self._pictures_url,
            )
            return orjson.dumps(sections)[1:-1], widgets

        kept = keep(draw, secret)
        return kept if kept.widgets else None

    def status_of(self, status: int) -> int:
        """Gmail draws a card only from a 200. A request without proof is not Google's: nobody is there to see a card."""
        return 401 if status == 401 else 200


def _notification(sentence: str) -> dict[str, object]:
    return {"text": escape.label(sentence, escape.LABEL)}


def _navigations(place: Place, card: Mapping[str, object]) -> list[dict[str, object]]:
    match place:
        case Place.HERE:
            return [{"updateCard": card}]
        case Place.ON_TOP:
            return [{"pushCard": card}]
        case Place.ROOT:
            return [{"popToRoot": True}, {"updateCard": card}]
        case _:
            assert_never(place)


class _Once:
    """Reads a mail when it is first asked for; afterwards repeats the answer, a refusal too."""

    __slots__ = ("_mail", "_read", "_refusal")

    def __init__(self, read: MailSource) -> None:
        self._read = read
        self._mail: Mail | None = None
        self._refusal: MailUnavailable | None = None

    def __call__(self) -> Mail:
        if self._refusal is not None:
            raise self._refusal
        if self._mail is None:
            try:
                self._mail = self._read()
            except MailUnavailable as refusal:
                self._refusal = refusal
                raise
        return self._mail

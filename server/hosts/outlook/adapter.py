"""The task pane as a Host: its two questions, and its answers as Adaptive Cards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, assert_never

import orjson

from cards import adaptive
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
from server.domain.errors import BadEvent
from server.domain.events import Click, Compose, Event, Home, Identity, Open, Pointer, Send
from server.hosts.host import Entry, Headers, Received
from server.hosts.outlook.auth import EntraTokens
from server.hosts.outlook.wire import (
    ACTION,
    COMPOSE,
    FILES,
    MAX_FILES_BODY,
    OPEN,
    SEND,
    FilesBody,
    Item,
    decode,
    enclosed,
    missed,
    place,
    read_mail,
    thread,
    window,
)

FILES_PATH: Final = "/outlook/action/files"
"""A click that brings the open mail's attachments. A path of its own: no other takes so much."""

_ROUTES: Final[Mapping[str, Entry]] = {
    "/outlook/open": Entry.MESSAGE,
    "/outlook/compose": Entry.COMPOSE,
    "/outlook/send": Entry.SEND,
    "/outlook/action": Entry.ACTION,
    FILES_PATH: Entry.ACTION,
}


class OutlookHost:
    """Implements `server.hosts.host.Host`."""

    def __init__(self, *, tokens: EntraTokens, public_url: str) -> None:
        self._tokens = tokens
        self._icons_url = f"{public_url.rstrip('/')}/icons"
        self._pictures_url = f"{public_url.rstrip('/')}/pictures"

    @property
    def name(self) -> str:
        return "outlook"

    @property
    def follows(self) -> bool:
        return True

    @property
    def routes(self) -> Mapping[str, Entry]:
        return _ROUTES

    def most(self, path: str, headers: Headers) -> int:
        """More on the path for attachments alone, and for nobody unknown."""
        if path != FILES_PATH:
            return 0
        self._tokens.identify(headers)
        return MAX_FILES_BODY

    def receive(
        self,
        entry: Entry,
        path: str,
        headers: Headers,
        body: bytes,
    ) -> Received:
        identity = self._tokens.identify(headers)
        return Received(identity, _event(entry, identity, body, files=path == FILES_PATH))

    def respond(
        self,
        entry: Entry,  # noqa: ARG002 - the Protocol's; the pane reads one kind of answer
        effect: Effect,
        seal: Seal,
        live: str = "",
    ) -> bytes:
        match effect:
            case Show(card, where, toast, changed):
                answer: dict[str, Any] = {"card": self._card(card, seal), "place": where.value, "changed": changed}
                if toast:
                    answer["toast"] = toast
            case StartReply(card=card, text=text, everyone=everyone, toast=toast):
                answer = {"card": self._card(card, seal), "place": Place.HERE.value, "changed": True, "toast": toast}
                answer["reply"] = {"all": everyone, "text": text}
            case Toast(text):
                answer = {"toast": text}
            case Insert(text):
                answer = {"insert": {"text": text}}
            case OpenPage(url):
                answer = {"open": url}
            case AskConsent():
                answer = {}  # permissions of Outlook's are the administrator's; nothing here asks for them
            case Verdict(decision, sentence):
                answer = {"verdict": decision, "message": sentence}
            case _:
                assert_never(effect)
        if live:
            answer["live"] = live
        return orjson.dumps(answer)

    def _card(self, card: Card, seal: Seal) -> object:
        return adaptive.render(
            card, seal=seal, icons_url=self._icons_url, pictures_url=self._pictures_url, raw=orjson.Fragment
        )

    def keep(self, card: Card, secret: str) -> Kept | None:
        """The pane's form of the card's lasting sections."""

        def draw(seal: Seal) -> tuple[bytes, int]:
            sections = adaptive.lasting(card, seal=seal, icons_url=self._icons_url, pictures_url=self._pictures_url)
            return orjson.dumps(sections)[1:-1], len(sections)

        kept = keep(draw, secret)
        return kept if kept.widgets else None

    def status_of(self, status: int) -> int:
        """The pane is ours: it reads a card of any status, and asks for a new token at 401."""
        return status


def _event(entry: Entry, identity: Identity, body: bytes, *, files: bool) -> Event:
    match entry:
        case Entry.MESSAGE | Entry.HOME:
            opened = decode(body, OPEN)
            where = place(opened.locale, opened.time_zone)
            if opened.item is None:
                return Home(where)
            item = opened.item
            return Open(where, partial(read_mail, item), _pointer(identity, item), _thread(identity, item))
        case Entry.COMPOSE:
            composed = decode(body, COMPOSE)
            return Compose(place(composed.locale, composed.time_zone), window(composed.compose, identity.subject))
        case Entry.SEND:
            sent = decode(body, SEND)
            where = place(sent.locale, sent.time_zone)
            return Send(where, window(sent, identity.subject), sent.can_ask, missed(sent.missed))
        case Entry.QUEUE | Entry.SETTINGS:
            raise BadEvent("no route of Outlook's")  # there they are buttons of our own cards
        case Entry.ACTION:
            clicked = decode(body, FILES, MAX_FILES_BODY) if files else decode(body, ACTION)
            if not clicked.action:
                raise BadEvent("body: empty `action`")
            return Click(
                place(clicked.locale, clicked.time_zone),
                clicked.action,
                _form(clicked.form),
                None if clicked.item is None else partial(read_mail, clicked.item),
                None if clicked.item is None else _pointer(identity, clicked.item),
                None if clicked.item is None else _thread(identity, clicked.item),
                window=None if clicked.compose is None else window(clicked.compose, identity.subject),
                files=partial(enclosed, clicked) if isinstance(clicked, FilesBody) else None,
            )
        case _:
            assert_never(entry)


def _form(inputs: Mapping[str, str | list[str]]) -> Mapping[str, tuple[str, ...]]:
    """The inputs by the names of the card's fields: the renderer knows which two of its inputs are one DateTime."""
    single = adaptive.joined({name: value for name, value in inputs.items() if isinstance(value, str)})
    many = {name: tuple(value) for name, value in inputs.items() if not isinstance(value, str)}
    return {name: (value,) for name, value in single.items()} | many


def _thread(identity: Identity, item: Item) -> Pointer | None:
    return thread(item.conversation_id, identity.subject)


def _pointer(identity: Identity, item: Item) -> Pointer | None:
    return Pointer("outlook", identity.subject, item.item_id) if item.item_id else None

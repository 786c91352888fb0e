"""The task pane as a Host: its two questions, and its answers as Adaptive Cards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, assert_never

import orjson

from cards import adaptive
from cards.kept import keep
from cards.model import Card, Effect, Kept, Seal, Show, Toast
from server.domain.errors import BadEvent
from server.domain.events import Click, Event, Home, Identity, Open, Pointer
from server.hosts.host import Entry, Headers, Received
from server.hosts.outlook.auth import EntraTokens
from server.hosts.outlook.wire import ActionBody, Item, OpenBody, decode, place, read_mail

_ROUTES: Final[Mapping[str, Entry]] = {"/outlook/open": Entry.MESSAGE, "/outlook/action": Entry.ACTION}


class OutlookHost:
    """Implements `server.hosts.host.Host`."""

    def __init__(self, *, tokens: EntraTokens, public_url: str) -> None:
        self._tokens = tokens
        self._icons_url = f"{public_url.rstrip('/')}/icons"

    @property
    def name(self) -> str:
        return "outlook"

    @property
    def routes(self) -> Mapping[str, Entry]:
        return _ROUTES

    def receive(
        self,
        entry: Entry,
        path: str,  # noqa: ARG002 - the Protocol's; only Google's tokens are bound to an address
        headers: Headers,
        body: bytes,
    ) -> Received:
        identity = self._tokens.identify(headers)
        return Received(identity, _event(entry, identity, body))

    def respond(
        self,
        entry: Entry,  # noqa: ARG002 - the Protocol's; the pane reads one kind of answer
        effect: Effect,
        seal: Seal,
    ) -> bytes:
        match effect:
            case Show(card, where, toast, changed):
                answer: dict[str, Any] = {
                    "card": adaptive.render(card, seal=seal, icons_url=self._icons_url, raw=orjson.Fragment),
                    "place": where.value,
                    "changed": changed,
                }
                if toast:
                    answer["toast"] = toast
            case Toast(text):
                answer = {"toast": text}
            case _:
                assert_never(effect)
        return orjson.dumps(answer)

    def keep(self, card: Card, secret: str) -> Kept | None:
        """The pane's form of the card's lasting sections."""

        def draw(seal: Seal) -> tuple[bytes, int]:
            sections = adaptive.lasting(card, seal=seal, icons_url=self._icons_url)
            return orjson.dumps(sections)[1:-1], len(sections)

        kept = keep(draw, secret)
        return kept if kept.widgets else None

    def status_of(self, status: int) -> int:
        """The pane is ours: it reads a card of any status, and asks for a new token at 401."""
        return status


def _event(entry: Entry, identity: Identity, body: bytes) -> Event:
    match entry:
        case Entry.MESSAGE | Entry.HOME:
            opened = decode(body, OpenBody)
            where = place(opened.locale, opened.time_zone)
            if opened.item is None:
                return Home(where)
            return Open(where, partial(read_mail, opened.item), _pointer(identity, opened.item))
        case Entry.ACTION:
            clicked = decode(body, ActionBody)
            if not clicked.action:
                raise BadEvent("body: empty `action`")
            return Click(
                place(clicked.locale, clicked.time_zone),
                clicked.action,
                _form(clicked.form),
                None if clicked.item is None else partial(read_mail, clicked.item),
                None if clicked.item is None else _pointer(identity, clicked.item),
            )
        case _:
            assert_never(entry)


def _form(inputs: Mapping[str, str | list[str]]) -> Mapping[str, tuple[str, ...]]:
    """The inputs by the names of the card's fields: the renderer knows which two of its inputs are one DateTime."""
    single = adaptive.joined({name: value for name, value in inputs.items() if isinstance(value, str)})
    many = {name: tuple(value) for name, value in inputs.items() if not isinstance(value, str)}
    return {name: (value,) for name, value in single.items()} | many


def _pointer(identity: Identity, item: Item) -> Pointer | None:
    return Pointer("outlook", identity.subject, item.item_id) if item.item_id else None

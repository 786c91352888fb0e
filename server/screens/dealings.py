"""What CRMs know of dealings with the customer (deals, tickets, orders, calls), as lines of the history beside the mails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from cards.escape import cut
from cards.model import Entry, Icon
from server.domain.crm import Item, ItemKind, Record
from server.screens.amounts import money
from server.screens.crm_said import crm_link
from server.screens.words import Voice

TITLE: Final = 80
WORD: Final = 24
"""Characters of a title, and of the words of a CRM beside it."""

_ICONS: Final[dict[ItemKind, Icon]] = {
    "deal": Icon.DEAL,
    "ticket": Icon.TICKET,
    "order": Icon.ORDER,
    "subscription": Icon.ORDER,
    "activity": Icon.ACTIVITY,
    "event": Icon.ACTIVITY,
}


class Dealing(NamedTuple):
    """One line, and when it last moved."""

    at: int
    entry: Entry


class Dealings(NamedTuple):
    """All lines, newest first: what is still open apart."""

    open: tuple[Dealing, ...] = ()
    past: tuple[Dealing, ...] = ()


def dealings_of(voice: Voice, records: Sequence[Record]) -> Dealings:
    """The items of all records, each once."""
    unique: dict[tuple[str, str, str], Item] = {}
    for record in records:
        for item in record.items:
            unique.setdefault((record.ref.connection, item.kind, item.id), item)
    lines = sorted(unique.values(), key=lambda item: -item.at)
    return Dealings(
        tuple(Dealing(item.at, _entry(voice, item)) for item in lines if item.open),
        tuple(Dealing(item.at, _entry(voice, item)) for item in lines if not item.open),
    )


def _entry(voice: Voice, item: Item) -> Entry:
    kind = voice.say("Complaint") if item.complaint else _kind(voice, item.kind)
    amount = money(item.amount) if item.amount else ""
    when = voice.clock.on(item.at) if item.at > 0 else ""
    return Entry(
        cut(item.title, TITLE) or kind,
        " · ".join(filter(None, (kind, cut(item.status, WORD), amount, when, cut(item.by, WORD)))),
        icon=Icon.WARNING if item.complaint else _ICONS[item.kind],
        target=crm_link(item.url),
    )


def _kind(voice: Voice, kind: ItemKind) -> str:
    match kind:
        case "deal":
            return voice.say("Deal")
        case "ticket":
            return voice.say("Ticket")
        case "order":
            return voice.say_as("in a CRM", "Order")
        case "subscription":
            return voice.say("Subscription")
        case "activity":
            return voice.say_as("in a CRM", "Activity")
        case "event":
            return voice.say("Event")

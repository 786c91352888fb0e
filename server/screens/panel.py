"""What CRMs say of a customer, as labels with values: fields and order are the workspace's choice, and nothing empty is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from cards.escape import cut
from cards.model import Block, Fact, Icon, Row, Tone, Trend
from server.domain.conversation import View
from server.domain.crm import PANEL_FIELDS, ItemKind, Money, Record, Usage
from server.domain.health import Signal, signals
from server.screens.amounts import money, number
from server.screens.words import Voice

LISTED: Final = 6
"""Values of one field that are named: products, features."""
LABEL: Final = 24
VALUE: Final = 80
TEXT: Final = 240
"""Characters of a label, of a value and of a note: what is longer is read in the CRM."""
MONTHS_SAID: Final = 12
LEAST_MONTHS: Final = 3
"""Two bars are no trend."""
_DAY: Final = 86_400_000

Field = Callable[[Voice, Sequence[Record]], Iterable[Fact]]


def crm_facts(voice: Voice, records: Sequence[Record]) -> list[tuple[str, Fact]]:
    """The chosen fields that have a value, with their names. Of several CRMs the first that knows a value gives it."""
    return [
        (name, Fact(cut(fact.label, LABEL), cut(fact.value, TEXT if name in {"note", "more"} else VALUE)))
        for name in chosen(voice)
        for fact in _FIELDS[name](voice, records)
        if fact.value
    ]


def chosen(voice: Voice) -> tuple[str, ...]:
    """The fields that the workspace shows; names of a later release are passed over."""
    return tuple(name for name in voice.workspace.panel or PANEL_FIELDS if name in _FIELDS)


def trend_of(voice: Voice, records: Sequence[Record]) -> list[Block]:
    """The picture of the value, with its numbers for whoever does not see it."""
    found = next((one for one in records if len(one.trend) >= LEAST_MONTHS), None)
    if found is None or "value" not in chosen(voice):
        return []
    currency = found.value.currency if found.value else ""
    amounts = [text for value in found.trend[-MONTHS_SAID:] if (text := _amount(value, currency))]
    return [Trend(found.trend, voice.say("By month, oldest first: %(amounts)s", amounts=voice.names(amounts)))]


def signs_of(voice: Voice, view: View, records: Sequence[Record]) -> list[Block]:
    """Signs that the customer may leave, each with its reason."""
    if "health" not in chosen(voice) or not records:
        return []
    return [
        Row(_sign(voice, one), icon=Icon.WARNING, tone=Tone.DANGER if one.serious else Tone.WARNING)
        for one in signals(records, voice.clock.today, voice.clock.now, _contacts(view, records))
    ]


def open_words(voice: Voice, records: Sequence[Record]) -> str:
    """How much is open: 1 deal · 2 tickets."""
    counts: dict[ItemKind, set[tuple[str, str]]] = {}
    for record in records:
        for item in record.items:
            if item.open:
                counts.setdefault(item.kind, set()).add((record.ref.connection, item.id))
    said: tuple[tuple[set[tuple[str, str]] | None, Callable[[int], str]], ...] = (
        (counts.get("deal"), lambda n: voice.count("%(count)d deal", "%(count)d deals", n)),
        (counts.get("ticket"), lambda n: voice.count("%(count)d ticket", "%(count)d tickets", n)),
        (counts.get("order"), lambda n: voice.count("%(count)d order", "%(count)d orders", n)),
        (counts.get("subscription"), lambda n: voice.count("%(count)d subscription", "%(count)d subscriptions", n)),
        (counts.get("activity"), lambda n: voice.count("%(count)d task", "%(count)d tasks", n)),
    )
    return " · ".join(say(len(found)) for found, say in said if found)


def _contacts(view: View, records: Sequence[Record]) -> list[int]:
    """When somebody spoke with the customer, but for the mail that the card is about and what came with it."""
    mails = [mail.date * 1000 for mail in view.mails]
    mails += [row.conversation.newest or row.conversation.active for row in view.history if row.of == "person"]
    mails += [item.at for record in records for item in record.items if item.kind == "activity"]
    opened = view.message.date * 1000 if view.message else _opened(view)
    return [at for at in mails if at < opened - _DAY]


def _opened(view: View) -> int:
    """The moment that stands for the open mail on a card that a row led to."""
    return view.conversation.newest or view.now


def _sign(voice: Voice, sign: Signal) -> str:
    say, clock = voice.say, voice.clock
    match sign.kind:
        case "ended":
            return say("The contract ended on %(day)s", day=clock.calendar(sign.day))
        case "renewal" if not sign.days:
            return say("The contract is up for renewal today")
        case "renewal":
            left = voice.count("%(count)d day", "%(count)d days", sign.days)
            return say("Renewal in %(left)s (%(day)s)", left=left, day=clock.calendar(sign.day))
        case "complaints":
            said = voice.count("%(count)d open complaint", "%(count)d open complaints", sign.count)
            return say("%(said)s, the oldest since %(day)s", said=said, day=clock.on(sign.at)) if sign.at else said
        case "falling":
            return say(
                "%(feature)s is used less: %(before)s → %(after)s a month",
                feature=sign.feature,
                before=number(sign.before),
                after=number(sign.after),
            )
        case "low":
            return say("Health in the CRM: %(score)d of 100", score=sign.score)
        case "quiet":
            past = voice.count("%(count)d day", "%(count)d days", sign.days)
            return say("No contact for %(past)s before this (last: %(day)s)", past=past, day=clock.on(sign.at))


def _amount(value: float, currency: str) -> str:
    return money(Money(format(value, ".2f"), currency))


def _first(records: Sequence[Record], read: Callable[[Record], str]) -> str:
    return next(filter(None, map(read, records)), "")


def _list(voice: Voice, records: Sequence[Record], read: Callable[[Record], Sequence[str]]) -> str:
    found = next(filter(None, map(read, records)), ())
    more = len(found) - LISTED
    names = voice.names([name for name in found[:LISTED] if name])
    if more <= 0:
        return names
    return voice.count("%(names)s and %(count)d other", "%(names)s and %(count)d others", more, names=names)


def _role(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Role"), _first(records, lambda one: one.role))


def _plan(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Plan"), _first(records, lambda one: one.plan))


def _contract(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    """Both dates of one CRM: the beginning that one knows does not belong to the end that another knows."""
    found = next((one for one in records if one.contract_start or one.contract_end), None)
    if found is None:
        return
    start, end = (voice.clock.calendar(day) if day else "" for day in (found.contract_start, found.contract_end))
    if start and end:
        value = voice.say("%(start)s to %(end)s", start=start, end=end)
    elif end:
        value = voice.say("until %(day)s", day=end)
    else:
        value = voice.say("since %(day)s", day=start)
    yield Fact(voice.say("Contract"), value)


def _owner(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Account owner"), _first(records, lambda one: one.owner))


def _value(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Lifetime value"), _first(records, lambda one: money(one.value) if one.value else ""))


def _health(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    score = next((one.health for one in records if one.health is not None), None)
    yield Fact(voice.say("Health"), "" if score is None else voice.say("%(score)d of 100", score=score))


def _renewal(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Renewal"), _first(records, lambda one: voice.clock.calendar(one.renewal)))


def _products(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Products"), _list(voice, records, lambda one: one.products))


def _environment(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Environment"), _list(voice, records, lambda one: one.environment))


def _unused(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Never used"), _list(voice, records, lambda one: one.unused))


def _usage(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(
        voice.say("Usage"), _list(voice, records, lambda one: [said for use in one.usage if (said := _use(voice, use))])
    )


def _use(voice: Voice, usage: Usage) -> str:
    if usage.counts:
        return voice.say("%(feature)s %(count)s a month", feature=usage.feature, count=number(usage.counts[-1]))
    if usage.last:
        return voice.say("%(feature)s, last %(day)s", feature=usage.feature, day=voice.clock.on(usage.last))
    return usage.feature


def _phone(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Phone"), _first(records, lambda one: one.phone))


def _last_contact(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    last = max((one.last_contact for one in records), default=0)
    yield Fact(voice.say("Last contact"), voice.clock.on(last) if last > 0 else "")


def _note(voice: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    yield Fact(voice.say("Note in the CRM"), _first(records, lambda one: one.note))


def _more(_: Voice, records: Sequence[Record]) -> Iterable[Fact]:
    """The team's own fields, each label once."""
    labels: dict[str, str] = {}
    for record in records:
        for label, value in record.more.items():
            if label and value:
                labels.setdefault(label, value)
    return [Fact(label, value) for label, value in labels.items()]


_FIELDS: Final[dict[str, Field]] = {
    "role": _role,
    "plan": _plan,
    "contract": _contract,
    "owner": _owner,
    "value": _value,
    "health": _health,
    "renewal": _renewal,
    "products": _products,
    "environment": _environment,
    "unused": _unused,
    "usage": _usage,
    "phone": _phone,
    "last_contact": _last_contact,
    "note": _note,
    "more": _more,
}

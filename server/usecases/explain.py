"""What the product makes of one mail: for administrators who wonder why it landed where it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec

from server.domain.addresses import company_domain
from server.domain.conversation import Conversation, Message, View
from server.domain.conversation import Customer as Record
from server.domain.customers import direction, external_party
from server.domain.events import Place
from server.domain.mail import Address, Mail
from server.domain.placing import READ
from server.domain.reading import Reading, ToRead
from server.domain.suggestion import Suggestion
from server.domain.teams import owning_teams
from server.domain.understanding import Feeling, Understood
from server.domain.workspace import Viewer, Workspace
from server.replies.embedding import Embedder
from server.replies.mood import notable
from server.replies.shelf import Stock, shelf_of
from server.replies.understand import understand
from server.usecases.suggest import MOST, best


class Party(msgspec.Struct, frozen=True):
    """An address of the mail."""

    email: str
    name: str


class Addresses(msgspec.Struct, frozen=True):
    """Who the mail names, header by header."""

    sender: Party = msgspec.field(name="from")
    to: list[Party]
    cc: list[Party]
    reply_to: list[Party]
    delivered_to: list[str]


class Customer(msgspec.Struct, frozen=True):
    """Who the customer is."""

    email: str
    name: str
    company_domain: str


class Ids(msgspec.Struct, frozen=True):
    """What the conversation is found by."""

    message_id: str
    references: list[str]
    fingerprinted: bool


class Feels(msgspec.Struct, frozen=True):
    """One head's word: how sure it is (0 to 1), the sentence that decided it, and whether the card marks it."""

    score: float
    sentence: str
    marked: bool


class Wanted(msgspec.Struct, frozen=True):
    """A time by which the customer wants something: the mail's words, and when that is (ISO 8601, the workspace's zone)."""

    text: str
    at: str
    timed: bool


class Proposed(msgspec.Struct, frozen=True):
    """One suggestion with its reasons; `text` is filled as far as the mail alone tells."""

    template: str
    title: str
    kind: str
    score: float
    reasons: list[str]
    unfilled: list[str]
    text: str


class Explanation(msgspec.Struct, frozen=True):
    """Everything that is worked out from the mail alone; customer and team need a workspace.

    Suggestions are the workspace's, or those that a workspace starts with.
    """

    subject: str
    date: int
    kind: str
    direction: str
    language: str
    addresses: Addresses
    customer: Customer | None
    team: str | None
    teams: list[str]
    ids: Ids
    new_text: str
    model: str
    category: str
    mood: dict[str, Feels]
    deadlines: list[Wanted]
    present: dict[str, str]
    missing: list[str]
    suggestions: list[Proposed]


def explain(
    mail: Mail, workspace: Workspace | None, embedder: Embedder, stock: Callable[[str], Stock], now: int
) -> Explanation:
    """Work out what the product makes of the mail. `stock` gives a team's templates ("" for none); `now` is ms since the epoch."""
    customer = external_party(mail, workspace.ours, workspace.forms) if workspace else None
    teams = list(owning_teams(mail, workspace.team_by_address)) if workspace else []
    zone = workspace.time_zone if workspace else "Asia/Tokyo"
    to_read = ToRead(mail.subject, mail.text[:READ], mail.date or now // 1000, mail.language, tuple(teams))
    understood = understand(to_read, embedder, zone=zone).understood
    marked = notable(understood.mood, ())
    return Explanation(
        subject=mail.subject,
        date=mail.date,
        kind=mail.kind.value,
        direction=direction(mail, workspace.ours, workspace.forms) if workspace else "",
        language=mail.language,
        addresses=Addresses(
            sender=_party(mail.sender),
            to=[_party(one) for one in mail.to],
            cc=[_party(one) for one in mail.cc],
            reply_to=[_party(one) for one in mail.reply_to],
            delivered_to=list(mail.delivered_to),
        ),
        customer=Customer(customer.email, customer.name, company_domain(customer.email)) if customer else None,
        team=teams[0] if teams else None,
        teams=teams,
        ids=Ids(mail.message_id, list(mail.references), mail.fingerprinted),
        new_text=mail.text,
        model=understood.model,
        category=understood.category,
        mood={
            feeling: Feels(round(sign.score, 4), sign.sentence, feeling in marked)
            for feeling in get_args(Feeling)
            for sign in (getattr(understood.mood, feeling),)
        },
        deadlines=[
            Wanted(one.text, datetime.fromtimestamp(one.at, ZoneInfo(zone)).isoformat(), one.timed)
            for one in understood.deadlines
        ],
        present=understood.present,
        missing=list(understood.missing),
        suggestions=_suggestions(
            mail, workspace or Workspace("", ""), understood, marked, stock(teams[0] if teams else ""), now
        ),
    )


def _suggestions(
    mail: Mail, workspace: Workspace, understood: Understood, moods: tuple[Feeling, ...], stock: Stock, now: int
) -> list[Proposed]:
    """Rank and fill as the card does, for nobody in particular."""
    shelf = shelf_of(stock)
    view = _view(mail, workspace, understood, moods, now)
    found = best(shelf, Viewer(workspace, None), Place(), view, understood)
    scores = {one.id: one.score for one in shelf.ranked(understood.vector, understood.language, MOST).best}
    return [
        Proposed(
            template=one.template,
            title=one.title or "clarifying questions",
            kind=one.kind,
            score=scores.get(one.template, 0.0),
            reasons=_reasons(one, understood.missing),
            unfilled=list(one.unfilled),
            text=one.text,
        )
        for one in found.rows
    ]


def _reasons(one: Suggestion, missing: Sequence[str]) -> list[str]:
    if one.kind == "clarify":
        return [f"missing: {', '.join(missing)}"]
    reasons = [f"like {one.picks} mails answered with this" if one.picks else "its words are like the mail's"]
    if one.kind == "upset":
        reasons.append("the customer seems upset")
    if one.present:
        reasons.append(f"the mail gives {', '.join(one.present)}")
    return reasons


def _view(mail: Mail, workspace: Workspace, understood: Understood, moods: tuple[Feeling, ...], now: int) -> View:
    """As much of a conversation as one mail is."""
    party = external_party(mail, workspace.ours, workspace.forms) or mail.sender
    conversation = Conversation(
        id="", subject=mail.subject, status="", kind="open", customer=party.email, active=0, teams=(), created=0,
        version=0, state=0, moods=moods,
    )  # fmt: skip
    message = Message("", "", party.email, party.name, mail.date, "in", asks=True)
    reading = Reading(model=understood.model, understood=understood)
    return View(now, message, conversation, Record("", name=party.name), None, reading=reading)


def _party(address: Address) -> Party:
    return Party(address.email, address.name)

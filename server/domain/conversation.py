"""A conversation and everything the sidebar shows of it. Times are milliseconds since the epoch, by Redis's clock."""

from __future__ import annotations

from typing import Literal

import msgspec

from server.domain.crm import Sight
from server.domain.reading import Reading
from server.domain.suggestion import Suggestions
from server.domain.understanding import Feeling


class Claim(msgspec.Struct, frozen=True):
    """A lease: who has the conversation, and until when. `fence` only grows over the conversation's life."""

    owner: str
    since: int
    expires: int
    fence: int
    drafting: bool = False  # a reply is being written: the longer lease


class ClaimEnd(msgspec.Struct, frozen=True):
    """How the last claim ended, for the cards that say so."""

    owner: str
    at: int
    how: Literal["expired", "released", "taken_over", "handed_over", "done", "overtaken"]
    by: str = ""
    reason: str = ""
    draft: int = 0  # when the owner had begun a reply that was not seen sent, so that they do not send it now


class Draft(msgspec.Struct, frozen=True):
    """A reply that has been begun and was not seen sent. With an `id` it lies in the mailbox `box` of its writer."""

    by: str
    at: int
    host: Literal["gmail", "outlook"]
    id: str = ""
    thread: str = ""
    box: str = ""  # the account's subject


class Answered(msgspec.Struct, frozen=True):
    """The newest answer of ours. `by` is "" when the mail does not say which of us wrote it."""

    by: str
    at: int


class Double(msgspec.Struct, frozen=True):
    """Two of us answered the same mail: `by` was the second, or answered what `other` had claimed."""

    by: str
    other: str
    at: int


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as a row of a history shows it: a card has a dozen of them, and reads no more than this of each."""

    id: str
    subject: str
    status: str
    kind: Literal["open", "working", "waiting", "done"]  # of the status, when it was set
    customer: str  # e-mail address of the external party, "" for internal mail
    active: int  # last mail or change of state that moves it up in a history
    hold: str = ""
    handler: str = ""  # who last replied or held it
    direction: Literal["in", "out", "internal"] = "in"  # of the newest mail
    snippet: str = ""  # of the newest mail
    newest: int = 0  # date of the newest mail


class Conversation(Past, frozen=True, kw_only=True):
    """One exchange with a customer, whatever clients and mailboxes it runs through."""

    teams: tuple[str, ...]  # the first one owns it
    created: int
    version: int  # grows with every visible change
    state: int  # grows with every change that makes drawn buttons stale
    priority: str = ""
    assignee: str = ""
    tags: tuple[str, ...] = ()
    due: int = 0
    claim: Claim | None = None
    ended: ClaimEnd | None = None
    fence: int = 0
    draft: Draft | None = None
    answered: Answered | None = None
    asked: int = 0  # the newest mail that asks us something
    double: Double | None = None  # until the customer writes again
    moods: tuple[Feeling, ...] = ()  # what must be seen of the customer's newest question
    closed_by: str = ""
    closed_at: int = 0
    mails: int = 0
    parts: tuple[str, ...] = ()  # conversations that proved to be this one; empty when it was always one
    alias: str = ""


class Message(msgspec.Struct, frozen=True):
    """What is kept of one mail."""

    key: str
    conversation: str  # the one it was born in
    sender: str
    name: str
    date: int  # seconds, as the mail says
    direction: Literal["in", "out", "internal"]
    subject: str = ""
    snippet: str = ""
    kind: str = "ordinary"
    fingerprinted: bool = False
    by: str = ""  # person id when one of us wrote it
    circle: str = ""  # "open", or the private teams it belongs to: one mail can stand in two circles
    asks: bool = False  # a customer's, and it waits for an answer: only such mails are read for their meaning
    via: str = ""  # how its customer was found, where From does not say: reply_to | behalf | form
    also: tuple[tuple[str, str], ...] = ()  # further addresses of the same writer, and how: reply_to | behalf


class Customer(msgspec.Struct, frozen=True):
    """A person outside: several addresses, one record. `id` is "" for somebody we have no record of yet."""

    id: str
    name: str = ""
    reading: str = ""
    company: str = ""  # as written by the team; "" shows the company of the domain
    role: str = ""
    note: str = ""
    language: str = ""
    addresses: tuple[str, ...] = ()
    since: int = 0
    edited: bool = False  # a person of the team has set the name: mails no longer change it


class Company(msgspec.Struct, frozen=True):
    """The company of a domain that is no free-mail provider."""

    domain: str
    name: str = ""


class Note(msgspec.Struct, frozen=True):
    """A colleague's words for colleagues."""

    id: str
    by: str
    at: int
    text: str
    mentions: tuple[str, ...] = ()


class Happening(msgspec.Struct, frozen=True):
    """One event of the timeline. `kind` names it (see server.domain.timeline), `data` holds ids and short words, never mail text."""

    at: int
    by: str
    kind: str
    born: str
    data: dict[str, str] = {}


class Presence(msgspec.Struct, frozen=True):
    """A colleague who looks at the conversation, or writes a reply, and when that was last seen."""

    person: str
    doing: Literal["viewing", "replying"]
    at: int


class HistoryRow(msgspec.Struct, frozen=True):
    """A conversation in the history of a person ("person") or of their company ("company")."""

    conversation: Past
    of: Literal["person", "company"]


class View(msgspec.Struct, frozen=True):
    """Everything the message card needs, from one round trip."""

    now: int
    message: Message | None  # the open mail; None when the conversation was reached by a row
    conversation: Conversation
    customer: Customer | None
    company: Company | None
    history: tuple[HistoryRow, ...] = ()  # newest first, the person's before the company's, without the open one
    more: str = ""  # cursor of the next page, "" when there is none
    returning: bool = False  # the person has written in other conversations too
    notes: tuple[Note, ...] = ()  # newest first, at most 3
    note_count: int = 0
    timeline: tuple[Happening, ...] = ()  # newest first, at most 8
    present: tuple[Presence, ...] = ()  # others than the viewer, newest first
    told: ClaimEnd | None = None  # the viewer's claim was taken over since they last looked
    mails: tuple[Message, ...] = ()  # newest first, at most 5: who wrote what in this conversation
    revision: int = 0  # version of the workspace's directory, to notice that a copy's is old
    sheet: str = ""  # the name of the lasting part of this card's drawing; "" when none is to be kept
    kept: bytes = b""  # that part, drawn before; then history, timeline and mails are left out here
    feed: int = 0  # how far the workspace's change feed had come (store/feed.py)
    reading: Reading = Reading()
    crm: Sight | None = None  # None: the workspace has no CRM, or there is no customer
    suggestions: Suggestions | None = None  # worked out beside the store (usecases.suggest)


class Recipient(msgspec.Struct, frozen=True):
    """Somebody outside whom a mail is being written to: who they are, and their conversation that matters most now."""

    address: str
    name: str = ""
    customer: Customer | None = None
    company: Company | None = None
    conversation: Conversation | None = None  # a colleague's open one before the newest
    contact: int = 0  # newest mail with them, ms


class Composed(msgspec.Struct, frozen=True):
    """What is known of a compose window: the conversation it answers, if that was found, and its recipients."""

    now: int
    view: View | None = None
    recipients: tuple[Recipient, ...] = ()
    revision: int = 0
    feed: int = 0


class SendCheck(msgspec.Struct, frozen=True):
    """What the records say to a send: "new" answers nothing of ours, "free", "held" by a colleague, "answered" by one just now."""

    code: Literal["new", "free", "held", "answered"]
    now: int = 0
    by: str = ""
    since: int = 0


class Sends(msgspec.Struct, frozen=True):
    """Sends of the last days: checked ones by what came of them, unchecked ones by reason."""

    days: int
    checked: dict[str, int] = {}
    missed: dict[str, int] = {}


class QueueRow(msgspec.Struct, frozen=True):
    """A conversation in the agent's queue."""

    conversation: Conversation
    customer: Customer | None


class Queue(msgspec.Struct, frozen=True):
    """The home card: counts of everything, and the first rows of each list."""

    now: int
    counts: dict[str, int]  # mentions, overdue, unclaimed, mine, held
    mentions: tuple[QueueRow, ...] = ()
    overdue: tuple[QueueRow, ...] = ()
    unclaimed: tuple[QueueRow, ...] = ()
    mine: tuple[QueueRow, ...] = ()
    held: tuple[QueueRow, ...] = ()
    revision: int = 0
    feed: int = 0


class QueuePage(msgspec.Struct, frozen=True):
    """One list of the queue, some rows at a time; `more` is the cursor of the next page, "" on the last."""

    now: int
    counts: dict[str, int]
    rows: tuple[QueueRow, ...] = ()
    more: str = ""
    revision: int = 0
    feed: int = 0

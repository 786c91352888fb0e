"""What happened, one sentence an event. The kinds are those the store's scripts write; names are looked up when drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cards.model import Block, Card, Entry, Header, Icon, Section, Text, Timeline, Tone
from server.domain.conversation import Happening, View
from server.screens.words import Voice, mark


@dataclass(frozen=True, slots=True)
class Kind:
    """A sentence with the actor as %(who)s and, when `look` finds it, %(what)s; `bare` is for when it does not."""

    icon: Icon
    bare: str
    full: str = ""
    look: Callable[[Voice, Happening], str] | None = None


def happenings(voice: Voice, view: View) -> tuple[Entry, ...]:
    """The events of the view, newest first. A kind of a later release is left out rather than shown as a word of ours."""
    return tuple(_entry(voice, event, KINDS[event.kind]) for event in view.timeline if event.kind in KINDS)


def timeline_card(voice: Voice, view: View, header: Header) -> Card:
    """All events on a card of their own."""
    entries = happenings(voice, view)
    block: Block = Timeline(entries) if entries else Text(voice.say("Nothing has happened yet."), Tone.SUBTLE)
    return Card("timeline", header, (Section((block,), voice.say("Activity"), id="timeline"),), voice.language)


def _entry(voice: Voice, event: Happening, kind: Kind) -> Entry:
    who = voice.who(event.by) if event.by else ""
    what = kind.look(voice, event) if kind.look else ""
    title = voice.say(kind.full, who=who, what=what) if what else voice.say(kind.bare, who=who)
    said = event.data.get("reason") or event.data.get("word") or ""
    return Entry(title, voice.clock.on(event.at), said, kind.icon)


def _to_person(voice: Voice, event: Happening) -> str:
    to = event.data.get("to", "")
    return voice.called(to) if to else ""


def _owner(voice: Voice, event: Happening) -> str:
    owner = event.data.get("owner", "")
    return voice.called(owner) if owner and owner != event.by else ""


def _writer(voice: Voice, event: Happening) -> str:
    return voice.who(event.by) if event.by else ""


def _other(voice: Voice, event: Happening) -> str:
    other = event.data.get("other", "")
    return voice.called(other) if other else ""


def _crm(voice: Voice, event: Happening) -> str:
    connection = event.data.get("connection", "")
    return next((one.name for one in voice.workspace.connections if one.id == connection), "")


def _status(voice: Voice, event: Happening) -> str:
    status = voice.workspace.status_by_id.get(event.data.get("to", ""))
    return status.name.in_(voice.language) if status else ""


def _hold(voice: Voice, event: Happening) -> str:
    hold = voice.workspace.hold_by_id.get(event.data.get("hold", ""))
    return hold.name.in_(voice.language) if hold else ""


def _priority(voice: Voice, event: Happening) -> str:
    priority = voice.workspace.priority_by_id.get(event.data.get("to", ""))
    return priority.name.in_(voice.language) if priority else ""


def _tags(_: Voice, event: Happening) -> str:
    return event.data.get("tags", "")


def _due(voice: Voice, event: Happening) -> str:
    due = event.data.get("due", "")
    return voice.clock.moment(int(due)) if due.isdecimal() and int(due) else ""


def _title(_: Voice, event: Happening) -> str:
    return event.data.get("title", "")


def _feeling(voice: Voice, event: Happening) -> str:
    msgid = _NOT_SO.get(event.data.get("feeling", ""))
    return voice.say(msgid) if msgid else ""


def _team(voice: Voice, event: Happening) -> str:
    return voice.team(event.data.get("to", ""))


_NOT_SO: Final = {
    "dissatisfied": mark("not upset"),
    "urgent": mark("not urgent"),
    "churn": mark("not about to leave"),
}

KINDS: Final[Mapping[str, Kind]] = {
    "claimed": Kind(Icon.PERSON, mark("%(who)s took it")),
    "replied": Kind(Icon.OUTGOING, mark("A reply was sent"), mark("%(what)s replied"), _writer),
    "double_reply": Kind(
        Icon.WARNING, mark("%(who)s sent a second reply"), mark("%(who)s sent a second reply beside %(what)s"), _other
    ),
    "send_stopped": Kind(
        Icon.LOCK,
        mark("A reply of %(who)s was stopped"),
        mark("A reply of %(who)s was stopped: %(what)s had it"),
        _other,
    ),
    "send_asked": Kind(
        Icon.INFO,
        mark("%(who)s was asked before sending"),
        mark("%(who)s was asked before sending: %(what)s had answered"),
        _other,
    ),
    "reply_started": Kind(Icon.PENCIL, mark("%(who)s started a reply")),
    "released": Kind(Icon.PERSON, mark("%(who)s released it"), mark("%(who)s ended the claim of %(what)s"), _owner),
    "handed_over": Kind(
        Icon.PERSON, mark("%(who)s handed it over"), mark("%(who)s handed it over to %(what)s"), _to_person
    ),
    "taken_over": Kind(Icon.WARNING, mark("%(who)s took it over"), mark("%(who)s took it over from %(what)s"), _owner),
    "claim_expired": Kind(Icon.CLOCK, mark("A claim expired"), mark("The claim of %(what)s expired"), _owner),
    "claim_lost_in_merge": Kind(
        Icon.WARNING,
        mark("A claim ended as two conversations became one"),
        mark("The claim of %(what)s ended as two conversations became one"),
        _owner,
    ),
    "status": Kind(Icon.INFO, mark("%(who)s changed the status"), mark("%(who)s set the status to %(what)s"), _status),
    "held": Kind(Icon.STATUS_WAITING, mark("%(who)s put it on hold"), mark("%(who)s put it on hold: %(what)s"), _hold),
    "hold_ended": Kind(Icon.STATUS_OPEN, mark("%(who)s ended the hold")),
    "hold_ended_by_customer": Kind(Icon.STATUS_OPEN, mark("The customer wrote, the hold ended")),
    "reopened_by_customer": Kind(Icon.STATUS_OPEN, mark("The customer wrote, it was reopened")),
    "priority": Kind(
        Icon.PRIORITY, mark("%(who)s cleared the priority"), mark("%(who)s set the priority to %(what)s"), _priority
    ),
    "assigned": Kind(
        Icon.PERSON, mark("%(who)s removed the assignment"), mark("%(who)s assigned it to %(what)s"), _to_person
    ),
    "tags": Kind(Icon.INFO, mark("%(who)s removed the tags"), mark("%(who)s set the tags: %(what)s"), _tags),
    "due": Kind(Icon.CLOCK, mark("%(who)s cleared the due time"), mark("%(who)s set the due time: %(what)s"), _due),
    "noted": Kind(Icon.NOTE, mark("%(who)s added a note")),
    "customer_edited": Kind(Icon.PERSON, mark("%(who)s edited the customer")),
    "customers_merged": Kind(Icon.PERSON, mark("%(who)s added an address to the customer")),
    "address_split": Kind(Icon.PERSON, mark("%(who)s took an address off the customer")),
    "moved": Kind(Icon.COMPANY, mark("%(who)s moved it to another team"), mark("%(who)s moved it to %(what)s"), _team),
    "merged": Kind(Icon.INFO, mark("Two conversations proved to be one")),
    "picked": Kind(Icon.OUTGOING, mark("%(who)s used a template"), mark("%(who)s used “%(what)s”"), _title),
    "unpicked": Kind(Icon.INFO, mark("%(who)s took back the use of a template")),
    "mood_corrected": Kind(
        Icon.INFO, mark("%(who)s corrected how the mail was read"), mark("%(who)s noted: %(what)s"), _feeling
    ),
    "promised": Kind(
        Icon.CLOCK, mark("%(who)s promised an answer"), mark("%(who)s promised an answer by %(what)s"), _due
    ),
    "split": Kind(Icon.INFO, mark("%(who)s separated the conversations")),
    "record_linked": Kind(
        Icon.PERSON, mark("%(who)s chose the record in the CRM"), mark("%(who)s chose the record in %(what)s"), _crm
    ),
    "record_unlinked": Kind(
        Icon.PERSON, mark("%(who)s took off a record of the CRM"), mark("%(who)s took off a record of %(what)s"), _crm
    ),
    "logged": Kind(
        Icon.OUTGOING, mark("%(who)s logged a mail in the CRM"), mark("%(who)s logged a mail in %(what)s"), _crm
    ),
    "unlogged": Kind(
        Icon.INFO, mark("%(who)s took a mail out of the CRM"), mark("%(who)s took a mail out of %(what)s"), _crm
    ),
    "created": Kind(
        Icon.INFO, mark("%(who)s made something in the CRM"), mark("%(who)s made something in %(what)s"), _crm
    ),
}

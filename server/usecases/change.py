"""An agent changes a conversation: what was clicked and typed becomes a Change, the store decides, the answer is an outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.addresses import clean_email
from server.domain.changes import (
    AddNote,
    Assign,
    Change,
    Correct,
    EditCustomer,
    HandOver,
    LinkRecord,
    MergeCustomers,
    Move,
    Release,
    SetDue,
    SetHold,
    SetPriority,
    SetStatus,
    SetTags,
    SplitAddress,
    Take,
    TakeOver,
    UnlinkRecord,
    UnlogMail,
    Unmerge,
    Unpick,
)
from server.domain.crm import RecordKind
from server.domain.errors import TooLong
from server.domain.mentions import mentioned
from server.domain.outcomes import Done, NotOurs, Outcome, Refusal, Refused
from server.domain.ports import Elsewhere
from server.domain.roles import may
from server.domain.understanding import Feeling
from server.domain.workspace import Viewer
from server.usecases.acting import acting, refused
from server.usecases.desk import Command, Desk

LONGEST: Final = {
    "note": 4000,
    "reason": 500,
    "word": 500,
    "name": 120,
    "reading": 120,
    "company": 120,
    "role": 120,
    "customer_note": 2000,
}
TAGS: Final = 12
TAG_LENGTH: Final = 30

Made = Change | Refusal


def _text(command: Command, name: str) -> str:
    """Return what was typed, NULs taken out. Raises TooLong: nothing is cut off behind the agent's back."""
    text = command.typed(name).replace("\0", "")
    if len(text) > LONGEST[name]:
        raise TooLong(name)
    return text


def _colleague(command: Command, name: str) -> str | None:
    """Return the id of the living person chosen under this name; None when there is none."""
    person = command.viewer.workspace.person_by_id.get(command.typed(name) or command.args.get(name, ""))
    return person.id if person and not person.archived else None


def _release(command: Command) -> Made:
    others = command.args.get("others") == "1"
    if others and not may(command.viewer.role, "release_others"):
        return Refusal.NOT_ALLOWED
    return Release(others)


def _hand_over(command: Command) -> Made:
    to = _colleague(command, "to")
    if to is None or to == command.viewer.id:
        return Refusal.UNKNOWN_VALUE
    return HandOver(to, _text(command, "word"))


def _take_over(command: Command) -> Made:
    reason = _text(command, "reason")
    if not reason:
        return Refusal.NEEDS_TEXT
    fence = command.args.get("fence", "")
    return TakeOver(reason, int(fence)) if fence.isdecimal() and len(fence) < 16 else Refusal.STALE


def _status(command: Command) -> Made:
    status = command.viewer.workspace.status_by_id.get(command.args.get("status") or command.typed("status"))
    return SetStatus(status.id, status.kind) if status and not status.archived else Refusal.UNKNOWN_VALUE


def _hold(command: Command) -> Made:
    hold = command.args.get("hold", command.typed("hold"))
    known = command.viewer.workspace.hold_by_id.get(hold)
    return SetHold(hold) if not hold or (known and not known.archived) else Refusal.UNKNOWN_VALUE


def _priority(command: Command) -> Made:
    priority = command.args.get("priority", command.typed("priority"))
    known = command.viewer.workspace.priority_by_id.get(priority)
    return SetPriority(priority) if not priority or (known and not known.archived) else Refusal.UNKNOWN_VALUE


def _assign(command: Command) -> Made:
    if command.args.get("clear") == "1" or not command.typed("to"):
        return Assign("")
    to = _colleague(command, "to")
    return Assign(to) if to else Refusal.UNKNOWN_VALUE


def _tags(command: Command) -> Made:
    words = (
        word.strip().lstrip("#\uff03")[:TAG_LENGTH]
        for word in command.typed("tags").replace("、", ",").replace("\uff0c", ",").split(",")
    )
    return SetTags(tuple(dict.fromkeys(word for word in words if word))[:TAGS])


def _due(command: Command) -> Made:
    typed = command.typed("due")
    if command.args.get("clear") == "1" or not typed:
        return SetDue(0)
    try:
        moment = datetime.fromisoformat(typed)
        return SetDue(int(moment.replace(tzinfo=zone_of(command)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return Refusal.UNKNOWN_VALUE


def _note(command: Command) -> Made:
    text = _text(command, "note")
    return AddNote(text, mentioned(text, command.viewer.workspace.people)) if text else Refusal.NEEDS_TEXT


def _customer(command: Command) -> Made:
    name, reading, company, role, note = (
        _text(command, field) for field in ("name", "reading", "company", "role", "customer_note")
    )
    return EditCustomer(name, reading, company, role, note)


def _merge_customers(command: Command) -> Made:
    address = clean_email(command.typed("address"))
    ours = command.viewer.workspace.ours
    if "@" not in address or address in ours.addresses or address.rpartition("@")[2] in ours.domains:
        return Refusal.UNKNOWN_VALUE
    return MergeCustomers(address)


def _split_address(command: Command) -> Made:
    address = clean_email(command.args.get("address") or command.typed("address"))
    return SplitAddress(address) if address else Refusal.UNKNOWN_VALUE


def _move(command: Command) -> Made:
    team = command.viewer.workspace.team_by_id.get(command.args.get("team") or command.typed("team"))
    return Move(team.id) if team and not team.archived else Refusal.UNKNOWN_VALUE


def _unmerge(command: Command) -> Made:
    return Unmerge(command.args.get("part", ""))


def _unpick(command: Command) -> Made:
    pick = command.args.get("pick", "")
    return Unpick(pick) if pick else Refusal.UNKNOWN_VALUE


def _correct(command: Command) -> Made:
    feeling = command.args.get("feeling", "")
    return Correct(cast("Feeling", feeling)) if feeling in get_args(Feeling) else Refusal.UNKNOWN_VALUE


def _ref(command: Command, make: type[LinkRecord | UnlinkRecord]) -> Made:
    args = command.args
    connection, kind, record = args.get("connection", ""), args.get("kind", ""), args.get("record", "")
    known = any(one.id == connection and not one.off for one in command.viewer.workspace.connections)
    if not known or kind not in get_args(RecordKind) or not record:
        return Refusal.UNKNOWN_VALUE
    return make(connection, cast("RecordKind", kind), record)


MAKERS: Final[Mapping[str, tuple[str, Callable[[Command], Made]]]] = {
    "take": ("work", lambda _: Take()),
    "release": ("work", _release),
    "hand_over": ("work", _hand_over),
    "take_over": ("take_over", _take_over),
    "status": ("work", _status),
    "hold": ("work", _hold),
    "priority": ("work", _priority),
    "assign": ("assign", _assign),
    "tags": ("work", _tags),
    "due": ("work", _due),
    "note": ("work", _note),
    "customer": ("work", _customer),
    "merge_customers": ("merge_customers", _merge_customers),
    "split_address": ("merge_customers", _split_address),
    "move": ("move_team", _move),
    "unmerge": ("split_conversation", _unmerge),
    "unpick": ("work", _unpick),
    "correct": ("work", _correct),
    "crm_link": ("work", lambda command: _ref(command, LinkRecord)),
    "crm_unlink": ("work", lambda command: _ref(command, UnlinkRecord)),
    "crm_unlog": ("work", lambda command: UnlogMail(command.args.get("connection", ""))),
}
"""Name of the action -> the deed it needs (domain.roles), and how a click becomes a change."""

_WITH_QUESTION: Final = frozenset(
    {"take_over", "hand_over", "assign", "customer", "merge_customers", "split_address", "move", "tags", "due"}
)


def change(name: str) -> Callable[[Desk, Command], Outcome]:
    """Return the use-case that applies the change of this name."""
    deed, make = MAKERS[name]

    def apply(desk: Desk, command: Command) -> Outcome:
        viewer = acting(command)
        if viewer is None:
            return refused(desk, command, Refusal.NEEDS_NAME, _question(name))
        if not may(viewer.role, deed):
            return refused(desk, command, Refusal.NOT_ALLOWED, _question(name))
        made = make(command)
        if isinstance(made, Refusal):
            return refused(desk, command, made, _question(name))
        acted = desk.conversations.act(viewer, command.target, made, once=command.once)
        if isinstance(acted, Elsewhere):
            return NotOurs()
        if acted.code == "ok":
            return Done(acted.view, name, _word(made, viewer), acted.replayed)
        question = name if name == "take_over" and acted.view.conversation.claim else ""
        if question and acted.view.conversation.claim and acted.view.conversation.claim.owner == viewer.id:
            question = ""
        return Refused(Refusal(acted.code), acted.view, _kept(command, question), question)

    return apply


def zone_of(command: Command) -> ZoneInfo:
    """Return the agent's time zone, else the workspace's."""
    try:
        return ZoneInfo(command.place.time_zone or command.viewer.workspace.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # what a client says may be anything, a path too
        return ZoneInfo(command.viewer.workspace.time_zone)


def _question(name: str) -> str:
    """Return the question card on which the click's words were typed, "" when that was the message card."""
    return name if name in _WITH_QUESTION else ""


def _kept(command: Command, question: str) -> dict[str, str]:
    """Return what had been typed; a reason that has lost its question waits in the note field."""
    kept = command.kept
    if not question and "note" not in kept and (words := kept.get("reason") or kept.get("word")):
        kept["note"] = words
    return kept


def _word(made: Change, viewer: Viewer) -> str:
    """Return the id that the toast's sentence speaks of."""
    match made:
        case (
            HandOver(to=word)
            | Assign(to=word)
            | SetStatus(status=word)
            | SetHold(hold=word)
            | SetPriority(priority=word)
            | Move(team=word)
        ):
            return word
        case _:
            return viewer.id if viewer.shared else ""

"""What the team's CRMs have said of a customer, and the words for why a record is shown or nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cards.escape import link
from cards.model import Link
from server.domain.conversation import View
from server.domain.crm import Connection, Entry, Reason, Record, Trouble
from server.screens.words import Voice, mark

TROUBLES: Final[Mapping[Trouble, str]] = {
    "refused": mark("%(crm)s refused access. An administrator should look at the connection."),
    "missing": mark("%(crm)s no longer has this."),
    "conflict": mark("Somebody changed this in %(crm)s at the same moment."),
    "busy": mark("%(crm)s takes no more questions for the moment."),
    "slow": mark("%(crm)s did not answer in time."),
    "down": mark("%(crm)s cannot be reached."),
    "broken": mark("%(crm)s does not answer and is left alone for a while."),
    "garbled": mark("%(crm)s answered something that cannot be read."),
    "mapping": mark("%(crm)s does not have a field that the connection names. An administrator should look at it."),
    "unsafe": mark("The address of %(crm)s may not be called. An administrator should look at the connection."),
    "unset": mark("%(crm)s is not fully connected yet. An administrator should look at the connection."),
    "failed": mark("Something went wrong on our side with %(crm)s."),
}
"""Why a CRM gave nothing, as an agent reads it: what an administrator must know stands on their own page."""

_REASONS: Final[Mapping[Reason, str]] = {
    Reason.CHOSEN: mark("chosen by your team"),
    Reason.EXACT: mark("same address"),
    Reason.ALIAS: mark("another address of theirs"),
    Reason.SUBADDRESS: mark("same mailbox"),
    Reason.REPLY_TO: mark("address for replies"),
    Reason.BEHALF: mark("sent on behalf of this address"),
    Reason.FORM: mark("address in the form"),
    Reason.NAME: mark("same name at the same company"),
    Reason.DOMAIN: mark("same company domain"),
}
"""Why this record, most trusted first."""


def answers(voice: Voice, view: View) -> list[tuple[Connection, Entry]]:
    """What each CRM has said, in the workspace's order; of a connection that is gone or switched off nothing is shown."""
    said = {entry.connection: entry for entry in view.crm.entries} if view.crm else {}
    return [(one, said[one.id]) for one in voice.workspace.connections if one.id in said and not one.off]


def records_of(voice: Voice, view: View) -> tuple[Record, ...]:
    """The records that are shown, people's before companies': what a company has is its people's only where they have nothing."""
    found = [entry.record for _, entry in answers(voice, view) if entry.record]
    return tuple(sorted(found, key=lambda one: one.ref.kind == "company"))


def person_of(voice: Voice, view: View) -> Record | None:
    """The first record that is this person's own."""
    return next((one for one in records_of(voice, view) if one.ref.kind != "company"), None)


def reason_words(voice: Voice, reason: Reason | None) -> str:
    """Why a record is taken for the customer's."""
    return voice.say(_REASONS[reason]) if reason else ""


def trouble_words(voice: Voice, trouble: Trouble | None, connection: Connection) -> str:
    """What is wrong with a CRM, by its name."""
    msgid = TROUBLES[trouble or "failed"]
    return voice.say(msgid, crm=connection.name)


def crm_link(url: str) -> Link | None:
    """A page of a CRM, if it may be opened: https only (and this machine's own, for trying things out)."""
    return Link(url) if url.startswith("http") and link(url) else None

"""Several records may be the customer's: each with the reason for it, for an agent to choose from, once for the whole team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from cards.model import Action, Block, Button, Icon, Row, Text, Tone
from server.domain.conversation import View
from server.domain.crm import Candidate, Connection, CrmRef, Entry
from server.domain.matching import trusted
from server.domain.workspace import Viewer
from server.screens.buttons import naming
from server.screens.crm_said import answers, crm_link, reason_words
from server.screens.words import Voice

SHOWN: Final = 3
ALL: Final = Action("ask", {"what": "crm_records"})


def others(entry: Entry) -> tuple[Candidate, ...]:
    """The records that may be the customer's besides the one that is shown."""
    shown = entry.record.ref if entry.record else None
    return tuple(one for one in entry.candidates if one.ref != shown)


def candidate_rows(voice: Voice, viewer: Viewer, connection: Connection, entry: Entry) -> list[Block]:
    """What stands to choose from: where nothing is shown yet, or a company is and somebody there has the customer's name."""
    left = others(entry)
    if entry.state == "found":
        people = entry.record is not None and entry.record.ref.kind == "company"
        left = tuple(one for one in left if people and one.ref.kind != "company")
    if not left or (entry.state == "failed" and not entry.at):
        return []
    off = _taken_off(entry)
    blocks: list[Block] = []
    if entry.state != "found":
        blocks.append(_asking(voice, connection, entry, len(left), off))
    same = len({one.company for one in left[:SHOWN]}) == 1  # what is the same of all tells none apart
    shown = (replace(one, company="") if same else one for one in left[:SHOWN])
    blocks += (_row(voice, viewer, connection, one, off) for one in shown)
    return blocks


def records_question(
    voice: Voice, viewer: Viewer, view: View, _: Mapping[str, str]
) -> tuple[str, list[Block], tuple[Button, ...]]:
    """The card with all records that may be the customer's, the one that is shown first."""
    blocks: list[Block] = []
    for connection, entry in answers(voice, view):
        candidates = others(entry)
        if not candidates:
            continue
        blocks.append(Text(connection.name, strong=True))
        if entry.record:
            reason = reason_words(voice, entry.reason)
            shown = voice.say("shown now")
            name = entry.record.name or voice.say("(no name)")
            blocks.append(Row(name, above=shown, below=reason, icon=_icon(entry.record.ref), strong=True))
        off = _taken_off(entry)
        blocks += [_row(voice, viewer, connection, one, off) for one in candidates]
    title = voice.say("Which record is this customer's?")
    if not blocks:
        return title, [Text(voice.say("There is no other record."))], ()
    return title, [Text(voice.say("Your choice holds for the whole team."), Tone.SUBTLE), *blocks], ()


def _asking(voice: Voice, connection: Connection, entry: Entry, count: int, off: CrmRef | None) -> Row:
    name = voice.say("%(crm)s · %(when)s", crm=connection.name, when=voice.clock.when(entry.at))
    text = (
        voice.say("This record was taken off.")
        if off is not None
        else voice.say("Is this their record?")
        if count == 1
        else voice.say("Which of %(count)d records is theirs?", count=count)
    )
    return Row(text, above=name)


def _taken_off(entry: Entry) -> CrmRef | None:
    """The record that would be shown by itself, had nobody said that it is not the customer's."""
    one = trusted(entry.candidates, entry.wanted) if entry.state == "several" else None
    return one.ref if one else None


def _row(voice: Voice, viewer: Viewer, connection: Connection, one: Candidate, off: CrmRef | None) -> Row:
    args = {"connection": connection.id, "kind": one.ref.kind, "record": one.ref.id}
    label = voice.say("Link again") if one.ref == off else _label(voice, one.ref)
    name = one.name or _address(one) or voice.say("(no name)")
    return Row(
        name,
        above=reason_words(voice, one.reason),
        below=" · ".join(_distinct((one.company, _address(one)), name)),
        icon=_icon(one.ref),
        target=crm_link(one.url),
        button=Button(label, Action("crm_link", args), needs=naming(viewer)),
    )


def _label(voice: Voice, ref: CrmRef) -> str:
    return voice.say("This company") if ref.kind == "company" else voice.say("This person")


def _icon(ref: CrmRef) -> Icon:
    return Icon.COMPANY if ref.kind == "company" else Icon.PERSON


def _address(one: Candidate) -> str:
    return next(iter(one.addresses), "") or one.domain


def _distinct(texts: Iterable[str], but: str) -> list[str]:
    return [text for text in texts if text and text != but]

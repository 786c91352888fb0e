"""The message card: who has it, how urgent, who is this, what has happened. Nothing empty is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import msgspec

from cards.model import Block, Card, Field, Icon, Kept, Notice, Row, Section, Timeline, Tone
from server.domain.conversation import Note, View
from server.domain.workspace import Viewer
from server.screens.buttons import acting_as, button, claim_of, deeds, naming, note_field, row
from server.screens.customer import customer_section, header_of
from server.screens.history import history_section, mail_entries
from server.screens.notices import notices_of
from server.screens.state import state_of
from server.screens.suggestions import similar_section, suggestions_section
from server.screens.timeline import happenings
from server.screens.words import Voice

NOTES_SHOWN: Final = 2
_kept: Final = msgspec.msgpack.Decoder(Kept).decode
NOTHING_TYPED: Final[Mapping[str, str]] = MappingProxyType({})


def message_card(
    voice: Voice,
    viewer: Viewer,
    view: View,
    *,
    first: Sequence[Notice] = (),
    form: Mapping[str, str] = NOTHING_TYPED,
) -> Card:
    """The card of one conversation. `first` goes before everything else; `form` is what had been typed."""
    notices = (*first, *notices_of(voice, view))
    sections: list[Section | Kept] = []
    if notices:
        sections.append(Section(notices, id="notices"))
    note_first = _held_by_another(viewer, view)
    steps: tuple[Block, ...] = (*acting_as(voice, viewer, form.get("acting_as", "")), deeds(voice, viewer, view))
    sections += (
        Section(state_of(voice, viewer, view), id="state"),
        Section((_note_field(voice, viewer, view, form), *steps) if note_first else steps, id="steps"),
    )
    if view.kept:
        sections.append(_kept(view.kept))
    else:
        sections += (replace(section, lasting=True) for section in _past(voice, viewer, view, note_first, form))
    sections += foot(voice, "refresh", "home")
    return Card("message", header_of(voice, view), tuple(sections), voice.language)


def _past(voice: Voice, viewer: Viewer, view: View, note_first: bool, form: Mapping[str, str]) -> Iterator[Section]:
    """Who this is and what has happened: the same at every look until a record changes, so it says no relative times."""
    yield from suggestions_section(voice, viewer, view)
    yield from similar_section(voice, view)
    if view.customer:
        yield customer_section(voice, viewer, view, view.customer)
    if section := history_section(voice, view):
        yield section
    if view.mails and (len(view.mails) > 1 or view.message is None):
        mails = view.conversation.mails
        title = voice.count("Mail in this conversation (%(count)d)", "Mails in this conversation (%(count)d)", mails)
        yield Section((Timeline(mail_entries(voice, view)),), title, collapsible=True, id="mails")
    if view.notes or not note_first:
        yield _notes(voice, viewer, view, None if note_first else form)
    if view.timeline:
        events = (Timeline(happenings(voice, view)), row(voice.language, "timeline"))
        yield Section(events, voice.say("Activity"), collapsible=True, id="timeline")


def foot(voice: Voice, refresh: str, *further: str) -> tuple[Section, ...]:
    """The last line. Only Gmail needs to say how old the card is: elsewhere changes come by themselves."""
    blocks: list[Block] = []
    if voice.provider == "google":
        as_of = voice.say("As of %(time)s", time=voice.clock.time(voice.clock.now))
        blocks.append(Row(as_of, tone=Tone.SUBTLE, button=button(voice.language, refresh)))
    if further:
        blocks.append(row(voice.language, *further))
    return (Section(tuple(blocks), id="foot"),) if blocks else ()


def _held_by_another(viewer: Viewer, view: View) -> bool:
    """Whether a note is all that is left to do, so that its field stands among the verbs."""
    claim = claim_of(view)
    return claim is not None and claim.owner != viewer.id and not naming(viewer) and view.conversation.kind != "done"


def _notes(voice: Voice, viewer: Viewer, view: View, form: Mapping[str, str] | None) -> Section:
    """The newest notes, then a line to write one, then the older ones folded."""
    notes = [_note(voice, note) for note in view.notes]
    blocks: list[Block] = [*notes[:NOTES_SHOWN]]
    if form is not None:
        field = _note_field(voice, viewer, view, form)
        blocks += (field, row(voice.language, "note", needs=(*naming(viewer), field.name)))
    shown = len(blocks)
    blocks += notes[NOTES_SHOWN:]
    title = voice.say("Notes (%(count)d)", count=view.note_count) if view.note_count else voice.say("Notes")
    return Section(tuple(blocks), title, collapsible=len(blocks) > shown, shown=shown, id="notes")


def _note(voice: Voice, note: Note) -> Row:
    above = f"{voice.full(note.by)} · {voice.clock.on(note.at)}"
    if voice.me in note.mentions:
        return Row(note.text, above, icon=Icon.MENTION, tone=Tone.ACCENT)
    return Row(note.text, above, icon=Icon.NOTE)


def _note_field(voice: Voice, viewer: Viewer, view: View, form: Mapping[str, str]) -> Field:
    label, hint = voice.say("Note to the team"), voice.say("@name tells a colleague")
    return Field(note_field(viewer, view), label, form.get("note", ""), hint)

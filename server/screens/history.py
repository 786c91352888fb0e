"""What has happened with this customer before, and the mails of the open conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cards.model import Action, Block, Button, Buttons, Card, Entry, Header, Icon, Section, Text, Timeline, Tone
from server.domain.conversation import HistoryRow, View
from server.screens.crm_said import records_of
from server.screens.dealings import Dealing, dealings_of
from server.screens.words import Voice

ROWS_SHOWN: Final = 3
OPEN_SHOWN: Final = 5
ITEMS_SHOWN: Final = 8
"""Dealings between the conversations of a message card: the card keeps room for the rest (cards.google.MAX_WIDGETS)."""
DIRECTIONS: Final = {"in": Icon.INCOMING, "out": Icon.OUTGOING, "internal": Icon.INTERNAL}


def history_section(voice: Voice, view: View) -> Section | None:
    """What has happened with the person, mails and dealings as one timeline, then what their company has written.

    What is open in a CRM comes first, then the newest three of all; None when nothing has happened.
    """
    dealings = dealings_of(voice, records_of(voice, view))
    own, others = _rows(voice, view.history)
    # Older dealings stand between the conversations of the next page.
    since = own[-1].at if own and view.more else 0
    past = [one for one in dealings.past if one.at >= since]
    lines = sorted([*own, *past[:ITEMS_SHOWN]], key=_newest)
    opened = dealings.open[:OPEN_SHOWN]
    total = len(lines) + len(others) + len(opened)
    if not total:
        return None
    cut = len(past) > ITEMS_SHOWN or len(dealings.open) > OPEN_SHOWN
    blocks: list[Block] = []
    if opened:
        blocks += (Text(voice.say_as("customer's things in CRMs", "Open"), Tone.SUBTLE), _timeline(opened))
    if lines:
        blocks += (Text(voice.say("Recent"), Tone.SUBTLE),) if opened else ()
        blocks.append(_timeline(lines[:ROWS_SHOWN]))
    # The first rows are open, whoever's they are: the company's stand below a line that says so.
    shown = len(blocks) or 2
    if lines[ROWS_SHOWN:]:
        blocks.append(_timeline(lines[ROWS_SHOWN:]))
    if others:
        blocks.append(Text(voice.say("Others at the same company"), Tone.SUBTLE))
        open_ones = len(others) if blocks[:-1] else ROWS_SHOWN
        blocks.append(_timeline(others[:open_ones]))
        if others[open_ones:]:
            blocks.append(_timeline(others[open_ones:]))
    if cut:  # from the beginning: the dealings that were left out stand between what is shown here
        blocks.append(Buttons((_further(voice, "", 0),)))
    elif view.more:
        blocks.append(Buttons((_further(voice, view.more, since if view.crm else 0),)))
    more = cut or bool(view.more)
    title = voice.say("History (%(count)d+)", count=total) if more else voice.say("History (%(count)d)", count=total)
    return Section(tuple(blocks), title=title, collapsible=len(blocks) > shown, shown=shown, id="history")


def history_card(voice: Voice, view: View, header: Header, before: int = 0) -> Card:
    """One further page of the history, on a card of its own: dealings from `before` (0: now) down to its oldest conversation."""
    dealings = dealings_of(voice, records_of(voice, view))
    own, others = _rows(voice, view.history)
    since = own[-1].at if own and view.more else 0
    everything = dealings.past if before else (*dealings.open, *dealings.past)
    past = [one for one in everything if one.at >= since and (not before or one.at < before)]
    lines = sorted([*own, *past], key=_newest)
    blocks: list[Block] = [_timeline(lines)] if lines else []
    if others:
        blocks += (Text(voice.say("Others at the same company"), Tone.SUBTLE), _timeline(others))
    if not blocks:
        blocks.append(Text(voice.say("There is nothing older."), Tone.SUBTLE))
    if view.more:
        blocks.append(Buttons((_further(voice, view.more, (since or before) if view.crm else 0),)))
    return Card("history", header, (Section(tuple(blocks), title=voice.say("History"), id="history"),), voice.language)


def mail_entries(voice: Voice, view: View) -> tuple[Entry, ...]:
    """Who wrote what in this conversation."""
    return tuple(
        Entry(
            voice.full(mail.by) if mail.by else mail.name or mail.sender or voice.subject(mail.subject),
            _kind(voice, mail.kind, voice.clock.on(mail.date * 1000) if mail.date else ""),
            mail.snippet,
            DIRECTIONS[mail.direction],
        )
        for mail in view.mails
    )


def _kind(voice: Voice, kind: str, when: str) -> str:
    if kind == "auto_reply":
        return " · ".join(filter(None, (voice.say("automatic reply"), when)))
    if kind == "bounce":
        return " · ".join(filter(None, (voice.say("delivery report"), when)))
    return when


def _rows(voice: Voice, history: Sequence[HistoryRow]) -> tuple[list[Dealing], list[Dealing]]:
    """Conversations of the person, and of others at their company."""
    own: list[Dealing] = []
    others: list[Dealing] = []
    when = voice.clock.on
    for row in history:
        conversation = row.conversation
        detail = f"{voice.status(conversation)} · {when(conversation.newest or conversation.active)}"
        if conversation.handler:
            detail = f"{voice.short(conversation.handler)} · {detail}"
        if row.of == "company":
            detail = f"{conversation.customer} · {detail}" if conversation.customer else detail
        entry = Entry(
            conversation.subject or voice.subject(""),
            detail,
            conversation.snippet,
            DIRECTIONS[conversation.direction],
            Action("peek", {"conversation": conversation.id}),
        )
        (own if row.of == "person" else others).append(Dealing(conversation.active, entry))
    return own, others


def _newest(one: Dealing) -> int:
    return -one.at


def _timeline(lines: Iterable[Dealing]) -> Timeline:
    return Timeline(tuple(one.entry for one in lines))


def _further(voice: Voice, cursor: str, before: int) -> Button:
    args = {"cursor": cursor, "before": str(before)} if before else {"cursor": cursor}
    return Button(voice.say("Show more"), Action("history", args))

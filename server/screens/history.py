"""What has happened with this customer before, and the mails of the open conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cards.model import Action, Block, Button, Buttons, Card, Entry, Header, Icon, Section, Text, Timeline, Tone
from server.domain.conversation import HistoryRow, View
from server.screens.words import Voice

ROWS_SHOWN: Final = 3
DIRECTIONS: Final = {"in": Icon.INCOMING, "out": Icon.OUTGOING, "internal": Icon.INTERNAL}


def history_section(voice: Voice, view: View) -> Section:
    """Past conversations of the person, then of their company; the newest three are open."""
    total = len(view.history)
    title = (
        voice.say("History (%(count)d+)", count=total) if view.more else voice.say("History (%(count)d)", count=total)
    )
    blocks = _rows(voice, view.history, cut=ROWS_SHOWN)
    if view.more:
        blocks.append(Buttons((_further(voice, view.more),)))
    # The first rows are open, whoever's they are: the company's stand below a line that says so.
    shown = 2 if isinstance(blocks[0], Text) else 1
    return Section(tuple(blocks), title=title, collapsible=len(blocks) > shown, shown=shown, id="history")


def history_card(voice: Voice, view: View, header: Header) -> Card:
    """One further page of the history, on a card of its own."""
    blocks = _rows(voice, view.history, cut=0)
    if not blocks:
        blocks.append(Text(voice.say("There is nothing older."), Tone.SUBTLE))
    if view.more:
        blocks.append(Buttons((_further(voice, view.more),)))
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


def _rows(voice: Voice, history: Sequence[HistoryRow], *, cut: int) -> list[Block]:
    """Rows of the person and of the company apart; `cut` > 0 makes the first so many a block of their own."""
    own: list[Entry] = []
    others: list[Entry] = []
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
        (own if row.of == "person" else others).append(entry)
    blocks: list[Block] = []
    if own:
        blocks.append(Timeline(tuple(own[:cut] if cut else own)))
        if 0 < cut < len(own):
            blocks.append(Timeline(tuple(own[cut:])))
    if others:
        blocks.append(Text(voice.say("Others at the same company"), Tone.SUBTLE))
        open_ones = cut if cut and not own else len(others)
        blocks.append(Timeline(tuple(others[:open_ones])))
        if open_ones < len(others):
            blocks.append(Timeline(tuple(others[open_ones:])))
    return blocks


def _further(voice: Voice, cursor: str) -> Button:
    return Button(voice.say("Show more"), Action("history", {"cursor": cursor}))

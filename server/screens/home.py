"""The home card: counts first, then what waits, the most pressing list first."""

from __future__ import annotations

from typing import Final

from cards.model import Action, Block, Card, Header, Icon, Row, Section, Text, Tone
from server.domain.conversation import Queue, QueueRow
from server.screens.message import foot
from server.screens.state import due_words, mood_words
from server.screens.words import Voice, mark

_LISTS: Final = (
    ("mentions", mark("For you"), Icon.MENTION),
    ("overdue", mark("Overdue"), Icon.WARNING),
    ("unclaimed", mark("Unclaimed"), Icon.STATUS_OPEN),
    ("mine", mark("Mine"), Icon.STATUS_WORKING),
    ("held", mark("On hold"), Icon.STATUS_WAITING),
)
_WAITING_FOR_US: Final = ("mentions", "overdue", "unclaimed", "mine")


def home_card(voice: Voice, queue: Queue) -> Card:
    """What waits for the agent and the team."""
    rows = {
        "mentions": queue.mentions,
        "overdue": queue.overdue,
        "unclaimed": queue.unclaimed,
        "mine": queue.mine,
        "held": queue.held,
    }
    counts = {name: max(queue.counts.get(name, 0), len(rows[name])) for name, _, _ in _LISTS}
    blocks: list[Block] = []
    if line := " · ".join(f"{voice.say(title)} {counts[name]}" for name, title, _ in _LISTS if counts[name]):
        blocks.append(Text(line, strong=True))
    if not any(counts[name] for name in _WAITING_FOR_US):
        blocks.append(Text(voice.say("No customer is waiting for us right now."), Tone.SUBTLE))
    sections = [Section(tuple(blocks), id="counts")]
    for name, title, icon in _LISTS:
        if rows[name]:
            lines: list[Block] = [_row(voice, row, icon) for row in rows[name]]
            if (more := counts[name] - len(lines)) > 0:
                lines.append(Text(voice.count("%(count)d more", "%(count)d more", more), Tone.SUBTLE))
            heading = voice.say("%(title)s (%(count)d)", title=voice.say(title), count=counts[name])
            sections.append(Section(tuple(lines), heading, id=name))
    sections += foot(voice, "refresh_home", "queue_page", "settings")
    return Card("home", Header(voice.say("Queue"), voice.workspace.name), tuple(sections), voice.language)


def _row(voice: Voice, row: QueueRow, icon: Icon) -> Row:
    conversation = row.conversation
    name = row.customer.name if row.customer else ""
    moods = mood_words(voice, conversation)
    parts = [*moods]
    if conversation.due:
        parts.append(due_words(voice, conversation.due))
    else:
        parts.append(voice.clock.when(conversation.newest or conversation.active))
    holder = conversation.claim.owner if conversation.claim else conversation.assignee
    if holder and holder != voice.me:
        parts.append(voice.short(holder))
    if conversation.hold:
        hold = voice.workspace.hold_by_id.get(conversation.hold)
        parts += [hold.name.in_(voice.language)] if hold else []
    late = 0 < conversation.due < voice.clock.now
    return Row(
        voice.subject(conversation.subject),
        above=voice.customer(name) if name else conversation.customer or voice.say("Internal mail"),
        below=" · ".join(parts),
        icon=Icon.PRIORITY if moods else icon,
        tone=Tone.DANGER if late else Tone.WARNING if moods else Tone.NEUTRAL,
        target=Action("peek", {"conversation": conversation.id}),
        one_line=True,
    )

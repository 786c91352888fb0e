"""The queue's page for a second screen: counts first, then what waits, in words that can be read from further away."""

from __future__ import annotations

from typing import Final, NamedTuple

from server.domain.conversation import Queue, QueuePage, QueueRow
from server.domain.workspace import Viewer
from server.screens.state import due_words, mood_words
from server.screens.times import Clock, zone
from server.screens.words import Catalogue, Voice, catalogue, mark

LISTS: Final = {
    "mentions": mark("For you"),
    "overdue": mark("Overdue"),
    "unclaimed": mark("Unclaimed"),
    "mine": mark("Mine"),
    "held": mark("On hold"),
}
"""Names as in `Conversations.queue_page`, the most pressing one first."""
_NEVER_EMPTY: Final = ("overdue", "unclaimed", "mine", "held")
"""Counted even when there are none: a screen on the wall says so from where it hangs."""
_WAITING_FOR_US: Final = ("mentions", "overdue", "unclaimed", "mine")


class Count(NamedTuple):
    """How many wait in one list; leads to it."""

    name: str  # "" leads to the overview
    title: str
    number: int
    here: bool


class Line(NamedTuple):
    """One conversation."""

    id: str
    customer: str
    subject: str
    time: str
    late: bool
    marks: tuple[
        str, ...
    ]  # what must be seen of the customer, priority, why it is on hold, that a reply is being written
    holder: str  # "" when nobody has it
    initials: str
    mine: bool


class Block(NamedTuple):
    """One list, or its first lines."""

    name: str
    title: str
    lines: tuple[Line, ...]
    more: str  # words of the link to the rest, "" when this is all
    cursor: str  # where the rest begins; "" leads to the whole list


class Board(NamedTuple):
    """All of the page that changes."""

    title: str  # of the window
    as_of: str
    feed: int
    counts: tuple[Count, ...]
    blocks: tuple[Block, ...]
    calm: str  # instead of lists, or above them, when nobody waits
    back: str  # words of the link to the list's beginning, "" at the beginning


class Frame(NamedTuple):
    """All of the page that stays: headings, buttons, and what its script may have to say."""

    language: str
    heading: str
    lists: str
    nobody: str
    ended: str
    cut_off: str
    updated: str


class Door(NamedTuple):
    """The page of somebody who is not signed in, or not yet."""

    language: str
    heading: str
    opening: str
    closed: str
    how_long: str
    trouble: str
    again: str
    no_script: str


def voice_of(viewer: Viewer, spoken: str, time_zone: str, now: int) -> Voice:
    """Return how the page speaks to this agent: as they have chosen, else as their browser asks, else as the workspace does."""
    workspace = viewer.workspace
    language = viewer.preferences.language or spoken or workspace.language
    clock = Clock(now, zone(time_zone, workspace.time_zone), catalogue(language).dates)
    return Voice(language, workspace, viewer.id, viewer.provider, clock)


def frame_of(voice: Voice) -> Frame:
    """What surrounds the lists."""
    return Frame(
        language=voice.language,
        heading=voice.say("Queue"),
        lists=voice.say("Lists"),
        nobody=voice.say("nobody has it yet"),
        ended=_closed(catalogue(voice.language)),
        cut_off=voice.say("No connection. What is shown here may be out of date."),
        updated=voice.say("Updated"),
    )


def door_of(language: str) -> Door:
    """What somebody reads who has no session."""
    words = catalogue(language)
    return Door(
        language=words.language,
        heading=words.say("Queue"),
        opening=words.say("Opening the queue"),
        closed=_closed(words),
        how_long=words.say(
            "Each link works once, within a minute. The page then stays open until 12 hours after its last use."
        ),
        trouble=words.say("The service cannot be reached right now."),
        again=words.say("Try again"),
        no_script=words.say("This page needs JavaScript."),
    )


def overview(voice: Voice, queue: Queue) -> Board:
    """The beginnings of all lists that are not empty."""
    rows = {name: getattr(queue, name) for name in LISTS}
    counts = {name: max(queue.counts.get(name, 0), len(rows[name])) for name in LISTS}
    blocks = []
    for name, title in LISTS.items():
        if rows[name]:
            more = voice.say("Show all (%(count)d)", count=counts[name]) if counts[name] > len(rows[name]) else ""
            blocks.append(Block(name, voice.say(title), _lines(voice, rows[name]), more, ""))
    calm = (
        "" if any(counts[name] for name in _WAITING_FOR_US) else voice.say("No customer is waiting for us right now.")
    )
    return _board(voice, "", counts, tuple(blocks), queue.feed, calm)


def one_list(voice: Voice, page: QueuePage, name: str, cursor: str) -> Board:
    """One list from the cursor on."""
    counts = dict(page.counts)
    counts[name] = max(counts.get(name, 0), len(page.rows))
    more = voice.say("Next") if page.more else ""
    block = Block(name, voice.say(LISTS[name]), _lines(voice, page.rows), more, page.more)
    calm = "" if page.rows else voice.say("There is nothing in this list.")
    back = voice.say("Back to the beginning") if cursor else ""
    return _board(voice, name, counts, (block,) if page.rows else (), page.feed, calm, back)


def initials(name: str) -> str:
    """Return one or two letters for somebody: 佐 for 佐藤 美咲, CC for Chloe Clarke."""
    words = name.split()
    if not words:
        return ""
    if words[0][0] > "\u2fff":
        return words[0][0]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def _board(
    voice: Voice, here: str, counts: dict[str, int], blocks: tuple[Block, ...], feed: int, calm: str, back: str = ""
) -> Board:
    shown = [
        Count(name, voice.say(title), counts.get(name, 0), name == here)
        for name, title in LISTS.items()
        if counts.get(name, 0) or name in _NEVER_EMPTY or name == here
    ]
    first = next((f"{one.title} {one.number} · " for one in shown if one.number and one.name in _WAITING_FOR_US), "")
    return Board(
        title=f"{first}{voice.say('Queue')}",
        as_of=voice.say("As of %(time)s", time=voice.clock.time(voice.clock.now)),
        feed=feed,
        counts=(Count("", voice.say("Overview"), 0, not here), *shown),
        blocks=blocks,
        calm=calm,
        back=back,
    )


def _lines(voice: Voice, rows: tuple[QueueRow, ...]) -> tuple[Line, ...]:
    return tuple(_line(voice, row) for row in rows)


def _line(voice: Voice, row: QueueRow) -> Line:
    conversation = row.conversation
    name = row.customer.name if row.customer else ""
    claim = conversation.claim
    holder = claim.owner if claim else conversation.assignee
    marks = mood_words(voice, conversation)
    if conversation.priority:
        marks.append(voice.priority(conversation))
    if conversation.hold and (hold := voice.workspace.hold_by_id.get(conversation.hold)):
        marks.append(hold.name.in_(voice.language))
    if claim and claim.drafting:
        marks.append(voice.say("Writing a reply"))
    if conversation.due:
        time = due_words(voice, conversation.due)
    else:
        time = voice.clock.when(conversation.newest or conversation.active)
    return Line(
        id=conversation.id,
        customer=voice.customer(name) if name else conversation.customer or voice.say("Internal mail"),
        subject=voice.subject(conversation.subject),
        time=time,
        late=0 < conversation.due < voice.clock.now,
        marks=tuple(filter(None, marks)),
        holder="" if not holder else voice.say("You") if holder == voice.me else voice.short(holder),
        initials=initials(voice.full(holder)) if holder else "",
        mine=holder == voice.me,
    )


def _closed(words: Catalogue) -> str:
    return words.say("Please open the queue again from Sobani in Gmail or Outlook.")

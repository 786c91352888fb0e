"""The state of a conversation, one line each and only what there is: holder, urgency, who else is here, where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from cards.model import Action, Block, Button, Icon, Row, Text, Tone
from server.domain.conversation import Conversation, Presence, View
from server.domain.understanding import Deadline, Feeling, Understood
from server.domain.workspace import Viewer
from server.screens.buttons import claim_of, naming, replied
from server.screens.history import DIRECTIONS
from server.screens.words import Voice, mark

PEOPLE_NAMED: Final = 3
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_STATUSES: Final = {
    "open": (Icon.STATUS_OPEN, Tone.NEUTRAL),
    "working": (Icon.STATUS_WORKING, Tone.ACCENT),
    "waiting": (Icon.STATUS_WAITING, Tone.NEUTRAL),
    "done": (Icon.STATUS_DONE, Tone.GOOD),
}


class _Felt(NamedTuple):
    bare: str
    quoting: str
    word: str


_FEELINGS: Final[Mapping[Feeling, _Felt]] = {
    "dissatisfied": _Felt(mark("Possibly upset"), mark("Possibly upset: “%(sentence)s”"), mark("Upset")),
    "urgent": _Felt(mark("Possibly urgent"), mark("Possibly urgent: “%(sentence)s”"), mark("In a hurry")),
    "churn": _Felt(mark("Possibly about to leave"), mark("Possibly about to leave: “%(sentence)s”"), mark("May leave")),
}


def state_of(voice: Voice, viewer: Viewer, view: View) -> tuple[Block, ...]:
    """The lines under the header. A conversation that no open mail stands for begins with its subject."""
    conversation = view.conversation
    blocks: list[Block] = []
    if view.message is None and view.customer:
        subject = voice.subject(conversation.subject)
        blocks.append(Row(subject, below=conversation.snippet, icon=DIRECTIONS[conversation.direction]))
    blocks.append(_holder(voice, view))
    if conversation.kind != "done":
        blocks += _reply(voice, view)
    if conversation.priority or conversation.due:
        blocks += _urgency(voice, view)
    if conversation.kind != "done" and (understood := view.reading.understood):
        blocks += _moods(voice, viewer, view, understood)
        if understood.deadlines:
            blocks.append(_wanted(voice, understood.deadlines[0]))
    if view.present:
        blocks += _present(voice, view.present)
    place = list(conversation.tags)
    if len(voice.workspace.teams) > 1:
        place.insert(0, voice.names([name for team in conversation.teams if (name := voice.team(team))]))
    if line := " · ".join(filter(None, place)):
        blocks.append(Text(line, Tone.SUBTLE))
    return tuple(blocks)


def due_words(voice: Voice, due: int) -> str:
    """The due time, and how far it is when that is less than a day."""
    time = voice.clock.moment(due)
    left = due - voice.clock.now
    if left < 0:
        return voice.say("due %(time)s (%(length)s overdue)", time=time, length=voice.clock.lasting(-left))
    if left < _DAY:
        return voice.say("due %(time)s (%(length)s left)", time=time, length=voice.clock.lasting(left))
    return voice.say("due %(time)s", time=time)


def _holder(voice: Voice, view: View) -> Row:
    conversation = view.conversation
    icon, tone = _STATUSES["waiting" if conversation.hold else conversation.kind]
    below = ""
    claim = claim_of(view)
    if claim:
        name = voice.say("You") if claim.owner == voice.me else voice.full(claim.owner)
        holder = voice.say("%(name)s (%(when)s)", name=name, when=voice.clock.when(claim.since))
        until = voice.clock.moment(claim.expires)
        draft = conversation.draft
        if draft and draft.by == claim.owner:
            since = voice.clock.moment(draft.at)
            below = voice.say("Draft since %(since)s, not seen sent · until %(time)s", since=since, time=until)
        elif claim.drafting:
            below = voice.say("Writing a reply · until %(time)s", time=until)
        else:
            below = voice.say("Until %(time)s", time=until)
    elif conversation.kind == "done":
        holder = ""
        if conversation.closed_by:
            name = voice.say("You") if conversation.closed_by == voice.me else voice.full(conversation.closed_by)
            holder = voice.say("%(name)s (closed %(when)s)", name=name, when=voice.clock.then(conversation.closed_at))
    elif conversation.assignee == voice.me:
        holder = voice.say("assigned to you")
    elif conversation.assignee:
        holder = voice.say("assigned to %(name)s", name=voice.full(conversation.assignee))
    else:
        holder = voice.say("nobody has it yet")
    text = voice.status(conversation)
    return Row(f"{text} · {holder}" if holder else text, below=below, icon=icon, tone=tone, strong=True)


def _reply(voice: Voice, view: View) -> list[Row]:
    """That the customer has been answered, and whose draft may still go out."""
    conversation, claim, rows = view.conversation, claim_of(view), []
    if replied(view) and (answered := conversation.answered):
        when = voice.clock.then(answered.at)
        text = (
            voice.say("%(who)s answered %(when)s", who=voice.who(answered.by), when=when)
            if answered.by
            else voice.say("Answered %(when)s", when=when)
        )
        rows.append(Row(text, icon=Icon.OUTGOING, tone=Tone.GOOD))
    draft = conversation.draft
    if draft and not (claim and claim.owner == draft.by):
        since = voice.clock.moment(draft.at)
        text = (
            voice.say("Your draft since %(since)s, not seen sent", since=since)
            if draft.by == voice.me
            else voice.say("Draft of %(name)s since %(since)s, not seen sent", name=voice.called(draft.by), since=since)
        )
        rows.append(Row(text, icon=Icon.PENCIL, tone=Tone.WARNING))
    return rows


def _urgency(voice: Voice, view: View) -> list[Row]:
    conversation = view.conversation
    priority = voice.priority(conversation)
    parts = [priority] if priority else []
    tone = Tone.WARNING if priority and _comes_first(voice, conversation) else Tone.NEUTRAL
    if conversation.due:
        parts.append(due_words(voice, conversation.due))
        left = conversation.due - view.now
        if conversation.kind != "done" and left < _HOUR:
            tone = Tone.DANGER if left < 0 else Tone.WARNING
    return [Row(" · ".join(parts), icon=Icon.PRIORITY if priority else Icon.CLOCK, tone=tone)] if parts else []


def mood_words(voice: Voice, conversation: Conversation) -> list[str]:
    """What must be seen of the customer, a word each: for a row of a list."""
    return [voice.say(_FEELINGS[feeling].word) for feeling in conversation.moods]


def _moods(voice: Voice, viewer: Viewer, view: View, understood: Understood) -> list[Row]:
    """What must be seen of the customer, with the sentence that says so, and the way to say that it is not so."""
    rows = []
    for feeling in view.conversation.moods:
        sentence = getattr(understood.mood, feeling).sentence
        said = _FEELINGS[feeling]
        text = voice.say(said.quoting, sentence=sentence) if sentence else voice.say(said.bare)
        wrong = Button(voice.say("Not so"), Action("correct", {"feeling": feeling}), needs=naming(viewer))
        rows.append(Row(text, icon=Icon.WARNING, tone=Tone.WARNING, button=wrong))
    return rows


def _wanted(voice: Voice, deadline: Deadline) -> Row:
    """By when the customer wants it, and how the mail says so."""
    at = deadline.at * 1000
    time = voice.clock.moment(at) if deadline.timed else voice.clock.day(at)
    late = at < voice.clock.now
    return Row(
        voice.say("Wanted by %(time)s", time=time),
        below=voice.say("“%(text)s”", text=deadline.text) if deadline.text else "",
        icon=Icon.CLOCK,
        tone=Tone.WARNING if late else Tone.NEUTRAL,
    )


def _comes_first(voice: Voice, conversation: Conversation) -> bool:
    """Whether no living priority of the workspace comes before this one."""
    own = voice.workspace.priority_by_id[conversation.priority].order
    return all(own <= other.order for other in voice.workspace.priorities if not other.archived)


def _present(voice: Voice, present: tuple[Presence, ...]) -> list[Row]:
    """Who else is here; somebody who writes a reply matters more than those who look."""
    rows = []
    if here := [one for one in present if one.doing == "replying"]:
        text = voice.say("%(names)s replying · %(when)s", names=_named(voice, here), when=voice.clock.when(here[0].at))
        rows.append(Row(text, icon=Icon.PENCIL, tone=Tone.WARNING))
    if here := [one for one in present if one.doing == "viewing"]:
        text = voice.say("%(names)s viewing · %(when)s", names=_named(voice, here), when=voice.clock.when(here[0].at))
        rows.append(Row(text, icon=Icon.EYE, tone=Tone.SUBTLE))
    return rows


def _named(voice: Voice, here: list[Presence]) -> str:
    names = voice.names([voice.called(one.person) for one in here[:PEOPLE_NAMED]])
    others = len(here) - PEOPLE_NAMED
    return (
        voice.count("%(names)s and %(count)d other", "%(names)s and %(count)d others", others, names=names)
        if others > 0
        else names
    )

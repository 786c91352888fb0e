"""The card beside a compose window: who else is at it, who the recipients are, and text for the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    Field,
    Header,
    Icon,
    Notice,
    Option,
    Row,
    Section,
    Text,
    Tone,
)
from server.domain.categories import name_of
from server.domain.conversation import Conversation, Recipient, View
from server.domain.outcomes import Refused, Writing
from server.domain.suggestion import Suggestion
from server.domain.workspace import Viewer
from server.screens.buttons import acting_as, button, claim_of, naming
from server.screens.customer import header_of
from server.screens.editor import text_field
from server.screens.findings import findings_of
from server.screens.notices import notices_of
from server.screens.state import state_of
from server.screens.suggestions import args_of, preview, reasons, title_of
from server.screens.words import Voice

RECIPIENTS_NAMED = 5
ALL: Final = "all"
"""The category of all categories: the value of an option is never empty."""


def compose_card(voice: Voice, viewer: Viewer, writing: Writing, sentence: str = "") -> Card:
    """The card of one compose window. `sentence` says what became of a click."""
    composed = writing.composed
    view = composed.view
    notices: list[Notice] = [Notice(sentence, Tone.WARNING)] if isinstance(writing.said, Refused) else []
    if view:
        notices += notices_of(voice, view)
        if holder := _held_by(voice, view.conversation):
            text = voice.say("While %(who)s has this, your reply cannot be sent.", who=voice.called(holder))
            notices.append(Notice(text, Tone.WARNING))
    held = [] if view else [one for one in composed.recipients if _held_by(voice, one.conversation)]
    notices += [_held_notice(voice, one) for one in held]
    sections: list[Section] = []
    if notices:
        sections.append(Section(tuple(notices), id="notices"))
    if view:
        steps: tuple[Block, ...] = (*acting_as(voice, viewer), *_steps(voice, viewer, view))
        sections.append(Section((*state_of(voice, viewer, view), *steps), id="state"))
    sections += _recipients(voice, writing)
    sections += _templates(voice, writing)
    sections.append(_text(voice, writing))
    header = header_of(voice, view) if view else _header(voice, composed.recipients)
    return Card("compose", header, tuple(sections), voice.language)


def _header(voice: Voice, recipients: tuple[Recipient, ...]) -> Header:
    if not recipients:
        return Header(voice.say("New mail"), icon=Icon.PENCIL)
    first = recipients[0]
    others = len(recipients) - 1
    name = _name(voice, first)
    title = (
        voice.count("%(name)s and %(count)d other", "%(name)s and %(count)d others", others, name=name)
        if others
        else name
    )
    return Header(title, _company(first), Icon.PERSON)


def _steps(voice: Voice, viewer: Viewer, view: View) -> tuple[Buttons, ...]:
    """The way out for somebody who writes what a colleague has, and the claim for what nobody has."""
    claim = claim_of(view)
    if view.conversation.kind == "done" or (claim and claim.owner == viewer.id):
        return ()
    return (Buttons((button(voice.language, "take_over" if claim else "take", naming(viewer)),)),)


def _recipients(voice: Voice, writing: Writing) -> list[Section]:
    recipients = writing.composed.recipients
    if not writing.known:
        blocks: tuple[Block, ...] = (
            Text(voice.say("To show who the recipients are, Sobani needs your permission to read them.")),
            Buttons((button(voice.language, "grant_recipients"),)),
        )
        return [Section(blocks, voice.say("Recipients"), id="recipients")]
    if not recipients:
        return (
            []
            if writing.composed.view
            else [
                Section(
                    (Text(voice.say("Nobody outside the company is a recipient yet."), Tone.SUBTLE),), id="recipients"
                )
            ]
        )
    rows: list[Block] = [_row(voice, one) for one in recipients[:RECIPIENTS_NAMED]]
    if (more := len(recipients) - len(rows)) > 0:
        rows.append(Text(voice.count("%(count)d more", "%(count)d more", more), Tone.SUBTLE))
    return [Section(tuple(rows), voice.say("Recipients"), id="recipients")]


def _templates(voice: Voice, writing: Writing) -> list[Section]:
    """What is proposed for the mail that is answered, then the templates by category and words."""
    view, found = writing.composed.view, writing.found
    sections: list[Section] = []
    if view and view.suggestions and view.suggestions.rows:
        shown = view.suggestions.shown
        understood = view.reading.understood
        missing = understood.missing if understood else ()
        first, *rest = view.suggestions.rows
        proposed = [*_answer(voice, first, missing, shown)]
        proposed += (_answer(voice, one, missing, shown)[0] for one in rest)
        sections.append(Section(tuple(proposed), voice.say("Suggested replies"), id="suggestions"))
    if not writing.categories and found is None:
        return sections
    chosen = found.category if found else ""
    options = (
        Option(ALL, voice.say("All"), chosen in {"", ALL}),
        *(Option(one, name_of(one, voice.language), one == chosen) for one in writing.categories if one),
    )
    blocks: list[Block] = [
        Choice("category", voice.say("Category"), options),
        Field("find", voice.say("Words"), found.words if found else "", max_length=100),
        Buttons((Button(voice.say("Find"), Action("find")),)),
    ]
    if found:
        blocks += (block for one in found.rows for block in _answer(voice, one))
        if not found.rows:
            blocks.append(Text(voice.say("No template was found."), Tone.SUBTLE))
        elif found.more > 0:
            blocks.append(Text(voice.count("%(count)d more", "%(count)d more", found.more), Tone.SUBTLE))
    sections.append(Section(tuple(blocks), voice.say("Templates"), id="templates"))
    return sections


def _answer(voice: Voice, one: Suggestion, missing: Sequence[str] = (), shown: Sequence[str] = ()) -> tuple[Block, ...]:
    insert = Button(voice.say("Insert"), Action("insert", args_of(one, shown)))
    row = Row(title_of(voice, one), below=reasons(voice, one, missing), strong=True, button=insert)
    return (row, preview(one.text)) if one.text.strip() else (row,)


def _text(voice: Voice, writing: Writing) -> Section:
    """Words of the agent's own: checked, mended, and put at the cursor."""
    field = text_field(voice, writing.text)
    insert = Button(voice.say("Insert at the cursor"), Action("insert"), filled=True, needs=(field.name,))
    check = Button(voice.say("Check"), Action("check_text"), needs=(field.name,))
    said = findings_of(voice, writing.findings, {}, replace="replace_text", checked=writing.checked)
    return Section((field, *said, Buttons((insert, check))), voice.say("Insert text"), id="insert")


def _row(voice: Voice, one: Recipient) -> Row:
    conversation = one.conversation
    parts = []
    if conversation is None:
        parts.append(voice.say("First-time customer"))
    else:
        parts.append(voice.say("Last mail %(when)s", when=voice.clock.when(one.contact)) if one.contact else "")
        parts.append(f"{voice.status(conversation)}: {voice.subject(conversation.subject)}")
    return Row(
        _name(voice, one),
        above=_company(one),
        below=" · ".join(filter(None, parts)),
        icon=Icon.LOCK if _held_by(voice, conversation) else Icon.PERSON,
        tone=Tone.WARNING if _held_by(voice, conversation) else Tone.NEUTRAL,
        target=Action("peek", {"conversation": conversation.id}) if conversation else None,
    )


def _name(voice: Voice, one: Recipient) -> str:
    name = (one.customer.name if one.customer else "") or one.name
    return voice.customer(name) if name else one.address


def _company(one: Recipient) -> str:
    written = one.customer.company if one.customer else ""
    return written or ((one.company.name or one.company.domain) if one.company else "")


def _held_by(voice: Voice, conversation: Conversation | None) -> str:
    """The colleague who has this open conversation now, "" when there is none."""
    claim = conversation.claim if conversation and conversation.kind != "done" else None
    return claim.owner if claim and claim.owner != voice.me and claim.expires > voice.clock.now else ""


def _held_notice(voice: Voice, one: Recipient) -> Notice:
    conversation = one.conversation
    claim = conversation.claim if conversation else None
    text = voice.say(
        "%(who)s is dealing with %(customer)s: “%(subject)s”",
        who=voice.who(claim.owner if claim else ""),
        customer=_name(voice, one),
        subject=voice.subject(conversation.subject if conversation else ""),
    )
    return Notice(text, Tone.WARNING)

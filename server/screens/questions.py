"""The question cards: what is asked before a change, with its consequence, and what had been typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Field,
    Header,
    Notice,
    Option,
    Section,
    Text,
    Tone,
)
from server.domain.conversation import View
from server.domain.workspace import Viewer
from server.screens.buttons import MOST_OPTIONS, acting_as, button, claim_of, naming, people
from server.screens.candidates import records_question
from server.screens.errands import create_question
from server.screens.state import due_words
from server.screens.words import Voice

Form = Mapping[str, str]
Asked = tuple[str, list[Block], tuple[Button, ...]]
"""The question itself, what stands under it, and the verbs that answer it."""


def question_card(
    voice: Voice, viewer: Viewer, view: View, what: str, form: Form, *, refused: Notice | None = None
) -> Card:
    """The card of one question. Answering or cancelling leads back to the message card."""
    title, blocks, verbs = QUESTIONS[what](voice, viewer, view, form)
    before: list[Block] = [refused] if refused else []
    choose = acting_as(voice, viewer, form.get("acting_as", "")) if verbs else ()
    back = button(voice.language, "back")
    after: tuple[Block, ...] = (Buttons((*verbs, back)),)
    if len(verbs) > 1:  # answers of any length stand below each other
        after = (*(Buttons((verb,)) for verb in verbs), Buttons((back,)))
    name = voice.customer(view.customer.name) if view.customer and view.customer.name else view.conversation.customer
    subtitle = " · ".join(filter(None, (name, voice.subject(view.conversation.subject))))
    section = Section((*before, *blocks, *choose, *after), id=what)
    return Card(what.replace("_", "-"), Header(title, subtitle), (section,), voice.language)


def _submit(label: str, action: Action, viewer: Viewer, *needs: str, filled: bool = True) -> Button:
    return Button(label, action, filled=filled, needs=(*naming(viewer), *needs))


def _take_over(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    title = voice.say("Take over")
    claim = claim_of(view)
    if claim is None:
        free = Text(voice.say("Nobody has this conversation now."))
        return title, [free], (button(voice.language, "take", naming(viewer), filled=True),)
    who, when = voice.who(claim.owner), voice.clock.then(claim.since)
    sentence = (
        voice.say("%(who)s took this %(when)s and is replying.", who=who, when=when)
        if claim.drafting
        else voice.say("%(who)s took this %(when)s.", who=who, when=when)
    )
    consequence = voice.say("Your reason is shown to them and stays in the activity.")
    field = Field(
        "reason",
        voice.say("Reason"),
        form.get("reason", ""),
        voice.say("For example: off today, the customer is waiting"),
        max_length=500,
    )
    verb = _submit(voice.say("Take over"), Action("take_over", {"fence": str(claim.fence)}), viewer, "reason")
    return title, [Text(sentence), Text(consequence, Tone.SUBTLE), field], (verb,)


def _hand_over(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    consequence = voice.say("Your claim ends and your colleague has it from now on.")
    blocks: list[Block] = [
        Text(consequence),
        Choice("to", voice.say("To"), _colleagues(viewer, view, form.get("to", ""), but=viewer.id)),
        Field("word", voice.say("A word to them (optional)"), form.get("word", ""), max_length=500),
    ]
    return voice.say("Hand over"), blocks, (_submit(voice.say("Hand over"), Action("hand_over"), viewer, "to"),)


def _assign(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    current = form.get("to", view.conversation.assignee)
    consequence = voice.say("It appears in their queue. Anyone can still take it.")
    blocks: list[Block] = [Text(consequence), Choice("to", voice.say("Assign to"), _colleagues(viewer, view, current))]
    if view.conversation.assignee:
        clear = _submit(voice.say("Remove the assignment"), Action("assign", {"clear": "1"}), viewer, filled=False)
        blocks.append(Buttons((clear,)))
    return voice.say("Assign"), blocks, (_submit(voice.say("Assign"), Action("assign"), viewer, "to"),)


def _hold(voice: Voice, viewer: Viewer, view: View, _: Form) -> Asked:
    consequence = voice.say("Your claim ends. When the customer writes, the hold ends by itself.")
    verbs = [
        _submit(hold.name.in_(voice.language), Action("hold", {"hold": hold.id}), viewer, filled=False)
        for hold in viewer.workspace.holds
        if not hold.archived and hold.id != view.conversation.hold
    ]
    if view.conversation.hold:
        verbs.append(button(voice.language, "resume", naming(viewer)))
    return voice.say("Why does it wait?"), [Text(consequence)], tuple(verbs)


def _status(voice: Voice, viewer: Viewer, view: View, _: Form) -> Asked:
    verbs = tuple(
        _submit(status.name.in_(voice.language), Action("status", {"status": status.id}), viewer, filled=False)
        for status in viewer.workspace.statuses
        if not status.archived and status.id != view.conversation.status
    )
    now = voice.say("It is now: %(status)s", status=voice.status(view.conversation))
    return voice.say("Change status"), [Text(now)], verbs


def _customer(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    customer = view.customer
    company = view.company.name if view.company else ""

    def field(name: str, label: str, value: str, limit: int = 120, *, multiline: bool = False) -> Field:
        return Field(name, label, form.get(name, value), multiline=multiline, max_length=limit)

    blocks: list[Block] = [
        field("name", voice.say("Name"), customer.name if customer else ""),
        field("reading", voice.say("Reading"), customer.reading if customer else ""),
        field("company", voice.say("Company"), (customer.company if customer else "") or company),
        field("role", voice.say("Role"), customer.role if customer else ""),
        field("customer_note", voice.say("About"), customer.note if customer else "", 2000, multiline=True),
        Text(voice.say("Holds for the whole team from now on."), Tone.SUBTLE),
    ]
    return voice.say("Edit customer"), blocks, (_submit(voice.say("Save"), Action("customer"), viewer),)


def _merge_customers(voice: Voice, viewer: Viewer, _: View, form: Form) -> Asked:
    consequence = voice.say("Both histories become one, for the whole team. You can take the address off again later.")
    field = Field("address", voice.say("Mail address of the same person"), form.get("address", ""), max_length=320)
    verb = _submit(voice.say("Add"), Action("merge_customers"), viewer, "address")
    return voice.say("Add an address of the same person"), [Text(consequence), field], (verb,)


def _split_address(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    addresses = view.customer.addresses if view.customer else ()
    title = voice.say("Remove another person's address")
    if len(addresses) < 2:
        return title, [Text(voice.say("This customer has only one address."))], ()
    chosen = form.get("address", addresses[-1])
    options = tuple(Option(address, address, address == chosen) for address in addresses[:MOST_OPTIONS])
    consequence = voice.say("The address becomes a customer of its own, with its own history, for the whole team.")
    verb = _submit(voice.say("Remove"), Action("split_address"), viewer, "address")
    return title, [Text(consequence), Choice("address", voice.say("Address"), options)], (verb,)


def _move(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    owner = view.conversation.teams[0] if view.conversation.teams else ""
    teams = [team for team in viewer.workspace.teams if not team.archived and team.id != owner]
    title = voice.say("Move to another team")
    if not teams:
        return title, [Text(voice.say("There is no other team."))], ()
    chosen = form.get("team", teams[0].id)
    options = tuple(Option(team.id, team.name, team.id == chosen) for team in teams[:MOST_OPTIONS])
    blocks: list[Block] = [Choice("team", voice.say("Team"), options)]
    if any(team.private for team in teams):
        blocks.insert(0, Text(voice.say("In a private team only its members see the conversation.")))
    return title, blocks, (_submit(voice.say("Move"), Action("move"), viewer, "team"),)


def _unmerge(voice: Voice, viewer: Viewer, view: View, _: Form) -> Asked:
    """Parts have no names of their own: they are told apart by the newest mail that was born in each."""
    parts = [part for part in view.conversation.parts if part != view.conversation.id]
    newest = {mail.conversation: mail for mail in reversed(view.mails)}
    verbs = []
    for number, part in enumerate(parts, 2):
        mail = newest.get(part)
        if mail:
            label = voice.say(
                "%(subject)s (%(when)s)", subject=voice.subject(mail.subject), when=voice.clock.when(mail.date * 1000)
            )
        else:
            label = voice.say("Part %(number)d", number=number)
        verbs.append(_submit(label, Action("unmerge", {"part": part}), viewer, filled=False))
    sentence = voice.say("Which part is a conversation of its own? It keeps its own mails and notes from now on.")
    return voice.say("Separate conversations"), [Text(sentence)], tuple(verbs)


def _tags(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    tags = form.get("tags", voice.say_as("between names", ", ").join(view.conversation.tags))
    field = Field("tags", voice.say("Tags"), tags, voice.say("Separated by commas"), max_length=400)
    return voice.say("Edit tags"), [field], (_submit(voice.say("Save"), Action("tags"), viewer),)


def _due(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
    due = view.conversation.due
    blocks: list[Block] = [DateTime("due", voice.say("Due time"), form.get("due", voice.clock.typed(due)))]
    if due:
        blocks.insert(0, Text(voice.say("It is now: %(status)s", status=due_words(voice, due)), Tone.SUBTLE))
        blocks.append(
            Buttons((_submit(voice.say("Clear due time"), Action("due", {"clear": "1"}), viewer, filled=False),))
        )
    return voice.say("Set due time"), blocks, (_submit(voice.say("Save"), Action("due"), viewer, "due"),)


def _colleagues(viewer: Viewer, view: View, chosen: str, but: str = "") -> tuple[Option, ...]:
    team = view.conversation.teams[0] if view.conversation.teams else ""
    return tuple(Option(one.id, one.name, one.id == chosen) for one in people(viewer, team) if one.id != but)


QUESTIONS: Final[Mapping[str, Callable[[Voice, Viewer, View, Form], Asked]]] = {
    "take_over": _take_over,
    "hand_over": _hand_over,
    "hold": _hold,
    "assign": _assign,
    "customer": _customer,
    "merge_customers": _merge_customers,
    "split_address": _split_address,
    "move": _move,
    "unmerge": _unmerge,
    "tags": _tags,
    "due": _due,
    "status": _status,
    "crm_records": records_question,
    "crm_contact": create_question("contact"),
    "crm_ticket": create_question("ticket"),
    "crm_deal": create_question("deal"),
}
"""Ask.what -> its card."""

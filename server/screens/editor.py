"""The card on which a reply is written: the text, what a careful colleague would say to it, and the way to the draft."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
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
from server.domain.outcomes import Editing
from server.domain.workspace import Viewer
from server.screens.answers import refused_words
from server.screens.buttons import acting_as, button, claim_of, naming
from server.screens.findings import errors_first, findings_of, sentence_of_finding
from server.screens.suggestions import lacks, variable_names
from server.screens.words import Voice

LONGEST: Final = 20_000
BENEFITS_SHOWN: Final = 3


def editor_card(voice: Voice, viewer: Viewer, editing: Editing) -> Card:
    """The card of one reply. Every click on it carries the text and what the text was made of."""
    view = editing.view
    args = _args(editing)
    blocks: list[Block] = list(_notices(voice, editing))
    if line := _made_of(voice, editing):
        blocks.append(line)
    blocks.append(_reply_to(voice, everyone=editing.everyone))
    field = text_field(voice, editing.text, placed=editing.placed)
    blocks.append(field)
    blocks += findings_of(voice, editing.findings, args, replace="replace", ignore="ignore", checked=editing.checked)
    blocks += _benefits(voice, editing, args, field.name)
    form = editing.refused.form if editing.refused else {}
    blocks += acting_as(voice, viewer, form.get("acting_as", ""))
    needs = (*naming(viewer), field.name)
    gmail = voice.provider == "google"
    insert = voice.say("Make the draft") if gmail else voice.say("Put into the reply form")
    verbs = (
        Button(insert, Action("start_reply", args), filled=True, needs=needs),
        Button(voice.say("Check"), Action("check", args), needs=(field.name,)),
        button(voice.language, "back"),
    )
    blocks += (Buttons(verbs), Text(voice.say("Nothing is sent yet."), Tone.SUBTLE))
    customer = view.customer.name if view.customer else ""
    name = voice.customer(customer) if customer else view.conversation.customer
    title = voice.say("Reply to %(name)s", name=name) if name else voice.say("Reply")
    header = Header(title, voice.subject(view.conversation.subject), Icon.PENCIL)
    return Card("reply", header, (Section(tuple(blocks), id="reply"),), voice.language)


def text_field(voice: Voice, text: str, *, placed: bool) -> Field:
    """Where the reply is typed. Text of ours comes under a name of its own: hosts keep what stands in a field they know."""
    name = f"reply_text.{blake2b(text.encode(), digest_size=4).hexdigest()}" if placed else "reply_text"
    return Field(name, voice.say("Text"), text, multiline=True, max_length=LONGEST)


def _args(editing: Editing) -> dict[str, str]:
    """What was proposed is carried even where nothing of it was taken: that is learned from too."""
    found, one = editing.view.suggestions, editing.suggestion
    args = {
        "template": one.template if one else "",
        "kind": one.kind if one else "",
        "shown": ",".join(editing.shown or (found.shown if found else ())),
        "ignored": ",".join(editing.ignored),
    }
    return {name: value for name, value in args.items() if value}


def _notices(voice: Voice, editing: Editing) -> list[Notice]:
    """Why nothing was done, or who else is at it."""
    if editing.refused:
        return [Notice(refused_words(voice, editing.refused), Tone.WARNING)]
    if editing.why == "findings":
        errors = errors_first(editing.findings)
        said = sentence_of_finding(voice, errors[0]) if errors else ""
        return [Notice(voice.say("Please mend this first: %(what)s", what=said), Tone.WARNING)]
    if editing.why == "unfilled":
        names = variable_names(voice, editing.suggestion.unfilled if editing.suggestion else ())
        return [Notice(_unfilled(voice, names), Tone.WARNING)]
    claim = claim_of(editing.view)
    if claim and claim.owner != voice.me:
        who, when = voice.who(claim.owner), voice.clock.then(claim.since)
        return [Notice(voice.say("%(who)s took this %(when)s.", who=who, when=when), Tone.WARNING)]
    return []


def _unfilled(voice: Voice, names: str) -> str:
    if names:
        return voice.say("Still empty: %(names)s. Please fill in before inserting.", names=names)
    return voice.say("Something is still empty. Please fill it in before inserting.")


def _made_of(voice: Voice, editing: Editing) -> Text | None:
    """Which template the text began as, and on the first look what it lacks."""
    one = editing.suggestion
    if one is None:
        return None
    words = [one.title]
    if one.kind == "upset":
        words.append(voice.say("as an apology"))
    if one.unfilled and editing.placed and not editing.why:
        words.append(lacks(voice, variable_names(voice, one.unfilled)))
    return Text(" · ".join(filter(None, words)), Tone.SUBTLE) if any(words) else None


def _benefits(voice: Voice, editing: Editing, args: Mapping[str, str], text: str) -> list[Block]:
    """What may be given with an apology, or what the text gives already."""
    given = next((one for one in voice.workspace.benefits if one.id == editing.benefit), None)
    if given:
        name = given.name.in_(voice.language)
        return [Row(voice.say("With this reply: %(name)s", name=name), icon=Icon.STATUS_DONE)]
    return [
        Row(
            one.name.in_(voice.language),
            above=voice.say("May be offered"),
            button=Button(voice.say("Offer"), Action("offer", {**args, "benefit": one.id}), needs=(text,)),
        )
        for one in editing.benefits[:BENEFITS_SHOWN]
    ]


def _reply_to(voice: Voice, *, everyone: bool) -> Choice:
    options = (
        Option("everyone", voice.say("Everyone on the mail"), everyone),
        Option("sender", voice.say("The sender only"), not everyone),
    )
    return Choice("reply_to", voice.say("Reply to"), options)

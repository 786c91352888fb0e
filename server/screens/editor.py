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
from server.screens.suggestions import lacks, title_of, variable_names
from server.screens.words import Voice, mark

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
    field = text_field(voice, editing.text)
    blocks.append(field)
    blocks += findings_of(voice, editing.findings, args, replace="replace", ignore="ignore", checked=editing.checked)
    blocks += _benefits(voice, editing, args, field.name)
    blocks += _rewriting(voice, editing, args, field.name)
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


def text_field(voice: Voice, text: str) -> Field:
    """Where the reply is typed. Hosts keep what was typed under a name they know: each drawing has a name of its own.

    An older name must not come back either: what had been typed under it then would stand in place of the text.
    """
    drawn = blake2b(f"{voice.clock.now}\n{text}".encode(), digest_size=4).hexdigest()
    name = f"reply_text.{drawn}" if text else "reply_text"
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
    words = [title_of(voice, one)]
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


_TASKS: Final = {
    "polish": mark("Polish the tone"),
    "shorten": mark("Shorten"),
    "translate_ja": mark("Into Japanese"),
    "translate_en": mark("Into English"),
    "draft": mark("Write it anew"),
}
"""What a language model can be asked to do with the text (server.replies.polish.Task)."""

_DECLINED: Final = {
    "busy": mark("The language model has too much to do right now. Your text is unchanged."),
    "cancelled": mark("Stopped. Your text is unchanged."),
    "lost": mark("The language model left out a name, number or date, so your text is unchanged."),
    "invented": mark("The language model added something that nobody gave it, so your text is unchanged."),
    "text_too_long": mark("This text is too long for the language model."),
    "nothing_to_do": mark("There is no text yet."),
    "timeout": mark("The language model took too long. Your text is unchanged."),
    "withheld": mark("The language model would not answer. Your text is unchanged."),
}
_NOTHING_CAME: Final = mark("The language model gave nothing usable. Your text is unchanged.")


def _rewriting(voice: Voice, editing: Editing, args: Mapping[str, str], text: str) -> list[Block]:
    """What a language model may do with the text; nothing where none is configured."""
    if not editing.tasks:
        return []
    blocks: list[Block] = []
    if editing.declined:
        blocks.append(Notice(voice.say(_DECLINED.get(editing.declined, _NOTHING_CAME)), Tone.WARNING))
    verbs = [
        Button(voice.say(_TASKS[task]), Action("rewrite", {**args, "task": task}), needs=(text,))
        for task in editing.tasks
        if task in _TASKS
    ]
    return [*blocks, Buttons(tuple(verbs[:2]), tuple(verbs[2:]), voice.say("More rewriting"))]


def _reply_to(voice: Voice, *, everyone: bool) -> Choice:
    options = (
        Option("everyone", voice.say("Everyone on the mail"), everyone),
        Option("sender", voice.say("The sender only"), not everyone),
    )
    return Choice("reply_to", voice.say("Reply to"), options)

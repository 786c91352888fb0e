"""Answers that are proposed for the open mail, best first: why each is, how the best begins, and the way to use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cards.escape import cut
from cards.model import Action, Block, Button, Buttons, Entry, Icon, Row, Section, Text, Timeline, Tone
from server.domain.conversation import View
from server.domain.reading import Pick, Solved
from server.domain.suggestion import Suggestion
from server.domain.workspace import Viewer
from server.replies.details import KINDS
from server.replies.filling import VARIABLES
from server.screens.buttons import button, claim_of, naming
from server.screens.words import Voice

PREVIEW_LINES: Final = 3
_PREVIEW: Final = 200
_TITLE: Final = 80


def suggestions_section(voice: Voice, viewer: Viewer, view: View) -> tuple[Section, ...]:
    """The section, where the viewer may answer now or has just answered with a template."""
    blocks = [*_picked(voice, viewer, view), *(_proposed(voice, viewer, view) if _may_answer(viewer, view) else ())]
    return (Section(tuple(blocks), voice.say("Suggested replies"), id="suggestions"),) if blocks else ()


def similar_section(voice: Voice, view: View) -> tuple[Section, ...]:
    """Conversations like this one that the team has solved, and what answered them where that is known."""
    entries = tuple(
        Entry(
            voice.subject(one.subject),
            " · ".join(filter(None, (_handler(voice, one), one.customer, voice.clock.on(one.active)))),
            _answer_of(voice, view, one),
            Icon.STATUS_DONE,
            Action("peek", {"conversation": one.id}),
        )
        for one in view.reading.similar
    )
    if not entries:
        return ()
    title = voice.say("Solved before (%(count)d)", count=len(entries))
    return (Section((Timeline(entries),), title, collapsible=True, id="similar"),)


def title_of(voice: Voice, one: Suggestion) -> str:
    """What an answer is called: questions for what is missing are no template, and have no name of their own."""
    return voice.say("Ask for what is missing") if one.kind == "clarify" else one.title


def reasons(voice: Voice, one: Suggestion, missing: Sequence[str] = ()) -> str:
    """Why it is proposed, and what it lacks, in a few words. `missing`: the details that a clarifying answer asks for."""
    words = []
    if one.kind == "upset":
        words.append(voice.say("as an apology"))
    if one.kind == "clarify" and missing:
        words.append(lacks(voice, detail_names(voice, missing)))
    if one.picks:
        words.append(voice.count("used for %(count)d similar mail", "used for %(count)d similar mails", one.picks))
    if one.unfilled:
        words.append(lacks(voice, variable_names(voice, one.unfilled)))
    elif present := detail_names(voice, one.present):
        words.append(voice.say("%(names)s given", names=present))
    return " · ".join(words)


def lacks(voice: Voice, names: str) -> str:
    """What is missing, named where it has a name."""
    return voice.say("missing: %(names)s", names=names) if names else voice.say("incomplete")


def detail_names(voice: Voice, kinds: Sequence[str]) -> str:
    """Details of a mail as people call them; no id of ours is ever shown."""
    return voice.names([known.name.in_(voice.language) for kind in kinds if (known := KINDS.get(kind))])


def variable_names(voice: Voice, names: Sequence[str]) -> str:
    """Variables of a template as people call them, which is how their gaps are named in the text too."""
    return voice.names([known.name.in_(voice.language) for name in names if (known := VARIABLES.get(name))])


def preview(text: str) -> Text:
    """How the answer begins: without its empty lines, since three lines are all there is room for."""
    joined = " ".join(line for line in map(str.strip, text.splitlines()) if line)
    return Text(cut(joined, _PREVIEW), Tone.SUBTLE, lines=PREVIEW_LINES)


def args_of(one: Suggestion, shown: Sequence[str] = ()) -> dict[str, str]:
    """What a click on an answer carries: which it is, and what was proposed beside it."""
    args = {"template": one.template, "kind": one.kind, "shown": ",".join(shown)}
    return {name: value for name, value in args.items() if value}


def _may_answer(viewer: Viewer, view: View) -> bool:
    claim = claim_of(view)
    free = claim is None or claim.owner == viewer.id or bool(naming(viewer))
    return free and view.message is not None and view.conversation.kind != "done"


def _proposed(voice: Voice, viewer: Viewer, view: View) -> list[Block]:
    found = view.suggestions
    if found is None:
        return []
    if found.rows:
        return _rows(voice, viewer, view, found.rows, found.shown)
    match found.why:
        case "nothing_fits":
            write = Button(voice.say("Write it myself"), Action("write"), needs=naming(viewer))
            return [Text(voice.say("No template fits this mail yet."), Tone.SUBTLE), Buttons((write,))]
        case "waiting":
            # Outlook's pane hears of it by itself.
            again = button(voice.language, "refresh") if voice.provider == "google" else None
            return [Row(voice.say("Suggestions are being prepared."), tone=Tone.SUBTLE, button=again)]
        case _:
            return []


def _rows(voice: Voice, viewer: Viewer, view: View, rows: Sequence[Suggestion], shown: Sequence[str]) -> list[Block]:
    understood = view.reading.understood
    missing = understood.missing if understood else ()
    first, *rest = rows
    args, needs = args_of(first, shown), naming(viewer)
    verbs = [Button(voice.say("Edit"), Action("write", args), needs=needs)]
    if not first.unfilled:
        verbs.insert(0, Button(voice.say("Use"), Action("start_reply", args), needs=needs))
    blocks: list[Block] = [Row(cut(title_of(voice, first), _TITLE), below=reasons(voice, first, missing), strong=True)]
    if first.text.strip():
        blocks.append(preview(first.text))
    blocks.append(Buttons(tuple(verbs)))
    blocks += (
        Row(
            title_of(voice, one),
            below=reasons(voice, one, missing),
            target=Action("write", args_of(one, shown)),
            one_line=True,
        )
        for one in rest
    )
    return blocks


def _picked(voice: Voice, viewer: Viewer, view: View) -> list[Row]:
    """The viewer's own last answer with a template, and the way to take it back."""
    mine = [pick for pick in view.reading.picks if pick.by == viewer.id]
    if not mine:
        return []
    pick = max(mine, key=lambda one: one.at)
    title = _title_of(view, pick)
    text = voice.say("You used “%(title)s”", title=title) if title else voice.say("You used a template")
    undo = Button(voice.say("Undo"), Action("unpick", {"pick": pick.id}), needs=naming(viewer))
    return [Row(text, icon=Icon.OUTGOING, button=undo)]


def _handler(voice: Voice, one: Solved) -> str:
    return voice.short(one.handler) if one.handler else ""


def _answer_of(voice: Voice, view: View, one: Solved) -> str:
    """The answer itself, else the template it was made of, else how the mail began."""
    if one.reply.strip():
        return preview(one.reply).text
    rows = view.suggestions.rows if view.suggestions else ()
    title = next((row.title for row in rows if row.template and row.template == one.template), "")
    return voice.say("Answered with “%(title)s”", title=title) if title else one.snippet


def _title_of(view: View, pick: Pick) -> str:
    rows = view.suggestions.rows if view.suggestions else ()
    proposed = (one.title for one in rows if one.template == pick.template)
    noted = (
        event.data.get("title", "")
        for event in view.timeline
        if event.kind == "picked" and event.data.get("template") == pick.template
    )
    return next(filter(None, (*proposed, *noted)), "")

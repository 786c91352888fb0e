"""What the check of a draft says, one sentence a rule, with the way to mend it at a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from cards.model import Action, Block, Button, Buttons, Icon, Row, Text, Tone
from server.domain.finding import Finding, Severity
from server.screens.words import Voice, mark

SHOWN: Final = 3
"""More at once is not read."""


class Said(NamedTuple):
    """A rule's words: what is the matter, and why it matters."""

    what: str
    why: str


_ANY: Final = Said(mark("Please read this once more"), mark("It may not say what you mean"))
SENTENCES: Final[Mapping[str, Said]] = {}
"""Rule of server.replies.check -> its words."""


def findings_of(
    voice: Voice,
    findings: Sequence[Finding],
    args: Mapping[str, str],
    *,
    replace: str,
    ignore: str = "",
    checked: bool = False,
) -> list[Block]:
    """At most three findings, how many there are besides, or that there are none.

    `replace` and `ignore` name the actions; `args` is what every action of the card carries.
    """
    if not findings:
        return [Row(voice.say("Nothing to mend was found."), icon=Icon.STATUS_DONE, tone=Tone.GOOD)] if checked else []
    blocks: list[Block] = []
    for one in findings[:SHOWN]:
        blocks.append(_row(voice, one))
        if verbs := _verbs(voice, one, args, replace, ignore):
            blocks.append(Buttons(verbs))
    if (more := len(findings) - SHOWN) > 0:
        blocks.append(Text(voice.count("%(count)d more", "%(count)d more", more), Tone.SUBTLE))
    return blocks


def errors_first(findings: Sequence[Finding]) -> list[Finding]:
    """Those that stop the insert."""
    return [one for one in findings if one.severity is Severity.ERROR]


def sentence_of_finding(voice: Voice, one: Finding) -> str:
    """What is the matter."""
    return voice.say(SENTENCES.get(one.rule, _ANY).what)


def _row(voice: Voice, one: Finding) -> Row:
    error = one.severity is Severity.ERROR
    return Row(
        sentence_of_finding(voice, one),
        above=voice.say("Must be mended") if error else voice.say("Worth a look"),
        below=one.quote,
        icon=Icon.WARNING if error else Icon.INFO,
        tone=Tone.DANGER if error else Tone.NEUTRAL,
    )


def _verbs(voice: Voice, one: Finding, args: Mapping[str, str], replace: str, ignore: str) -> tuple[Button, ...]:
    verbs = []
    # There is no field for the subject: what stands in it is mended in the mail itself.
    if one.replacement is not None and one.place.where == "body":
        place = {"start": str(one.place.start), "end": str(one.place.end), "to": one.replacement}
        label = voice.say("Replace") if one.replacement else voice.say("Take out")
        verbs.append(Button(label, Action(replace, {**args, "rule": one.rule, **place})))
    if ignore and one.severity is Severity.HINT:
        verbs.append(Button(voice.say("Ignore"), Action(ignore, {**args, "rule": one.rule})))
    return tuple(verbs)

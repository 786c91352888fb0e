"""What the check of a draft says, one sentence a rule, with the way to mend it at a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cards.escape import cut
from cards.model import Action, Block, Button, Buttons, Icon, Row, Text, Tone
from server.domain.finding import Finding, Severity
from server.screens.rules import ANY, SENTENCES
from server.screens.words import Voice

SHOWN: Final = 3
"""More at once is not read."""

_QUOTED: Final = 40
_OF_THE_SUBJECT: Final = "subject-"
"""Rules whose sentences say themselves where it stands."""


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
    what = voice.say(SENTENCES.get(one.rule, ANY).what)
    if one.place.where == "subject" and not one.rule.startswith(_OF_THE_SUBJECT):
        return voice.say("Subject: %(what)s", what=what)
    return what


def details_of_finding(voice: Voice, one: Finding) -> str:
    """What it is about, what would stand there instead, and why it matters."""
    return " · ".join(filter(None, (_change(voice, one), _why(voice, one))))


def _row(voice: Voice, one: Finding) -> Row:
    error = one.severity is Severity.ERROR
    return Row(
        sentence_of_finding(voice, one),
        above=voice.say("Must be mended") if error else voice.say("Worth a look"),
        below=details_of_finding(voice, one),
        icon=Icon.WARNING if error else Icon.INFO,
        tone=Tone.DANGER if error else Tone.NEUTRAL,
    )


def _change(voice: Voice, one: Finding) -> str:
    """What it is about, and what would stand there instead: by the whole word where a rule replaces less than that."""
    word, quote, to = one.words.get("word", ""), one.quote, one.replacement or ""
    if quote and quote in word and one.replacement is not None:
        before, after = word, word.replace(quote, to, 1)
    else:
        before, after = quote or word, to or one.words.get("instead", "")
    before, after = cut(before.strip(), _QUOTED), cut(after.strip(), _QUOTED)
    if before and after and before != after:
        return voice.say("“%(before)s” → “%(after)s”", before=before, after=after)
    if before:
        return voice.say("“%(text)s”", text=before)
    return voice.say("“%(text)s” can be added", text=after) if after else ""


def _why(voice: Voice, one: Finding) -> str:
    at = one.words.get("at", "")
    if one.rule == "promise-date" and at.isdecimal():
        return voice.say("It becomes the due time: %(time)s", time=voice.clock.moment(int(at)))
    return voice.say(SENTENCES.get(one.rule, ANY).why)


def _verbs(voice: Voice, one: Finding, args: Mapping[str, str], replace: str, ignore: str) -> tuple[Button, ...]:
    verbs = []
    # There is no field for the subject: what stands in it is mended in the mail itself.
    if one.replacement is not None and one.place.where == "body":
        place = {"start": str(one.place.start), "end": str(one.place.end), "to": one.replacement}
        verbs.append(Button(_verb(voice, one), Action(replace, {**args, "rule": one.rule, **place})))
    if ignore and one.severity is Severity.HINT:
        verbs.append(Button(voice.say("Ignore"), Action(ignore, {**args, "rule": one.rule})))
    return tuple(verbs)


def _verb(voice: Voice, one: Finding) -> str:
    if not one.replacement:
        return voice.say("Take out")
    return voice.say("Replace") if one.place.end > one.place.start else voice.say("Add")

"""What must be seen before anything else on the message card."""

from __future__ import annotations

from cards.model import Notice, Tone
from server.domain.conversation import ClaimEnd, Double, View
from server.screens.buttons import claim_of
from server.screens.words import Voice


def notices_of(voice: Voice, view: View) -> tuple[Notice, ...]:
    """The sentences that this state of the conversation calls for, most pressing first."""
    found: list[Notice] = []
    claim = claim_of(view)
    ended = view.conversation.ended
    if view.told:
        found.append(Notice(_taken_over(voice, view.told), Tone.WARNING))
        if view.told.draft:
            since = voice.clock.moment(view.told.draft)
            text = voice.say("Your draft of %(since)s is still in your mailbox. Please do not send it.", since=since)
            found.append(Notice(text, Tone.DANGER))
    if double := view.conversation.double:
        found.append(Notice(_double(voice, double), Tone.DANGER))
    if claim is None and view.conversation.kind != "done":
        if lapsed := view.conversation.claim:
            found.append(Notice(_expired(voice, lapsed.owner, lapsed.expires), Tone.ACCENT))
        elif ended and ended.how == "expired":
            found.append(Notice(_expired(voice, ended.owner, ended.at), Tone.ACCENT))
    elif claim and claim.owner == voice.me and ended and ended.how == "handed_over" and ended.at >= claim.since:
        found.append(Notice(_handed_over(voice, ended), Tone.ACCENT))
    message = view.message
    if message:
        if message.kind == "auto_reply":
            found.append(Notice(voice.say("This mail is an automatic reply."), Tone.SUBTLE))
        elif message.kind == "bounce":
            found.append(Notice(voice.say("This mail reports that a mail could not be delivered."), Tone.WARNING))
        elif message.kind == "bulk":
            found.append(Notice(voice.say("This mail was sent to a mailing list."), Tone.SUBTLE))
        if message.fingerprinted:
            unsure = voice.say("This mail has no Message-ID of its own. Other copies of it may not be recognised.")
            found.append(Notice(unsure, Tone.SUBTLE))
    return tuple(found)


def _double(voice: Voice, double: Double) -> str:
    when = voice.clock.then(double.at, exact=True)
    return voice.say(
        "Possible double reply: %(who)s answered %(when)s, while %(other)s had this or had answered it.",
        who=voice.who(double.by),
        other=voice.called(double.other),
        when=when,
    )


def _taken_over(voice: Voice, told: ClaimEnd) -> str:
    who, when = voice.who(told.by), voice.clock.then(told.at, exact=True)
    if told.how == "overtaken":
        return voice.say("%(who)s has been dealing with this since you began your reply.", who=who)
    if told.how == "released":
        return voice.say("%(who)s ended your claim %(when)s.", who=who, when=when)
    if told.reason:
        return voice.say(
            "%(who)s took this over from you %(when)s: “%(reason)s”", who=who, when=when, reason=told.reason
        )
    return voice.say("%(who)s took this over from you %(when)s.", who=who, when=when)


def _expired(voice: Voice, owner: str, at: int) -> str:
    when = voice.clock.then(at, exact=True)
    if owner == voice.me:
        return voice.say("Your claim expired %(when)s.", when=when)
    return voice.say("The claim of %(who)s expired %(when)s.", who=voice.called(owner), when=when)


def _handed_over(voice: Voice, ended: ClaimEnd) -> str:
    who = voice.who(ended.by or ended.owner)
    if ended.reason:
        return voice.say("%(who)s handed this over to you: “%(word)s”", who=who, word=ended.reason)
    return voice.say("%(who)s handed this over to you.", who=who)

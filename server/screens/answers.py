"""One sentence for every click: what was done (toast), or why nothing was (notice and toast)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.domain.conversation import View
from server.domain.outcomes import Done, Refusal, Refused, Replying
from server.screens.buttons import claim_of
from server.screens.words import Voice, mark

_JUST_NOW: Final = 15_000
"""ms: a draft is made between the promise and the card."""
_SAVED: Final = mark("Saved.")
_DEEDS: Final[Mapping[str, str]] = {
    "take": mark("You have this now."),
    "start_reply": mark("Your team sees that you are replying."),
    "release": mark("Released. Anyone can take it now."),
    "tags": mark("Tags saved."),
    "note": mark("Note added."),
    "customer": mark("Customer saved."),
    "merge_customers": mark("The address was added. The histories are one now."),
    "split_address": mark("The address is a customer of its own now."),
    "unmerge": mark("The conversations are separate now."),
    "pick": mark("Noted. Suggestions learn from it."),
    "unpick": mark("Taken back. This reply is not learned from."),
    "correct": mark("Noted that it is not so."),
    "adopt": mark("Added to the team's conversations."),
    "crm_link": mark("Everybody is shown this record from now on."),
    "crm_unlink": mark("This record is no longer shown for this customer."),
    "crm_unlog": mark("It is being taken out of the CRM."),
}

_REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.HELD: mark("A colleague has this. Nothing was changed."),
    Refusal.STALE: mark("This card was older than what has happened since. Nothing was changed; this is the latest."),
    Refusal.NOT_MINE: mark("You no longer have this. Nothing was changed."),
    Refusal.NOT_ALLOWED: mark("Only leads and administrators can do this. Nothing was changed."),
    Refusal.NEEDS_NAME: mark("Please choose who is acting. Nothing was changed yet."),
    Refusal.NEEDS_TEXT: mark("Please write a few words first. Nothing was changed yet."),
    Refusal.UNKNOWN_VALUE: mark("What you chose is not available. Please choose again."),
    Refusal.OTHER_MAIL: mark("Another mail is open now. Nothing was changed; please open the mail you want to answer."),
    Refusal.LOGGED: mark("This has been asked of the CRM already. Nothing was done twice."),
    Refusal.GIVEN: mark("This customer has had that benefit as often as they may. Please take it out of the text."),
    Refusal.BUSY: mark("The draft is being made. Please press again in a moment."),
    Refusal.TOO_OLD: mark("This card is more than a working day old. Nothing was changed; this is the latest."),
}


def done_words(voice: Voice, done: Done) -> str:
    """The toast's sentence. Names are taken from the conversation as it is now; `word` says them where it cannot."""
    conversation = done.view.conversation
    match done.deed:
        case "hand_over":
            return voice.say("Handed over to %(name)s.", name=voice.called(done.word))
        case "take_over":
            return _took_over(voice, done.view)
        case "status":
            return voice.say("Status: %(name)s", name=voice.status(conversation))
        case "hold":
            return voice.status(conversation) if conversation.hold else voice.say("The hold has ended.")
        case "priority":
            name = voice.priority(conversation)
            return voice.say("Priority: %(name)s", name=name) if name else voice.say("The priority was cleared.")
        case "assign":
            if conversation.assignee:
                return voice.say("Assigned to %(name)s.", name=voice.called(conversation.assignee))
            return voice.say("The assignment was removed.")
        case "due":
            if conversation.due:
                return voice.say("Due time: %(time)s", time=voice.clock.moment(conversation.due))
            return voice.say("The due time was cleared.")
        case "crm_log":
            return voice.say("Being logged in %(crm)s.", crm=done.word)
        case "crm_create":
            return voice.say("Being made in %(crm)s.", crm=done.word)
        case "move":
            return voice.say("Moved to %(team)s.", team=voice.team(done.word) or done.word)
        case deed:
            return voice.say(_DEEDS.get(deed, _SAVED))


def _took_over(voice: Voice, view: View) -> str:
    ended = view.conversation.ended
    if ended and ended.how == "taken_over":
        return voice.say("You have this now. %(name)s will be told.", name=voice.called(ended.owner))
    return voice.say("You have this now.")


def replying_words(voice: Voice, replying: Replying) -> str:
    """What has been opened, and that colleagues see it."""
    draft = replying.view.conversation.draft
    if replying.again and draft:
        return voice.say("This is your draft of %(time)s.", time=voice.clock.moment(draft.at))
    if promised := _promised(voice, replying.view):
        return voice.say("As you promise in the reply, the due time is %(time)s.", time=voice.clock.moment(promised))
    if replying.id:
        return voice.say("The draft is open. Your team sees that you are replying.")
    return voice.say("Your team sees that you are replying.")


def _promised(voice: Voice, view: View) -> int:
    """The due time, when it is what the agent's own reply has just promised; else 0."""
    due = view.conversation.due
    mine = (event for event in view.timeline if event.kind == "promised" and event.by == voice.me)
    newest = next(mine, None)
    just_now = newest is not None and view.now - newest.at < _JUST_NOW and newest.data.get("due") == str(due)
    return due if just_now else 0


def refused_words(voice: Voice, refused: Refused) -> str:
    """Why nothing was changed, with the name and since when if somebody else has it."""
    claim = claim_of(refused.view)
    if claim and claim.owner != voice.me and refused.why in {Refusal.HELD, Refusal.STALE, Refusal.NOT_MINE}:
        who, when = voice.who(claim.owner), voice.clock.then(claim.since)
        if claim.drafting:
            return voice.say("%(who)s took this %(when)s and is replying. Nothing was changed.", who=who, when=when)
        return voice.say("%(who)s took this %(when)s. Nothing was changed.", who=who, when=when)
    return voice.say(_REFUSALS[refused.why])

"""Our word to a mail that is being sent: what Outlook shows the agent instead of sending."""

from __future__ import annotations

from server.domain.conversation import SendCheck
from server.screens.words import Voice


def sentence_of_check(voice: Voice, check: SendCheck) -> str:
    """Why the mail was stopped, and the way out; or what to think of before it goes."""
    who, when = voice.who(check.by), voice.clock.then(check.since)
    if check.code == "held":
        return voice.say(
            "%(who)s took this conversation %(when)s. To send, take it over in the Sobani pane first.",
            who=who,
            when=when,
        )
    return voice.say("%(who)s answered this customer %(when)s. Send your reply all the same?", who=who, when=when)

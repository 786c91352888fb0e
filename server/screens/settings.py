"""The settings card: what an agent chooses for themselves, and, for administrators, how well the check before sending works."""

from __future__ import annotations

from typing import Final

from cards.model import Action, Block, Button, Buttons, Card, Choice, Fact, Facts, Header, Option, Section, Text, Tone
from server.domain.conversation import Sends
from server.domain.outcomes import Choosing
from server.domain.roles import may
from server.domain.workspace import Viewer
from server.screens.words import Catalogue, mark

AUTOMATIC: Final = "auto"
ALL_TEAMS: Final = "all"
_NOTICES: Final = {
    "mentions": mark("Somebody mentions me in a note"),
    "assigned": mark("A conversation is assigned or handed over to me"),
}
_REASONS: Final = {
    "no_token": mark("Not signed in"),
    "timeout": mark("No answer in time"),
    "unreachable": mark("Service not reachable"),
    "refused": mark("Sign-in refused"),
    "failed": mark("Other errors"),
}


def settings_card(words: Catalogue, viewer: Viewer, choosing: Choosing) -> Card:
    """What was chosen, to be changed; an account that several people use has nothing to choose."""
    sections: list[Section] = []
    if viewer.person is None or viewer.shared:
        text = words.say("This account is used by several people: it has no settings of its own.")
        sections.append(Section((Text(text),), id="choices"))
    else:
        sections.append(Section(_choices(words, viewer, choosing), id="choices"))
    if may(viewer.role, "connect_crms"):
        text = words.say("Connect the team's CRM, and choose what the customer panel shows.")
        open_page = Button(words.say("Open the CRM page"), Action("open_crm"))
        sections.append(Section((Text(text, Tone.SUBTLE), Buttons((open_page,))), words.say("CRM"), id="crm"))
    if choosing.sends:
        sections.append(_sends(words, choosing.sends))
    header = Header(words.say("Settings"), viewer.person.name if viewer.person else viewer.shared)
    return Card("settings", header, tuple(sections), words.language)


def _choices(words: Catalogue, viewer: Viewer, choosing: Choosing) -> tuple[Block, ...]:
    chosen = choosing.preferences
    languages = (
        Option(AUTOMATIC, words.say("As in the mail client"), not chosen.language),
        Option("ja", "日本語", chosen.language == "ja"),
        Option("en", "English", chosen.language == "en"),
    )
    teams = [team for team in viewer.workspace.teams if not team.archived and viewer.sees(team)]
    blocks: list[Block] = [Choice("language", words.say("Language"), languages)]
    if len(teams) > 1:
        options = (
            Option(ALL_TEAMS, words.say("All teams"), chosen.team not in {team.id for team in teams}),
            *(Option(team.id, team.name, team.id == chosen.team) for team in teams[:99]),
        )
        blocks.append(Choice("team", words.say("Team whose queue I see"), options))
    told = tuple(Option(name, words.say(title), name not in chosen.quiet) for name, title in _NOTICES.items())
    blocks += (
        Choice("told", words.say("Tell me when"), told, many=True),
        Buttons((Button(words.say("Save"), Action("prefer"), filled=True),)),
    )
    return tuple(blocks)


def _sends(words: Catalogue, sends: Sends) -> Section:
    """The share of sends that were really checked, and why others were not."""
    checked, missed = sum(sends.checked.values()), sum(sends.missed.values())
    heading = words.count(
        "Check before sending (last %(count)d day)", "Check before sending (last %(count)d days)", sends.days
    )
    if not checked + missed:
        return Section((Text(words.say("No mail has been sent from Outlook yet."), Tone.SUBTLE),), heading, id="sends")
    share = 100 * checked // (checked + missed)
    facts = [
        Fact(
            words.say("Checked"),
            words.say("%(share)d %% (%(checked)d of %(all)d)", share=share, checked=checked, all=checked + missed),
        ),
        Fact(words.say("Stopped"), str(sends.checked.get("held", 0))),
        Fact(words.say("Asked"), str(sends.checked.get("answered", 0))),
    ]
    if missed:
        facts.append(Fact(words.say("Not checked"), str(missed)))
    reasons = " · ".join(
        words.say("%(reason)s %(count)d", reason=words.say(title), count=sends.missed[reason])
        for reason, title in _REASONS.items()
        if sends.missed.get(reason)
    )
    blocks: tuple[Block, ...] = (Facts(tuple(facts)), *((Text(reasons, Tone.SUBTLE),) if reasons else ()))
    return Section(blocks, heading, id="sends")

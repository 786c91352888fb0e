"""Cards for those who are no agents, and for mail that is not the team's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cards.model import Action, Block, Button, Buttons, Card, Choice, Header, Icon, Option, Section, Text
from server.domain.outcomes import NotOurs, Stranger
from server.domain.workspace import Viewer
from server.screens.buttons import acting_as, naming
from server.screens.words import Catalogue, Voice, mark

_WHY: Final[Mapping[str, str]] = {
    "unknown_company": mark("The company of this account has not been set up for Sobani."),
    "closed": mark("This account has not been added to the team yet."),
    "archived": mark("This account no longer belongs to the team."),
    "mismatch": mark("This account does not match the one that the team knows under this address."),
    "guest": mark("Guest accounts cannot use the team's conversations."),
    "shared_refused": mark("Your team asks you to use your own account instead of a shared one."),
}


def stranger_card(words: Catalogue, stranger: Stranger) -> Card:
    """One sentence, and whom to ask. Nothing has been created."""
    if stranger.ask:
        names = words.say_as("between names", ", ").join(stranger.ask)
        ask = words.say("Please ask: %(names)s", names=names)
    else:
        ask = words.say("Please ask whoever looks after your company's mail.")
    blocks = (Text(words.say(_WHY[stranger.why])), Text(ask))
    header = Header(words.say("Sobani cannot be used with this account"), icon=Icon.LOCK)
    return Card("stranger", header, (Section(blocks, id="stranger"),), words.language)


def not_ours_card(voice: Voice, viewer: Viewer, outcome: NotOurs) -> Card:
    """A calm line; the mail becomes the team's only when the agent says so."""
    blocks: list[Block] = [
        Text(voice.say("This mail did not reach one of your team's addresses. Nothing of it is kept."))
    ]
    teams = [team for team in outcome.teams if voice.team(team)]
    needs = naming(viewer)
    label = voice.say("Add to the team's conversations")
    if teams:
        blocks.append(Text(voice.say("If you add it, the team can see it and its history.")))
        blocks += acting_as(voice, viewer)
    if len(teams) == 1:
        blocks.append(Buttons((Button(label, Action("adopt", {"team": teams[0]}), needs=needs),)))
    elif teams:
        options = tuple(Option(team, voice.team(team), number == 0) for number, team in enumerate(teams))
        blocks.append(Choice("team", voice.say("Team"), options))
        blocks.append(Buttons((Button(label, Action("adopt"), needs=(*needs, "team")),)))
    header = Header(voice.say("Not a mail of the team"), icon=Icon.LOCK)
    return Card("private", header, (Section(tuple(blocks), id="private"),), voice.language)

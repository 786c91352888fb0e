"""A template: an answer the team has written once, with variables for what differs from customer to customer."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from server.domain.workspace import Language


class Situation(StrEnum):
    """What kind of answer it is: the situations every team meets."""

    ORDINARY = "ordinary"
    UNKNOWN_YET = "unknown_yet"  # the answer is not known yet
    OUR_MISTAKE = "our_mistake"
    UNAVAILABLE = "unavailable"  # the item or plan cannot be had
    DETAIL_MISSING = "detail_missing"
    CANNOT_DO = "cannot_do"
    WRAP_UP = "wrap_up"


class Link(msgspec.Struct, frozen=True):
    """A help page that goes with the answer."""

    title: str
    url: str


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One template as it is now. Text is plain; variables stand as {{ customer_name }} (server.replies.filling lists them)."""

    id: str
    title: str
    body: str
    subject: str = ""  # "" answers under the mail's own subject
    category: str = ""  # an id of server.domain.categories, or the team's own word
    language: Language = "ja"
    situation: Situation = Situation.ORDINARY
    links: tuple[Link, ...] = ()
    owner: str = ""  # person id; "" nobody in particular
    teams: tuple[str, ...] = ()  # ids; empty: every team
    pair: str = ""  # the same answer in the other language shares this word; "" has none
    version: int = 0  # grows with every saved change
    archived: bool = False


class Revision(msgspec.Struct, frozen=True):
    """One version of a template: what it said, who saved it, when (ms) and why."""

    template: Template
    by: str
    at: int
    why: str = ""


class Statistics(msgspec.Struct, frozen=True):
    """What became of a template's suggestions (E1). `changed` is the sum over all uses of how much was edited, in thousandths."""

    as_is: int = 0
    edited: int = 0
    changed: int = 0
    passed_over: int = 0  # proposed above the one that was used
    rejected: int = 0  # proposed, and the agent wrote an answer of their own

    @property
    def used(self) -> int:
        """How many answers were made of it."""
        return self.as_is + self.edited

    @property
    def change(self) -> float:
        """How much of it was edited on average, 0 to 1."""
        return self.changed / 1000 / self.used if self.used else 0.0

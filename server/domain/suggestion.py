"""The answers that fit the open mail, best first, and why each is proposed."""

from __future__ import annotations

from typing import Literal

import msgspec

from server.domain.template import Situation

Kind = Literal["template", "upset", "clarify"]
"""A template as it stands; the skeleton of an answer to an upset customer around one; questions for what the mail lacks."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, filled in for this mail."""

    template: str  # id; "" for a clarifying answer
    kind: Kind = "template"
    title: str
    situation: Situation = Situation.ORDINARY
    subject: str = ""  # "" answers under the mail's own
    text: str = ""
    unfilled: tuple[str, ...] = ()  # variables that nothing is known for: they stop the insert
    picks: int = 0  # mails the team has answered with it
    present: tuple[str, ...] = ()  # kinds of details the mail gives that it uses


class Suggestions(msgspec.Struct, frozen=True):
    """At most three, or none: then `why` says whether nothing fits, there are no templates, or the mail waits to be read."""

    rows: tuple[Suggestion, ...] = ()
    why: Literal["", "nothing_fits", "no_templates", "waiting", "not_read"] = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids of the templates proposed, best first."""
        return tuple(row.template for row in self.rows if row.template)

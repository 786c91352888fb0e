"""Who may do what: one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is in the workspace."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


_EVERYBODY: Final = frozenset(Role)
_LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})

MAY: Final = {
    "work": _EVERYBODY,  # claim, release, status, priority, hold, notes, tags, due, customer's name and notes
    "take_over": _EVERYBODY,  # with a reason, which everybody can read
    "assign": _EVERYBODY,
    "move_team": _EVERYBODY,
    "merge_customers": _EVERYBODY,  # undone by splitting an address off
    "split_conversation": _EVERYBODY,
    "write_templates": _EVERYBODY,  # every version is kept, with who and why
    "archive_templates": _LEADS,
    "release_others": _LEADS,  # end a colleague's claim without taking it
    "see_figures": frozenset({Role.ADMIN}),  # how many sends were checked
    "keep_customers": frozenset({Role.ADMIN}),  # bring files of customers in and out, and make API keys
    "connect_crms": frozenset({Role.ADMIN}),  # and choose what the customer panel shows
}
"""What each role may do. Acting needs the role, and membership of the conversation's team."""


def may(role: Role, deed: str) -> bool:
    """Whether the role may do the deed. Raises KeyError for a deed that is not in the table."""
    return role in MAY[deed]

"""What stands below a reply: the workspace's or the team's lines, with the writer's names filled in."""

from __future__ import annotations

import re
from typing import Final

from server.domain.workspace import Person, Team, Workspace

FIELDS: Final = ("name", "title", "team", "company", "address")
"""What can be filled in; anything else in braces is refused when the workspace's file is read."""

_FIELD: Final = re.compile(r"\{([^{}\n]*)\}")


def unknown_in(signature: str) -> set[str]:
    """Return the names in braces that nothing stands for."""
    return {name for name in _FIELD.findall(signature) if name not in FIELDS}


def signature_of(workspace: Workspace, team: Team | None, person: Person | None, address: str) -> str:
    """Return the filled signature, "" when there is none. A line whose only word was empty goes; `address` is the one that sends."""
    template = (team.signature if team else "") or workspace.signature
    values = {
        "name": person.name if person else "",
        "title": person.title if person else "",
        "team": team.name if team else "",
        "company": workspace.name,
        "address": address,
    }
    lines = []
    for line in template.strip("\n").splitlines():
        filled = _FIELD.sub(lambda found: values.get(found[1], found[0]), line).rstrip()
        if filled.strip() or not line.strip():
            lines.append(filled)
    return "\n".join(lines)

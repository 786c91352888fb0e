"""What a file of templates would change here, before anything is written; and the writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from server.domain.ids import digest
from server.domain.roles import may
from server.domain.template import Template
from server.domain.workspace import Viewer
from server.usecases.templates import Saved, Templates, bring_in

Refusal = Literal["id_taken", "unknown_team", "unknown_owner", "may_not_archive"]


class Refused(msgspec.Struct, frozen=True):
    """A template of the file that could be read, and yet cannot be brought in by this viewer."""

    template: Template
    why: Refusal


class Plan(msgspec.Struct, frozen=True):
    """What the file would do. `mark` names the state it was made in: when that has changed, the plan must be looked at again."""

    new: tuple[Template, ...] = ()
    changed: tuple[Template, ...] = ()
    same: tuple[Template, ...] = ()
    refused: tuple[Refused, ...] = ()
    mark: str = ""


def plan(viewer: Viewer, known: Mapping[str, Template], found: Iterable[Template]) -> Plan:
    """Sort the templates of a file by what would become of them. `known` are all of the workspace's, seen or not."""
    new, changed, same, refused = [], [], [], []
    for one in found:
        old = known.get(one.id)
        if why := _refusal(viewer, old, one):
            refused.append(Refused(one, why))
        elif old is None:
            new.append(one)
        elif msgspec.structs.replace(one, version=old.version) == old:
            same.append(one)
        else:
            changed.append(one)
    state = [f"{one.id}\n{known[one.id].version}" for one in changed]
    mark = digest("\n".join((*state, *(one.template.title for one in refused), str(len(new)))))
    return Plan(tuple(new), tuple(changed), tuple(same), tuple(refused), mark)


def carry_out(templates: Templates, viewer: Viewer, made: Plan, why: str) -> tuple[Saved, ...]:
    """Write what is new and what has changed; a template that somebody saves at the same moment is left as theirs."""
    return bring_in(templates, viewer, (*made.new, *made.changed), why)


def _refusal(viewer: Viewer, old: Template | None, new: Template) -> Refusal | None:
    workspace = viewer.workspace
    seen = {*viewer.teams}
    if old and old.teams and seen.isdisjoint(old.teams):
        return "id_taken"  # a private team's: that much can be said of it
    if not {*new.teams} <= seen | {*(old.teams if old else ())}:
        return "unknown_team"
    if old and not {*old.teams} - seen <= {*new.teams}:
        return "unknown_team"  # a team that the viewer does not see cannot be taken off
    if new.owner and new.owner not in workspace.person_by_id and new.owner != (old.owner if old else ""):
        return "unknown_owner"
    if new.archived != (old.archived if old else False) and not may(viewer.role, "archive_templates"):
        return "may_not_archive"
    return None

"""The team's templates: found, saved with who and why, archived, brought in from files; never deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from server.domain.roles import may
from server.domain.template import Revision, Statistics, Template
from server.domain.workspace import Viewer, Workspace
from server.replies.filling import Problem, problems_of


class Templates(Protocol):
    """Where templates are kept. All raise RecordsUnavailable."""

    def all(self, workspace: Workspace) -> Mapping[str, Template]:
        """Return every template by id, archived ones too, as they are now."""

    def save(
        self, viewer: Viewer, template: Template, seen: int, why: str
    ) -> tuple[Literal["ok", "stale", "unknown_value"], Template]:
        """Write a version made from version `seen` (0: a new one, with or without an id). "stale" comes with what is there now."""

    def revisions(self, workspace: Workspace, template: str) -> tuple[Revision, ...]:
        """Return its versions, newest first."""

    def latest(self, workspace: Workspace, templates: Sequence[str]) -> Mapping[str, Revision]:
        """Return the newest version of each of these, in one round trip."""

    def statistics(self, workspace: Workspace) -> Mapping[str, Statistics]:
        """Return what became of every template's suggestions."""


class Saved(msgspec.Struct, frozen=True):
    """What came of a save. `stale`: somebody saved `template` meanwhile; nothing was changed."""

    code: Literal["ok", "stale", "refused", "not_allowed", "unknown_value"]
    template: Template
    problems: tuple[Problem, ...] = ()


def save(templates: Templates, viewer: Viewer, template: Template, seen: int, why: str) -> Saved:
    """Save a template, unless something in it cannot be filled, or somebody else saved another version meanwhile."""
    if not may(viewer.role, "write_templates"):
        return Saved("not_allowed", template)
    problems = problems_of(template)
    if problems:
        return Saved("refused", template, problems)
    return Saved(*templates.save(viewer, template, seen, why))


def archive(templates: Templates, viewer: Viewer, template: Template, why: str, *, archived: bool = True) -> Saved:
    """Take a template out of every suggestion, or bring it back. Its history and figures stay."""
    if not may(viewer.role, "archive_templates"):
        return Saved("not_allowed", template)
    changed = msgspec.structs.replace(template, archived=archived)
    return Saved(*templates.save(viewer, changed, template.version, why))


def bring_in(templates: Templates, viewer: Viewer, found: Iterable[Template], why: str) -> tuple[Saved, ...]:
    """Save what a file holds: a known id becomes its next version when anything differs, the rest is new."""
    known = templates.all(viewer.workspace)
    said = []
    for one in found:
        old = known.get(one.id)
        if old and msgspec.structs.replace(one, version=old.version) == old:
            continue
        said.append(save(templates, viewer, one, old.version if old else 0, why))
    return tuple(said)

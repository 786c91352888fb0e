"""An administrator applies a workspace file, as often as they like."""

from __future__ import annotations

from typing import Protocol

import msgspec

from server.domain.workspace import Workspace
from server.domain.workspace_file import WorkspaceFileError, differences, names_of, read, succeed


class Workspaces(Protocol):
    """Where descriptions of workspaces are kept. All raise RecordsUnavailable."""

    def described(self, workspace_id: str) -> tuple[Workspace | None, int]:
        """Return the description as last applied (without people made at their first open), and the directory's revision."""

    def owned_elsewhere(self, workspace_id: str, names: tuple[str, ...]) -> str:
        """Return the first of these names that another workspace has, "" when there is none."""

    def register(self, workspace_id: str, names: tuple[str, ...]) -> str:
        """Take these names for the workspace; the one that another workspace has, or "" when all are its own now."""

    def store(self, workspace: Workspace, seen: int) -> bool:
        """Write the description unless the directory has moved on from the revision `seen`."""


class Applied(msgspec.Struct, frozen=True):
    """What applying changed, or would change."""

    workspace: Workspace
    changes: tuple[str, ...]


def apply(workspaces: Workspaces, text: str, *, dry_run: bool = False) -> Applied:
    """Apply the file. Raises WorkspaceFileError, also for a domain, tenant or address that another workspace has."""
    wanted = read(text)
    while True:
        old, revision = workspaces.described(wanted.id)
        new = succeed(old, wanted)
        changes = differences(old, new)
        names = names_of(new)
        # The names first: if we stop between the two, applying again finishes it, and nobody else can have taken them.
        taken = workspaces.owned_elsewhere(new.id, names) if dry_run else workspaces.register(new.id, names)
        if taken:
            kind, _, name = taken.partition(":")
            raise WorkspaceFileError([f"{kind} {name} belongs to another workspace"])
        if dry_run or not changes or workspaces.store(new, revision):
            return Applied(new, changes)

"""Ends claims that ran out while nobody looked, so that queues are right without anybody opening a mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from server.domain.workspace import Workspace

PAUSE: Final = 2.0
BATCH: Final = 100


class Workspaces(Protocol):
    """The workspaces there are."""

    def workspaces(self) -> tuple[str, ...]:
        """Return their ids. Raises RecordsUnavailable."""

    def workspace(self, workspace_id: str) -> Workspace | None:
        """Return one of them. Raises RecordsUnavailable."""


class Leases(Protocol):
    """The claims of a workspace."""

    def sweep(self, workspace: Workspace, limit: int) -> int:
        """End up to `limit` claims that have run out; how many. Raises RecordsUnavailable."""


def sweep(workspaces: Workspaces, leases: Leases) -> int:
    """End the claims that have run out, in every workspace; how many. Raises RecordsUnavailable."""
    ended = 0
    for workspace_id in workspaces.workspaces():
        workspace = workspaces.workspace(workspace_id)
        while workspace and (got := leases.sweep(workspace, BATCH)):
            ended += got
    return ended


class Sweeping:
    """Sweeps when it is called, every now and then at most. `clock` is monotonic seconds."""

    def __init__(self, workspaces: Workspaces, leases: Leases, clock: Callable[[], float]) -> None:
        self._workspaces = workspaces
        self._leases = leases
        self._clock = clock
        self._next = clock()

    def __call__(self) -> None:
        """Sweep if it is time. Raises RecordsUnavailable."""
        if self._clock() >= self._next:
            sweep(self._workspaces, self._leases)
            self._next = self._clock() + PAUSE

"""Ends claims that ran out while nobody looked, so that queues are right without anybody opening a mail."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from server.domain.errors import RecordsUnavailable
from server.domain.workspace import Workspace

PAUSE: Final = 2.0
BATCH: Final = 100

log = structlog.get_logger()


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


def sweep_forever(workspaces: Workspaces, leases: Leases, sleep: Callable[[float], None] = time.sleep) -> None:
    """Sweep every now and then; a store that does not answer is waited for."""
    while True:
        try:
            sweep(workspaces, leases)
        except RecordsUnavailable as error:
            log.warning("records_unavailable", reason=str(error))
        sleep(PAUSE)

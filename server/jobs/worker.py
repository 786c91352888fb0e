"""The worker: ends claims that ran out while nobody looked, so that queues are right without anybody opening a mail."""

from __future__ import annotations

import os
import time
from typing import Final

import structlog

from server.domain.errors import RecordsUnavailable
from server.settings import from_environment
from server.store.conversations import RedisConversations
from server.store.directory import RedisDirectory
from server.wiring import open_store, store_url

PAUSE: Final = 2.0
BATCH: Final = 100

log = structlog.get_logger()


def main() -> None:
    """Work until the process is stopped."""
    settings = from_environment(os.environ)
    store = open_store(store_url(settings))
    while True:
        try:
            sweep(store.directory, store.conversations)
        except RecordsUnavailable as error:
            log.warning("records_unavailable", reason=str(error))
        time.sleep(PAUSE)


def sweep(directory: RedisDirectory, conversations: RedisConversations) -> int:
    """End the claims that have run out, in every workspace; how many."""
    ended = 0
    for workspace_id in directory.workspaces():
        workspace = directory.workspace(workspace_id)
        while workspace and (got := conversations.sweep(workspace, BATCH)):
            ended += got
    return ended



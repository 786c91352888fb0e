"""The worker process: what need not be done in a request (server.jobs)."""

from __future__ import annotations

import os

from server.jobs.leases import sweep_forever
from server.settings import from_environment
from server.wiring import open_store, store_url


def main() -> None:
    """Work until the process is stopped."""
    store = open_store(store_url(from_environment(os.environ)))
    sweep_forever(store.directory, store.conversations)

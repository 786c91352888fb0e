"""The worker process: what need not be done in a request (server.jobs)."""

from __future__ import annotations

import os
import threading
import time

from server.jobs.crm import work_forever
from server.jobs.leases import Sweeping
from server.jobs.reading import read_forever
from server.settings import from_environment, secret_keys
from server.wiring import connectors, crm_work, open_store, reader, store_url


def main() -> None:
    """Work until the process is stopped."""
    settings = from_environment(os.environ)
    keys = secret_keys(settings)
    store = open_store(store_url(settings), keys)
    sweeping = Sweeping(store.directory, store.conversations, time.monotonic)
    work = crm_work(store, connectors(settings, store))
    threading.Thread(target=work_forever, args=(store.directory, work), name="crm", daemon=True).start()
    read_forever(store.directory, reader(store, keys), sweeping)

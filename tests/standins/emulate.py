"""A Gmail that nobody here wrote: npm's `emulate`, as a second opinion on what our calls and our mails are.

It is more lenient than Google: any bearer is the first user, no scopes, no second token, no `msg-f:` ids.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_PROGRAM = _ROOT / "server/hosts/outlook/taskpane/node_modules/emulate/dist/index.js"
_STARTING_SECONDS = 60
TOKEN = "any-token"


class Emulate:
    """A running one, at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, path: str, body: object | None = None) -> Any:
        """Ask as another client would: the mailbox is looked at without the code that is tested."""
        request = urllib.request.Request(  # noqa: S310 - the loopback
            f"{self.url}/gmail/v1/users/me/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the loopback
            return json.load(answer)


@contextmanager
def emulate(folder: Path, user: str) -> Iterator[Emulate]:
    """One that runs as long as the context, with an empty mailbox of this user."""
    if not _PROGRAM.exists():
        pytest.fail(f"{_PROGRAM} is missing: run `make modules`")
    node = shutil.which("node", path=f"{_ROOT / '.venv/node'}:{os.environ['PATH']}")
    assert node is not None, "no Node.js: run `make setup`"
    seed = folder / "seed.json"  # YAML has JSON within it
    seed.write_text(json.dumps({"google": {"users": [{"email": user, "name": "佐藤"}]}}), "utf-8")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [node, str(_PROGRAM), "start", "--service", "google", "--port", str(port), "--seed", str(seed)]
    with (folder / "emulate.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        running = Emulate(f"http://localhost:{port}")
        _wait(running, process, folder / "emulate.log")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(running: Emulate, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    while True:
        try:
            running.call("messages")
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"emulate did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.1)
        else:
            return

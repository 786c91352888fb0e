"""Prism (npm: @stoplight/prism-cli) between a connector and its vendor's stand-in: what the vendor's OpenAPI document has against our calls.

Neither comes with the project. Without the document's path in OPENAPI_<KIND>, or the program in PRISM or on the path, these tests are skipped;
`make test-openapi` names both. A document that kintone publishes: kintone/rest-api-spec on GitHub, kintone/<version>/bundled/openapi.yaml.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server.domain.crm import CrmKind
from server.gateways.crm.line import GuardedLine
from server.gateways.crm.spec import Reply, Spec
from tests.standins.crm.gate import MemoryGate

START_SECONDS = 60.0  # a document of megabytes is read for a while


class Watching(GuardedLine):
    """A line through Prism that gathers what it holds against requests. Answers are the stand-in's own affair."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec, MemoryGate(time.monotonic), local=True, seconds=20.0)
        self.seen: list[str] = []
        self.violations: list[tuple[str, str]] = []

    def send(self, method: str, url: str, **more: Any) -> Reply:
        """As the line's; Prism says what is wrong in a header of the answer."""
        reply = super().send(method, url, **more)
        self.seen.append(f"{method} {url.partition('/k/')[2] or url}")
        for told in json.loads(reply.headers.get("sl-violations", "[]")):
            if told["location"][0] == "request":
                self.violations.append((self.seen[-1], told["message"]))
        return reply


@contextmanager
def between(kind: CrmKind, upstream: str, environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Prism's address in front of `upstream`; skips the test when there is no Prism, or no document."""
    document = environ.get(f"OPENAPI_{kind.upper()}", "")
    program = shutil.which(environ.get("PRISM", "prism"))
    if not document or program is None:
        pytest.skip(
            f"needs Prism (npm) and the vendor's document (OPENAPI_{kind.upper()}), which may not be passed on: see `make test-openapi`"
        )
    assert Path(document).is_file(), document
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "proxy", document, upstream, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(lambda: _answers(port), process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        assert process.poll() is None, "Prism ended: does it understand the document?"
        assert time.monotonic() < deadline, "Prism does not answer"
        time.sleep(0.2)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

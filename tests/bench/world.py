"""Everything around the service: a company's agents, their mails, Google and Microsoft, a Valkey, copies of the service."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import numpy as np

from server.commands import SAMPLES
from server.domain.events import Identity
from server.domain.understanding import Understood
from server.domain.workspace import Workspace
from server.replies import starter
from server.replies.vectors import pack, unit
from server.store.embedded import Embedded, attach_or_start
from server.store.keys import prefix
from server.usecases.apply import apply
from server.wiring import Store, open_store
from tests.bench.processes import cpu_seconds, family
from tests.standins import entra, google

ROOT: Final = Path(__file__).parents[2]
PUBLIC_URL: Final = "http://127.0.0.1:8080"
"""What tokens are addressed to. Nobody calls it: each copy has a port of its own, as behind a load balancer."""
DOMAIN: Final = "aoba.example"
KEYS: Final = "a-key-of-the-benchmark-and-of-nobody-else"
START_SECONDS: Final = 60.0
SERVICE: Final = "server.app:create_app"
MODEL: Final = "use-m3-1"


@dataclass(frozen=True)
class Agent:
    """Somebody of the company, with the token of either client. Known to the service from their first open on."""

    number: int
    issuers: Issuers

    @property
    def name(self) -> str:
        return f"当番 {self.number:03}"

    @property
    def email(self) -> str:
        return f"agent-{self.number:03}@{DOMAIN}"

    @cached_property
    def google_token(self) -> str:
        now = int(time.time())
        claims = {"sub": f"1{self.number:020}", "email": self.email, "name": self.name, "hd": DOMAIN}
        return self.issuers.google.user_token(iat=now, exp=now + 3600, **claims)

    @property
    def entra_identity(self) -> Identity:
        return Identity("entra", self.issuers.tenant, self._oid, self.email, self.name)

    @property
    def _oid(self) -> str:
        return f"00000000-0000-4000-8000-{self.number:012}"

    @cached_property
    def entra_token(self) -> str:
        claims = entra.claims(
            self.issuers.tenant,
            now=time.time(),
            oid=self._oid,
            preferred_username=self.email,
            name=self.name,
        )
        return self.issuers.entra.sign(claims)


@dataclass(frozen=True)
class Issuers:
    """The keys that Google's and Microsoft's stand-ins sign with."""

    tenant: str
    google: google.Signer = field(default_factory=partial(google.Signer, "bench"))
    entra: entra.Signer = field(default_factory=partial(entra.Signer, "bench"))

    def system_token(self, path: str) -> str:
        """Google's own token for a call of this route."""
        now = int(time.time())
        return self.google.system_token(f"{PUBLIC_URL}{path}", iat=now, exp=now + 3600)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as both clients have it: Gmail's event with what opens it at Gmail's API, and Office.js's item."""

    gmail: Mapping[str, str]
    item: Mapping[str, object]


class World:
    """What one benchmark runs in; afterwards `folder` is gone, and what was left to `ending` is closed."""

    def __init__(
        self, folder: Path, ending: ExitStack, standin: google.Google, issuers: Issuers, entra_url: str
    ) -> None:
        self.folder = folder
        self.ending = ending
        self.issuers = issuers
        self._google = standin
        self._entra_url = entra_url
        self._letters = 0
        self._logs = 0

    def agent(self, number: int) -> Agent:
        return Agent(number, self.issuers)

    def letter(self, customer: str, subject: str, name: str = "") -> Letter:
        """A new mail of the customer to the support team, in every agent's mailbox."""
        self._letters += 1
        number = self._letters
        sender = f"{name} <{customer}>" if name else customer
        headers = "\r\n".join(
            (
                f"From: {sender}",
                f"To: support@{DOMAIN}",
                f"Subject: {subject}",
                f"Message-ID: <letter-{number}@{customer.rpartition('@')[2]}>",
                f"Date: Mon, 16 Nov 2026 {9 + number // 3600 % 12:02}:{number // 60 % 60:02}:{number % 60:02} +0900",
                "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: 8bit",
            )
        )
        text = "お世話になっております。先日お願いした見積書がまだ届いておりません。ご確認をお願いいたします。"
        gmail_number = 0x18C2F00D00000000 + number
        message_id, message_token = self._google.put(f"{headers}\r\n\r\n{text}\r\n".encode(), number=gmail_number)
        return Letter(
            {"messageId": message_id, "threadId": f"thread-f:{gmail_number}", "accessToken": message_token},
            {"headers": headers, "text": text, "itemId": f"AAMkAGI{number:x}AAA="},
        )

    def environment(self, **settings: str) -> dict[str, str]:
        """Return what a process of the service is told."""
        ours = ("SOBANI_", "REDIS_URL", "PORT")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {
            **kept,
            "SOBANI_PUBLIC_URL": PUBLIC_URL,
            "SOBANI_KEYS": KEYS,
            "SOBANI_GOOGLE_PROJECTS": json.dumps(
                [{"service_account_email": google.SERVICE_ACCOUNT, "client_id": google.CLIENT_ID}]
            ),
            "SOBANI_GOOGLE_CERTS_URL": self._google.certs_url,
            "SOBANI_GMAIL_API_URL": self._google.gmail_url,
            "SOBANI_ENTRA_URL": self._entra_url,
            "SOBANI_ENTRA_CLIENT_ID": entra.CLIENT_ID,
            **settings,
        }

    def log(self) -> Path:
        """Return a new file for what a process says."""
        self._logs += 1
        return self.folder / f"log-{self._logs}"

    @contextmanager
    def valkey(self) -> Iterator[Embedded]:
        """A Valkey as `sobani run` starts it, empty."""
        with attach_or_start(Path(tempfile.mkdtemp(dir=self.folder))) as server:
            yield server

    @contextmanager
    def copy(
        self, redis_url: str, application: str = SERVICE, public_url: str = PUBLIC_URL, **more: str
    ) -> Iterator[Copy]:
        """A copy of the service (or another application on the same server) on this store."""
        port = free_port()
        log = self.log()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", "_web", "--application", application, "--parent", str(os.getpid())],
                cwd=ROOT,
                env=self.environment(
                    PORT=str(port),
                    REDIS_URL=redis_url,
                    SOBANI_DATA=str(self.folder),
                    SOBANI_PUBLIC_URL=public_url,
                    **more,
                ),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_for_answer(port, process, log)
            yield Copy(port, process)
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True, slots=True)
class Copy:
    """A running copy of the service."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        self.process.terminate()
        self.process.wait()

    def cpu_seconds(self) -> float:
        """Return what all its processes have spent."""
        return sum(cpu_seconds(pid) for pid in family(self.pid))


@contextmanager
def world() -> Iterator[World]:
    """Give a world to measure in."""
    # Short: a socket's path must fit into 100 bytes.
    with tempfile.TemporaryDirectory(prefix="sobani-bench-") as folder, ExitStack() as ending:
        issuers = Issuers(sample_tenant())
        standin = ending.enter_context(google.google([issuers.google]))
        entra_url = ending.enter_context(_entra(issuers.entra))
        yield World(Path(folder), ending, standin, issuers, entra_url)


def settle(redis_url: str) -> tuple[Store, Workspace]:
    """Describe the sample company to an empty store."""
    store = open_store(redis_url)
    return store, apply(store.directory, sample_file()).workspace


def suggest(store: Store, workspace: Workspace) -> None:
    """Have every mail understood and the starter templates ready to be ranked, with vectors of chance: only their cost is asked."""
    chance = np.random.default_rng(1)

    def vector() -> bytes:
        return pack(unit(chance.normal(size=512).astype(np.float32)))

    templates = starter.load()
    store.answers.seed(workspace, templates)
    store.outbox.begin(workspace.id, MODEL)
    store.outbox.keep_vectors(workspace.id, MODEL, {one.id: (1, vector()) for one in templates})
    for raw in store.library.client.scan_iter(match=f"{prefix(workspace.id)}m:*"):
        read = Understood(model=MODEL, vector=vector(), language="ja")
        store.outbox.understood(workspace.id, raw.decode().rpartition(":")[2], read, (), told=False)


def sample_file() -> str:
    return (SAMPLES / "workspace.toml").read_text(encoding="utf-8")


def sample_tenant() -> str:
    line = next(line for line in sample_file().splitlines() if line.startswith("entra_tenants"))
    return line.split('"')[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something answers at the port. Raises RuntimeError with the end of the log when nothing does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"no service on port {port}: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def _entra(signer: entra.Signer) -> Iterator[str]:
    """Publish the key, as Entra does."""
    document = json.dumps({"keys": [signer.jwk]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

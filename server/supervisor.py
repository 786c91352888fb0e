"""`sobani run`: starts what a service consists of, looks after it, and stops all of it.

    sobani run ---+--- keeper --- Valkey      unless REDIS_URL is given (store/embedded.py)
                  +--- web (granian) --- its workers
                  +--- worker: what need not be done in a request (worker.py)

A part that dies is started again. When `sobani run` itself is killed, its parts notice within a moment and go: the web and the
worker watch for their parent, the keeper for its users.
"""

import errno
import gc
import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from types import FrameType
from typing import Any, Final

import structlog

from server import telemetry
from server.settings import Settings, SettingsError, secret_keys
from server.store.embedded import Embedded, attach_or_start
from server.web.later import make_room, teach

APPLICATION: Final = "server.app:create_app"
WORKER: Final = "server.worker"
PORT_SECONDS: Final = 3.0  # a service that was just killed needs a moment to let go of its port
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
PAUSE: Final = 0.1
WATCH_SECONDS: Final = 0.2


class StartError(Exception):
    """The service does not start; the text is one line for the administrator."""


class _Stop(Exception):
    """Ctrl-C or a SIGTERM came."""


class _Part:
    """A process of ours, started again when it dies."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "server", *arguments, "--parent", str(os.getpid())]
        self._failures = 0
        self._log = structlog.get_logger()
        self._start()

    def _start(self) -> None:
        self._born = time.monotonic()
        # A session of its own: a terminal's Ctrl-C is for us, and we stop the parts in order.
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)

    def look_after(self) -> None:
        """Start it again if it has died.

        Raises:
            StartError: it dies as soon as it is started.

        """
        status = self._process.poll()
        if status is None:
            return
        self._failures = self._failures + 1 if time.monotonic() - self._born < 5 else 1
        if self._failures == 3:
            raise StartError(f"the {self.name} process does not start (exit status {status})")
        self._log.error("a process died and is started again", component=self.name, status=status)
        self._start()

    def stop(self, deadline: float) -> None:
        """Stop it: told, and after the deadline forced."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            # The whole session: granian's workers are its children.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def run(settings: Settings, *, say: Callable[[str], None], application: str = APPLICATION) -> None:
    """Run the service until Ctrl-C or SIGTERM. `say` gets the address, once it answers.

    Raises:
        SettingsError: the port or the keys cannot be used.
        EmbeddedError: the embedded Valkey does not start.
        StartError: a part of the service does not start.

    """
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, _stop)
    with suppress(_Stop), ExitStack() as ending:
        _wait_for_port(settings)
        secret_keys(settings)
        embedded = ending.enter_context(attach_or_start(settings.data)) if settings.redis_url is None else None
        parts: list[_Part] = []
        ending.callback(_stop_all, parts)
        parts.append(_Part("web", ["_web", "--application", application]))
        if settings.playground:
            _prepare()  # beside the web's start, which takes as long
        _wait_for_answer(settings, lambda: _look_after(parts, embedded))
        if importlib.util.find_spec(WORKER):
            parts.append(_Part("worker", ["_worker"]))  # after the web: nobody waits for it
        say(f"{settings.public_url}/playground" if settings.playground else settings.public_url)
        while True:
            time.sleep(PAUSE)
            _look_after(parts, embedded)


def serve(settings: Settings, parent: int, application: str) -> None:
    """Be the web part: granian with the application, which is loaded in its workers only."""
    # Imported here: the other parts need nothing of it, and each would carry its weight.
    from granian.constants import Interfaces  # noqa: PLC0415 - see above
    from granian.log import LogLevels  # noqa: PLC0415 - see above
    from granian.server import Server  # noqa: PLC0415 - see above

    _leave_with_parent_by_timer(parent)
    server = Server(
        application,
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backpressure=make_room(settings.threads, settings.panes),
        websockets=False,
        log_level=LogLevels.error,  # its warnings are about the number of threads, which is ours to choose
        # Nothing of granian's own form of logging: its errors become lines like all others (telemetry).
        log_dictconfig={
            "formatters": {},
            "handlers": {},
            "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": True}},
        },
        respawn_failed_workers=True,
        workers_kill_timeout=3,  # what still runs then has been given up by its host
        factory=True,
    )
    # _load runs in each worker; a partial of a module's function survives "spawn", which macOS needs.
    try:
        server.serve(target_loader=_load)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # Python lets go of its handlers at the end; the signal would then kill


def work(parent: int) -> None:
    """Be the worker part (worker.py)."""
    leave_with_parent(parent)
    importlib.import_module(WORKER).main()


def leave_with_parent(parent: int) -> None:
    """End this process soon after its parent has died, however that happened. For processes with threads."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="leave-with-parent", daemon=True).start()


def _leave_with_parent_by_timer(parent: int) -> None:
    """Do the same without a thread, for granian's first process: it forks, and a fork must not meet a second thread."""

    def look(_signal: int, _frame: FrameType | None) -> None:
        if os.getppid() != parent:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, WATCH_SECONDS, WATCH_SECONDS)


def _load(target: str) -> Callable[..., object]:
    """Load the application, in a granian worker."""
    leave_with_parent(os.getppid())
    module, _, factory = target.partition(":")
    application: Callable[..., object] = getattr(importlib.import_module(module), factory)()
    known: Mapping[str, Any] = getattr(
        application, "extensions", {}
    )  # app.py's; not imported, for the other parts' sake
    if "sobani" in known:
        teach(importlib.import_module("granian.server.mp"), known["sobani.held"])
        _before_the_end(known["sobani"].close)
    # What is loaded by now stays; a card is a thousand small objects without cycles, and looking for cycles among
    # them several times a request took a tenth of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    return application


def _before_the_end(act: Callable[[], None]) -> None:
    """Do this when the worker is told to stop: granian then waits for all whose answer has not come yet.

    Python's handlers are granian's, and set after this; the byte that Python writes for each signal is seen beside them.
    """
    here, there = socket.socketpair()
    there.setblocking(False)
    signal.set_wakeup_fd(there.detach())

    def watch() -> None:
        while here.recv(1)[0] not in {signal.SIGTERM, signal.SIGINT}:
            pass
        act()

    threading.Thread(target=watch, name="before-the-end", daemon=True).start()


def _prepare() -> None:
    """Load the sample mailbox into an empty store (cli.FIRST_START), in a process that is gone afterwards."""
    done = subprocess.run([sys.executable, "-m", "server", "_first-start"], check=False)
    if done.returncode:
        raise StartError(f"the sample mailbox could not be loaded (exit status {done.returncode})")


def _look_after(parts: Sequence[_Part], embedded: Embedded | None) -> None:
    if embedded:
        embedded.ensure()
    for part in parts:
        part.look_after()


def _stop_all(parts: Sequence[_Part]) -> None:
    # A second Ctrl-C must not leave half of it running; STOP_SECONDS is the way out.
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    deadline = time.monotonic() + STOP_SECONDS
    for part in reversed(parts):
        part.stop(deadline)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stop


def _wait_for_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.bind, settings.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    name = "PORT" if error.errno == errno.EACCES else "SOBANI_BIND"
                    raise SettingsError(
                        name, f"cannot listen on {settings.bind}:{settings.port}: {error.strerror}"
                    ) from error
                if time.monotonic() > deadline:
                    raise SettingsError(
                        "PORT", f"{settings.port} is in use on {settings.bind}; choose another one"
                    ) from error
            else:
                return
        time.sleep(PAUSE)


def _wait_for_answer(settings: Settings, look_after: Callable[[], None]) -> None:
    """Wait until the application answers: granian listens before its workers have loaded it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind, settings.bind)  # noqa: S104 - compared, not bound
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        look_after()
        connection = http.client.HTTPConnection(host, settings.port, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(PAUSE)
        else:
            return
        finally:
            connection.close()
    raise StartError(f"the service does not answer on {host}:{settings.port} within {START_SECONDS:.0f} s")


def configure_logs(settings: Settings) -> None:
    """Every process of the service speaks in the same form."""
    telemetry.configure(settings.log_level)

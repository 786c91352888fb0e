"""`sobani run`: all of it starts, all of it stops, and nothing is left over, however it ends."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.store.embedded import attach_or_start, is_running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
RUN = """
import os
from server import supervisor
from server.settings import from_environment
settings = from_environment(os.environ)
supervisor.configure_logs(settings)
supervisor.run(settings, say=lambda address: print(address, flush=True), application="tests.stub_application:create")
"""


def eventually(is_true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.02)
    return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Service:
    """A running service with the stub application."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "SOBANI_DATA": str(data), "SOBANI_PLAYGROUND": "off"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def address(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def pids(self) -> tuple[int, int]:
        """Return granian's worker, and its parent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/")
            worker, parent = connection.getresponse().read().split()
        finally:
            connection.close()
        return int(worker), int(parent)

    def worker(self) -> int | None:
        try:
            return self.pids()[0]
        except (OSError, http.client.HTTPException):
            return None

    def is_gone(self, *pids: int) -> bool:
        return self.worker() is None and not is_running(self.data) and not any(is_alive(pid) for pid in pids)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def service(tmp_path: Path, port: int) -> Iterator[Service]:
    running = Service(tmp_path, port)
    yield running
    running.process.kill()
    running.process.communicate()


def test_the_address_is_said_once_it_answers_and_ctrl_c_stops_everything(service: Service) -> None:
    assert service.address() == f"http://127.0.0.1:{service.port}\n"
    pids = service.pids()
    assert is_running(service.data)
    service.process.send_signal(signal.SIGINT)
    out, err = service.process.communicate(timeout=60)
    assert (service.process.returncode, out, err) == (0, "", "")
    assert service.is_gone(*pids)


def test_a_sigterm_stops_it_even_while_panes_wait(service: Service) -> None:
    service.address()
    pids = service.pids()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("GET", "/wait")
    service.process.terminate()
    service.process.communicate(timeout=60)
    connection.close()
    assert service.process.returncode == 0
    assert service.is_gone(*pids)


def test_a_kill_leaves_nothing_running_and_the_next_one_starts_at_once(service: Service) -> None:
    service.address()
    pids = service.pids()
    service.process.kill()
    service.process.communicate()
    again = Service(service.data, service.port)
    try:
        assert again.address() == f"http://127.0.0.1:{service.port}\n"
        # init may take a moment to reap them, and until then they count as alive.
        assert eventually(lambda: not any(is_alive(pid) for pid in pids))
        again.process.kill()
        again.process.communicate()
        assert eventually(lambda: service.is_gone(*pids))
    finally:
        again.process.kill()
        again.process.communicate()


@pytest.mark.parametrize("which", ["granian", "its worker"])
def test_a_killed_web_process_is_started_again(service: Service, which: str) -> None:
    service.address()
    worker, parent = service.pids()
    os.kill(parent if which == "granian" else worker, signal.SIGKILL)
    assert eventually(lambda: service.worker() not in {None, worker})


def test_a_command_meets_the_services_redis_and_the_service_outlives_it(service: Service) -> None:
    service.address()
    with attach_or_start(service.data) as server:
        assert not server.started
    assert is_running(service.data)


def test_a_port_in_use_is_said_in_one_line_and_exits_with_2(tmp_path: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "server", "run"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "SOBANI_DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == f"sobani: PORT: {port} is in use on 127.0.0.1; choose another one\n"
    assert done.stdout == ""
    assert not is_running(tmp_path)

"""The embedded Valkey: one server a data folder, whoever comes and goes, however they go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from server.store.embedded import EmbeddedError, address, attach_or_start, is_running

# A user of the server in a process of its own: adds one, says which server it met, and stays until it is told to go.
USER = r"""
import socket, sys
from pathlib import Path
from server.store.embedded import attach_or_start
with attach_or_start(Path(sys.argv[1])) as server, socket.socket(socket.AF_UNIX) as client:
    client.connect(server.url.removeprefix("unix://"))
    client.sendall(b"INCR visits\r\n")
    assert client.recv(1) == b":"
    print(server.pid, server.started, flush=True)
    sys.stdin.read()
"""


def user(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def says(process: subprocess.Popen[str]) -> tuple[int, bool]:
    assert process.stdout is not None
    pid, started = process.stdout.readline().split()
    return int(pid), started == "True"


def eventually(is_true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.02)
    return False


def visits(data: Path) -> int:
    with attach_or_start(data) as server, redis.Redis.from_url(server.url) as client:
        return int(client.get("visits") or 0)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_was_written_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert server.started
        assert client.config_get("append*")["appendfsync"] == "always"
        client.set("note", "kept")
    assert not is_running(tmp_path)
    with attach_or_start(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.get("note") == b"kept"


def test_a_second_user_meets_the_same_server_and_may_leave_or_stay(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as first:
        with attach_or_start(tmp_path) as second:
            assert second.pid == first.pid
            assert not second.started
        assert is_running(tmp_path)
        stays = user(tmp_path)
        assert says(stays) == (first.pid, False)
    assert is_running(tmp_path), "the one who started it has left, another one still uses it"
    stays.communicate("")
    assert eventually(lambda: not is_running(tmp_path))


def test_ten_at_once_start_one_server_and_lose_nothing(tmp_path: Path) -> None:
    crowd = [user(tmp_path) for _ in range(10)]
    met = [says(one) for one in crowd]
    assert len({pid for pid, _ in met}) == 1
    assert sum(started for _, started in met) == 1
    for one in crowd:
        one.communicate("")
    assert eventually(lambda: not is_running(tmp_path))
    assert visits(tmp_path) == 10


def test_coming_and_going_all_the_time_never_makes_two_servers(tmp_path: Path) -> None:
    for _ in range(3):
        crowd = [user(tmp_path) for _ in range(4)]
        for one in crowd:
            one.communicate("", timeout=60)
    assert visits(tmp_path) == 12


def test_a_killed_user_leaves_no_server_behind(tmp_path: Path) -> None:
    killed = user(tmp_path)
    pid, _ = says(killed)
    killed.kill()
    killed.communicate()
    assert eventually(lambda: not is_alive(pid))
    assert visits(tmp_path) == 1


def test_a_killed_server_is_started_again_with_its_data(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("note", "kept")
        pid = server.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: is_running(tmp_path) and server.pid != pid)
        with redis.Redis.from_url(server.url) as client:
            assert client.get("note") == b"kept"


def test_a_killed_keeper_is_replaced_by_whoever_looks_after_the_server(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("note", "kept")
        os.kill(int((tmp_path / "store" / "server.lock").read_text()), signal.SIGKILL)
        assert eventually(server.ensure)
        with redis.Redis.from_url(server.url) as client:
            assert client.get("note") == b"kept"
    assert not is_running(tmp_path)


def test_a_terminals_ctrl_c_does_not_reach_the_server(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as server:
        pid = server.pid
        keeper = int((tmp_path / "store" / "server.lock").read_text())
        os.kill(keeper, signal.SIGINT)
        os.kill(keeper, signal.SIGTERM)
        time.sleep(0.3)
        assert server.pid == pid
        assert is_running(tmp_path)


def test_a_stale_socket_and_a_stale_pid_file_are_nothing_to_stumble_over(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "valkey.sock").touch()
    (folder / "valkey.pid").write_text(str(os.getpid()))
    (folder / "server.lock").write_text("1")
    with attach_or_start(tmp_path):
        assert is_running(tmp_path)


def test_a_long_path_still_gets_a_socket_and_everybody_finds_it(tmp_path: Path) -> None:
    data = tmp_path / ("a-folder-with-a-long-name-" * 5)
    with attach_or_start(data) as server:
        assert server.url == address(data)
        assert server.url.startswith("unix:///tmp/sobani-")
        other = user(data)
        assert says(other) == (server.pid, False)
        other.communicate("")


def test_a_server_that_cannot_start_is_reported_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "store" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("this is not a manifest\n")
    with pytest.raises(EmbeddedError) as caught, attach_or_start(tmp_path):
        pass
    assert "\n" not in str(caught.value)
    assert "valkey.log" in str(caught.value)

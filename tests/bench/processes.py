"""Processes as the system sees them: what they have spent, whose children they are."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

LINUX: Final = Path("/proc/self/stat").exists()  # slim images have no ps


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and its threads have spent, user and system.

    Linux tells it in nanoseconds by the process's own clock, where /proc counts ticks of 10 ms; elsewhere ps must do.
    """
    if LINUX:
        return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3): MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
    clock = subprocess.run(["ps", "-o", "cputime=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    seconds = 0.0
    for part in clock.strip().replace("-", ":").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def megabytes(pid: int) -> float:
    """Return the memory that a process holds, without what is swapped out."""
    if LINUX:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    held = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return int(held) / 1024


def family(pid: int) -> list[int]:
    """Return the process and all below it, parents first."""
    found = [pid]
    children = _children()
    for one in found:
        found += children.get(one, [])
    return found


def command(pid: int) -> str:
    """Return how a process was started, "" when it has gone."""
    if not LINUX:
        return subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def kill(pids: Iterable[int]) -> None:
    """End these processes at once, those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    return children


def _parents() -> list[tuple[int, int]]:
    if not LINUX:
        listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        return [(int(pid), int(parent)) for pid, parent in (line.split() for line in listing.splitlines())]
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it has gone meanwhile
            found.append((int(entry.name), int(stat.rpartition(")")[2].split()[1])))
    return found

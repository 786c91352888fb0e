"""How fast past mails are read, and how much memory that takes: `sobani import` over a Maildir and an mbox."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.commands import SAMPLES
from tests.bench.figures import Figure
from tests.bench.world import ROOT, World, settle

_IDS: Final = re.compile(rb"(?im)(?<=^)(Message-ID|In-Reply-To|References|Resent-Message-ID):((?:.*\r?\n[ \t])*.*)$")
_PEOPLE: Final = re.compile(rb"(?im)^(From|To|Cc|Reply-To|Sender):((?:.*\r?\n[ \t])*.*)$")
_ID: Final = re.compile(rb"<([^<>@\s]+)@")
_OUTSIDER: Final = re.compile(rb"([A-Za-z0-9._+-]+)@(?!aoba\.example)")
_YEAR: Final = re.compile(rb"(?m)^(Date:.*)\b20\d\d\b")

# A process of its own starts the import: what the system calls the largest size of a child begins with its parent's.
_RUN: Final = """
import json, os, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
said = process.stdout.read().decode()
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - begun
print(json.dumps({"said": said, "status": status, "seconds": seconds, "maxrss": usage.ru_maxrss}))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one import came to."""

    new: int
    seconds: float
    peak_mb: float


def measure(world: World, *, few: int, many: int) -> Iterator[Figure]:
    """Give messages a second (the slower of the two forms), the peak, and how far it grows from few mails to many."""
    maildir = _import(world, _maildir(world.folder / "maildir", few))
    mbox = _import(world, _mbox(world.folder / "few.mbox", few))
    large = _import(world, _mbox(world.folder / "many.mbox", many))
    for run, mails in ((maildir, few), (mbox, few), (large, many)):
        if run.new != mails:
            raise RuntimeError(f"{run.new} of {mails} mails were imported")
    yield Figure("import.per_second", min(few / maildir.seconds, few / mbox.seconds, many / large.seconds), "mails/s")
    yield Figure("import.maildir_per_second", few / maildir.seconds, "mails/s")
    yield Figure("import.mbox_per_second", few / mbox.seconds, "mails/s")
    yield Figure("import.peak_mb", large.peak_mb, "MB")
    yield Figure("import.peak_growth", large.peak_mb / mbox.peak_mb, f"times, {many:,} / {few:,} mails")


def mails(count: int) -> Iterator[bytes]:
    """The sample mailbox's mails over and over, each time of other people, with other ids, a year apart; bodies untouched."""
    samples = [path.read_bytes() for path in sorted(Path(str(SAMPLES / "mailbox" / "shared")).glob("*.eml"))]
    return (_another(samples[number % len(samples)], number // len(samples)) for number in range(count))


def _another(raw: bytes, generation: int) -> bytes:
    if generation == 0:
        return raw
    suffix = f".g{generation}".encode()
    head, gap, body = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")
    head = _IDS.sub(lambda line: _ID.sub(rb"<\1" + suffix + b"@", line[0]), head)
    head = _PEOPLE.sub(lambda line: _OUTSIDER.sub(rb"\1" + suffix + b"@", line[0]), head)
    head = _YEAR.sub(lambda date: date[1] + str(1990 + generation % 35).encode(), head)
    return head + gap + body


def _maildir(path: Path, count: int) -> Path:
    for folder in ("cur", "new", "tmp"):
        (path / folder).mkdir(parents=True)
    for number, raw in enumerate(mails(count)):
        (path / "cur" / f"{1_700_000_000 + number}.bench.host:2,S").write_bytes(raw)
    return path


def _mbox(path: Path, count: int) -> Path:
    with path.open("wb") as file:
        for raw in mails(count):
            lines = raw.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
            file.write(b"From bench Mon Nov 16 09:00:00 2026\n" + lines.rstrip(b"\n") + b"\n\n")
    return path


def _import(world: World, path: Path) -> Run:
    with world.valkey() as valkey:
        settle(valkey.url)
        answer = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _RUN, sys.executable, "-m", "server", "import", str(path)],
            cwd=ROOT,
            env=world.environment(REDIS_URL=valkey.url, SOBANI_DATA=str(world.folder)),
            capture_output=True,
            check=True,
        )
    ran = json.loads(answer.stdout)
    if ran["status"]:
        raise RuntimeError(f"import ended with {ran['status']}: {answer.stderr.decode(errors='replace')[-1000:]}")
    kilobytes = ran["maxrss"] / (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes
    return Run(int(ran["said"].split()[0]), ran["seconds"], kilobytes / 1024)

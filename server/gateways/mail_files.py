"""Mails as files: .eml, folders of them, Maildir and mbox."""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 60 * 1024 * 1024
"""A mail larger than this is no mail a provider would have taken (Gmail: 25 MB, Exchange Online: 150 MB only by setting)."""


class MailFile:
    """One mail that lies somewhere: what to call it, and how to get its bytes."""

    __slots__ = ("_read", "name")

    def __init__(self, name: str, read: Callable[[], bytes]) -> None:
        self.name = name
        self._read = read

    def read(self) -> bytes:
        """Return the bytes. Raises OSError, KeyError when it has gone meanwhile."""
        return self._read()


def mails_in(path: Path) -> Iterator[MailFile]:
    """Yield the mails at a path: a Maildir, a folder (with all below it), an mbox or a single mail. Raises OSError."""
    if path.is_dir():
        if all((path / part).is_dir() for part in ("cur", "new")):
            folder = mailbox.Maildir(path, create=False)
            for key in sorted(folder.keys()):
                yield MailFile(f"{path}/{key}", partial(folder.get_bytes, key))
            return
        for below in sorted(path.iterdir()):
            if below.is_dir() or (below.is_file() and below.suffix.lower() in {".eml", ".mbox", ".mbx"}):
                yield from mails_in(below)
        return
    if path.suffix.lower() != ".eml" and _is_mbox(path):
        for number, (start, end) in enumerate(_places(path), start=1):
            yield MailFile(f"{path}#{number}", partial(_part, path, start, end))
        return
    path.stat()  # says plainly that the file is missing
    yield MailFile(str(path), partial(_whole, path))


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _places(path: Path) -> Iterator[tuple[int, int]]:
    """Where each mail of an mbox begins, under its "From " line, and ends, before the empty line that parts it from the next.

    mailbox.mbox says the same and keeps the file open, to be written, until somebody closes it.
    """
    start, at, empty = -1, 0, 0
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"From "):
                if start >= 0:
                    yield start, at - empty
                start = at + len(line)
            at += len(line)
            empty = len(line) if line in {b"\n", b"\r\n"} else 0
    if start >= 0:
        yield start, at - empty


def _whole(path: Path) -> bytes:
    _bound(path.stat().st_size)
    return path.read_bytes()


def _part(path: Path, start: int, end: int) -> bytes:
    _bound(end - start)
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _bound(size: int) -> None:
    if size > MAX_BYTES:
        raise OSError(f"larger than {MAX_BYTES} bytes")

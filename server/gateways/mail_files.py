"""Mails as files: .eml, folders of them, Maildir and mbox."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 60 * 1024 * 1024
"""A mail larger than this is no mail a provider would have taken (Gmail: 25 MB, Exchange Online: 150 MB only by setting)."""


class MailFile:
    """One mail that lies somewhere: what to call it, and how to get its bytes."""

    __slots__ = ("_key", "_source", "name")

    def __init__(self, name: str, source: Path | mailbox.Mailbox[mailbox.Message], key: str = "") -> None:
        self.name = name
        self._source = source
        self._key = key

    def read(self) -> bytes:
        """Return the bytes. Raises OSError, KeyError when it has gone meanwhile."""
        if isinstance(self._source, Path):
            if self._source.stat().st_size > MAX_BYTES:
                raise OSError(f"larger than {MAX_BYTES} bytes")
            return self._source.read_bytes()
        return self._source.get_bytes(self._key)


def mails_in(path: Path) -> Iterator[MailFile]:
    """Yield the mails at a path: a Maildir, a folder (with all below it), an mbox or a single mail. Raises OSError."""
    if path.is_dir():
        if all((path / part).is_dir() for part in ("cur", "new")):
            folder = mailbox.Maildir(path, create=False)
            for key in sorted(folder.keys()):
                yield MailFile(f"{path}/{key}", folder, key)
            return
        for below in sorted(path.iterdir()):
            if below.is_dir() or (below.is_file() and below.suffix.lower() in {".eml", ".mbox", ".mbx"}):
                yield from mails_in(below)
        return
    if path.suffix.lower() != ".eml" and _is_mbox(path):
        box = mailbox.mbox(path, create=False)
        for number, key in enumerate(box.keys(), start=1):
            yield MailFile(f"{path}#{number}", box, key)
        return
    path.stat()  # says plainly that the file is missing
    yield MailFile(str(path), path)


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "

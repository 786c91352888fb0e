"""A mail's attachments as they may go along with it: names and types that are safe to hand on, and no more than fit."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable
from typing import Final

from server.domain.crm import Attachment
from server.domain.events import FILES_MOST, Files

MOST: Final = 20
"""Files of one mail."""

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}", re.ASCII)
_KNOWN: Final = mimetypes.MimeTypes()


def name_of(name: str) -> str:
    """A file's name on one line, without what belongs to a path."""
    return " ".join(name.replace("\0", "").replace("/", "_").replace("\\", "_").split())[:200] or "—"


def attachment(name: str, kind: str, content: bytes) -> Attachment:
    """A file by the type that its mail or mail client says; by its name where they say none that can be one."""
    name, kind = name_of(name), kind.strip().lower()
    if _TYPE.fullmatch(kind) is None:
        kind = _KNOWN.guess_type(name)[0] or "application/octet-stream"
    return Attachment(name, kind, content)


def fitting(files: Iterable[Attachment], left: Iterable[str]) -> Files:
    """As many as fit, in their order; the others' names after those that are left out already."""
    found: list[Attachment] = []
    names = [name_of(name) for name in left]
    room = FILES_MOST
    for file in files:
        if len(file.content) <= room and len(found) < MOST:
            room -= len(file.content)
            found.append(file)
        else:
            names.append(file.name)
    return Files(tuple(found), tuple(names))

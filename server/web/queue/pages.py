"""The page's templates and files, read once when the service starts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import jinja2
from flask import Response

from server.screens.queue_page import Block, Board, Door, Frame

_FOLDER: Final = resources.files("server.web.queue")
_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_COLUMNS: Final = {"mentions": "now", "overdue": "now", "unclaimed": "next", "mine": "begun", "held": "begun"}
"""Three columns leave room for subjects; lists that are mostly short share one."""
_FILES: Final = ("colours.css", "queue.css", "queue.js", "door.js")

_PAGES: Final = frozenset({"queue", "crm"})
"""Where a link may lead: addresses are chosen here, never taken from it."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class File:
    """A script or style; an address that carries its version may be kept for ever."""

    body: bytes
    content_type: str
    version: str

    def sent(self, version: str) -> Response:
        """The answer to who asks for it, by an address with this version."""
        age = "public, max-age=31536000, immutable" if version == self.version else "public, no-cache"
        return Response(self.body, mimetype=self.content_type, headers={"Cache-Control": age, "Vary": ""})


class Pages:
    """Draws the page. `root` is the path that all addresses of the service begin with."""

    def __init__(self, root: str) -> None:
        base = f"{root}/queue"
        self._root = root
        self.files = {name: read_file(_FOLDER, name) for name in _FILES}
        # Autoescape, since subjects and names are other people's words.
        environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(lambda name: _FOLDER.joinpath(name).read_text("utf-8")),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["base"] = base
        environment.globals["icon"] = f"{root}/manifests/icons/icon-32.png"
        environment.globals["templates"] = f"{root}/templates"
        environment.globals["crm"] = f"{root}/crm"
        environment.globals["file"] = {
            name: f"{base}/assets/{name}?v={file.version}" for name, file in self.files.items()
        }
        environment.globals["version"] = "-".join(file.version for file in self.files.values())
        self._page = environment.get_template("queue.html")
        self._board = environment.get_template("board.html")
        self._door = environment.get_template("door.html")

    def page(self, frame: Frame, board: Board) -> str:
        """Return the whole page of somebody who is signed in."""
        return self._page.render(frame=frame, board=board, **_places(board))

    def board(self, frame: Frame, board: Board) -> str:
        """Return what of it changes."""
        return self._board.render(frame=frame, board=board, **_places(board))

    def door(self, door: Door, state: str, to: str = "") -> str:
        """Return the page of somebody who is not: "opening" tries the link, "closed" and "trouble" say what is wrong.

        `to` is the page that the link is for, "" for the queue.
        """
        return self._door.render(door=door, state=state, onward=f"{self._root}/{to if to in _PAGES else 'queue'}")


def _places(board: Board) -> dict[str, object]:
    """Return which list the page is about, and what stands side by side."""
    columns: dict[str, list[Block]] = {}
    for block in board.blocks:
        columns.setdefault(_COLUMNS[block.name], []).append(block)
    return {"here": next(one.name for one in board.counts if one.here), "columns": columns.items()}


def read_file(folder: Traversable, name: str) -> File:
    """Read a file that pages link to."""
    body = folder.joinpath(name).read_bytes()
    return File(body, _TYPES[name.rpartition(".")[2]], hashlib.blake2b(body, digest_size=8).hexdigest())

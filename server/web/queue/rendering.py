"""The queue's page and the door that stands before all pages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Final

from server.screens.queue_page import Block, Board
from server.web.pages.assets import read_assets
from server.web.pages.door import Door
from server.web.pages.rendering import STATIC, Renderer

_FOLDER: Final = resources.files("server.web.queue")
_COLUMNS: Final = {"mentions": "now", "overdue": "now", "unclaimed": "next", "mine": "begun", "held": "begun"}
"""Three columns leave room for subjects; lists that are mostly short share one."""


def door_at(root: str) -> Door:
    """Return the door, with the renderer of the queue. `root` is the path that all addresses of the service begin with."""
    assets = {
        **read_assets(STATIC, "colours.css"),
        **read_assets(_FOLDER, "queue.css", "queue.js"),
        **read_assets(STATIC, "door.js"),
    }
    return Door(root, Renderer(root, "queue", _FOLDER, assets))


def values_of(renderer: Renderer, board: Board) -> Mapping[str, object]:
    """Return which list the page is about, what stands side by side, and by what its script notices that it is old itself."""
    columns: dict[str, list[Block]] = {}
    for block in board.blocks:
        columns.setdefault(_COLUMNS[block.name], []).append(block)
    return {
        "board": board,
        "here": next(one.name for one in board.counts if one.here),
        "columns": columns.items(),
        "version": "-".join(asset.version for asset in renderer.assets.values()),
    }

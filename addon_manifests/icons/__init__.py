"""Sobani's mark, two shapes side by side: an SVG source each, and the PNG files that the stores and clients ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent
"""Where the files are; a picture is `FOLDER / f"{name}.png"`."""


class Picture(NamedTuple):
    """One PNG file: what it is drawn from, and its size in pixels."""

    source: str
    width: int
    height: int


# Outlook: 16, 32, 80 on the ribbon, 64 and 128 in its list of add-ins; on phones 25, 32 and 48 points at one, two and
# three pixels each. Google Workspace Marketplace: 32, 48, 96, 128. Each size is a multiple of its source's grid, so that
# edges fall between pixels.
_GRIDS: Final = {16: (16,), 24: (48, 144), 25: (25, 50, 75), 32: (32, 64, 96, 128), 40: (80,)}

PICTURES: Final[Mapping[str, Picture]] = MappingProxyType(
    {f"icon-{side}": Picture(f"mark-{grid}", side, side) for grid, sides in _GRIDS.items() for side in sides}
    | {
        "color-192": Picture("square", 192, 192),  # a unified manifest's; Microsoft rounds its corners itself
        "outline-32": Picture("outline", 32, 32),  # a unified manifest's; white on nothing, as it asks
        "banner-220x140": Picture("banner", 220, 140),  # the card in Google Workspace Marketplace
    }
)
"""Every picture by its name."""

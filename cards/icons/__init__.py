"""The pictures of `cards.model.Icon`: an SVG source each, and the PNG that is served (Gmail shows no SVG).

One colour a meaning, at least 3:1 against white and against both clients' dark backgrounds, since one picture serves all.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the files are; a picture is `FOLDER / f"{icon}.png"`."""

"""Draws the PNG files from the SVG sources through a Chromium: `python -m cards.icons [CHROMIUM]`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cards.icons import FOLDER
from cards.model import Icon

SIDE = 48  # pixels, for 24 on a screen of double density
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(arguments: list[str]) -> int:
    """Writes every picture; answers the exit status."""
    browser = arguments[0] if arguments else next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        sys.stderr.write("No Chromium found; name one: python -m cards.icons CHROMIUM\n")
        return 2
    for icon in Icon:
        draw(browser, FOLDER / f"{icon}.svg", FOLDER / f"{icon}.png")
    return 0


def draw(browser: str, source: Path, target: Path) -> None:
    """One picture on a transparent ground."""
    style = f"html,body{{margin:0;overflow:hidden}}svg{{display:block;width:{SIDE}px;height:{SIDE}px}}"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "icon.html")
        page.write_text(f"<!doctype html><style>{style}</style>{source.read_text('utf-8')}", "utf-8")
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                f"--window-size={SIDE},{SIDE}",
                "--force-device-scale-factor=1",
                "--default-background-color=00000000",
                f"--screenshot={target}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

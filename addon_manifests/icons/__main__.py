"""Draws the PNG files from the SVG sources: `python -m addon_manifests.icons [CHROMIUM]`, with the development tools installed."""

from __future__ import annotations

import sys
from pathlib import Path

# Not Chromium's own --screenshot: it leaves the lower part of some sizes unpainted.
from playwright.sync_api import Browser, sync_playwright

from addon_manifests.icons import FOLDER, PICTURES, Picture


def main(arguments: list[str]) -> int:
    """Writes every picture; answers the exit status."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments[0] if arguments else None, args=["--no-sandbox", "--force-device-scale-factor=1"]
        )
        for name, picture in PICTURES.items():
            draw(browser, picture, FOLDER / f"{name}.png")
        browser.close()
    return 0


def draw(browser: Browser, picture: Picture, target: Path) -> None:
    """One picture; what its source leaves free stays transparent."""
    source = (FOLDER / f"{picture.source}.svg").read_text("utf-8")
    size = f"width:{picture.width}px;height:{picture.height}px"
    page = browser.new_page(viewport={"width": picture.width, "height": picture.height})
    page.set_content(f"<!doctype html><style>body{{margin:0}}svg{{display:block;{size}}}</style>{source}")
    page.screenshot(path=target, omit_background=True)
    page.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

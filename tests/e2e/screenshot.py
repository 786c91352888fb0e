"""Takes the README's picture of the playground: `python -m tests.e2e.screenshot`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.e2e.playground import ROOT, open_playground, real_browser, running_service

PICTURE: Final = ROOT / "docs" / "images" / "playground.png"


def take(browser: Browser, url: str, picture: Path) -> None:
    """One mail in both clients: claimed in Gmail, seen in Outlook."""
    found = open_playground(browser, url, size=(1440, 960))
    found.left.opens("3回目の連絡です")
    found.left.presses("担当する")
    found.left.shows("あなた")
    found.left.shares()
    found.right.shows("佐藤")
    found.page.mouse.move(0, 0)
    found.page.wait_for_timeout(6_000)  # until the toast is gone
    found.page.screenshot(path=picture)
    found.page.close()


def main() -> None:
    """Start a service of its own, and keep only the picture."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, running_service(Path(data)) as url, real_browser() as browser:
        take(browser, url, PICTURE)


if __name__ == "__main__":
    main()

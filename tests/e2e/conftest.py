"""A real Chromium, and one window of a simulated Outlook in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests import chromium
from tests.e2e.outlook import Outlook


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path is not None, "no Chromium: `python -m tests.chromium` installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
    yield context
    context.close()


@pytest.fixture
def outlook(context: BrowserContext) -> Outlook:
    return Outlook(context)

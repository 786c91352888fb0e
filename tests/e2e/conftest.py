"""A real Chromium, one window of a simulated Outlook in it, and the playground."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.outlook import Outlook
from tests.e2e.playground import Playground, open_playground, real_browser, running_service

PLAYWRIGHTS_OWN_MS: Final = 5_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with real_browser() as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    expect.set_options(timeout=PLAYWRIGHTS_OWN_MS)  # the playground's patience is not for a pane alone
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
    yield context
    context.close()


@pytest.fixture
def outlook(context: BrowserContext) -> Outlook:
    return Outlook(context)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_service(tmp_path_factory.mktemp("service")) as address:
        yield address


@pytest.fixture
def playground(browser: Browser, url: str) -> Iterator[Playground]:
    found = open_playground(browser, url)
    yield found
    assert found.page.evaluate("violations") == []
    found.page.close()

"""A real Chromium, one window of a simulated Outlook in it, and the playground."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.outlook import Outlook
from tests.e2e.playground import Playground, Service, open_playground, real_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with real_browser() as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
    yield context
    context.close()


@pytest.fixture
def outlook(context: BrowserContext) -> Outlook:
    return Outlook(context)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    found = Service(tmp_path_factory.mktemp("service"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def url(service: Service) -> str:
    """The address of a service that nobody has used yet."""
    service.is_as_new()
    return service.address


@pytest.fixture
def playground(browser: Browser, url: str) -> Iterator[Playground]:
    found = open_playground(browser, url)
    yield found
    assert found.page.evaluate("violations") == []
    found.page.close()

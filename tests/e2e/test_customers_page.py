"""The customers' page in a real Chromium: a file from the disk to the records and a key, by the keyboard, narrow and wide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.axe import complaints
from tests.e2e.playground import PICTURES
from tests.e2e.second_screen import Site, browser_that_finds, self_signed, serving, window
from tests.store.shop import Shop, shop_at
from tests.web.customers_desk import FILE, ITO, Desk
from tests.web.second_screen import PUBLIC

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service under its public name."""
    made = Site()
    certificate = self_signed(tmp_path_factory.mktemp("tls"), ["sobani.aoba.example"])
    with (
        serving(made.service, certificate) as service,
        browser_that_finds({PUBLIC: service.port}) as made.browser,
    ):
        yield made


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def desk(shop: Shop, site: Site) -> Desk:
    made = Desk(shop.store)
    site.application = made.app
    return made


@pytest.mark.parametrize(
    ("language", "size", "theme"), [("ja-JP", (360, 740), "dark"), ("en-GB", (1200, 900), "light")]
)
def test_an_administrator_brings_in_a_file_and_makes_a_key_by_the_keyboard(
    desk: Desk, site: Site, language: str, size: tuple[int, int], theme: Any
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)

    def looks(page: Page, name: str) -> None:
        picture = f"customers-{name}-{language[:2]}-{theme}-{size[0]}.png"
        page.screenshot(path=PICTURES / picture, full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], name
        assert complaints(page) == [], name

    with window(site.browser, language=language, theme=theme, size=size) as context:
        page = context.new_page()
        page.goto(desk.link(ITO))
        page.wait_for_url(f"{PUBLIC}/queue")
        page.goto(f"{PUBLIC}/customers")
        file = FilePayload(name="c.csv", mimeType="text/csv", buffer=FILE.encode("cp932"))
        page.locator("#file").set_input_files(file)
        page.locator("#import button").press("Enter")
        expect(page.locator("#column-1")).to_have_value("id")
        page.locator("#column-4").focus()
        page.locator("#column-4").select_option("more")
        looks(page, "columns")
        page.locator("main button").press("Enter")
        expect(page.locator(".warnings li")).to_have_count(1)
        looks(page, "report")
        page.locator("button.first").press("Enter")
        expect(page.get_by_role("status")).to_be_visible()
        assert [one.id for one in desk.own.page("aoba", 0, 9)[0]] == ["c-1", "c-2"]
        page.locator("#name").fill("基幹システム")
        page.locator("#name").press("Enter")
        assert desk.keys.verify(page.locator("#token").input_value())
        looks(page, "key")
        page.locator(".narrow a").press("Enter")
        looks(page, "list")
        page.locator(".keys a").press("Enter")
        looks(page, "end")
        page.locator(".danger").press("Enter")
        expect(page.locator(".keys li")).to_have_count(0)

"""The CRMs' page in a real Chromium, over TLS: from the link in the settings to a connection and an order of fields, by the keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from server.domain.crm import CrmError
from tests.e2e.axe import complaints
from tests.e2e.playground import PICTURES
from tests.e2e.second_screen import Site, browser_that_finds, self_signed, serving, window
from tests.store.shop import Shop, shop_at
from tests.web.crm_desk import ITO, TOKEN, CrmDesk
from tests.web.second_screen import PUBLIC

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

pytestmark = [pytest.mark.browser, pytest.mark.slow]


VENDOR: Final = "https://vendor.example"


def vendor_asks(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The vendor's page on which somebody agrees: a link back, with a code."""
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    start_response("200 OK", [("Content-Type", "text/html")])
    back = f"{asked.get('redirect_uri')}?code=c&amp;state={asked.get('state')}"
    return [f'<!doctype html><title>Vendor</title><a href="{back}">Allow</a>'.encode()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service under its public name, and a CRM's vendor under another."""
    made = Site()
    certificate = self_signed(tmp_path_factory.mktemp("tls"), ["sobani.aoba.example", "vendor.example"])
    with (
        serving(made.service, certificate) as service,
        serving(vendor_asks, certificate) as vendor,
        browser_that_finds({PUBLIC: service.port, VENDOR: vendor.port}) as made.browser,
    ):
        yield made


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def desk(shop: Shop, site: Site) -> CrmDesk:
    made = CrmDesk(shop.store)
    site.application = made.app
    return made


def looks(page: Page, name: str, language: str, theme: str, width: int) -> None:
    """Everybody can use what the page shows now, and it fits."""
    page.screenshot(path=PICTURES / f"crm-{name}-{language[:2]}-{theme}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width, name
    assert complaints(page) == [], name


@pytest.mark.parametrize(
    ("language", "size", "theme"), [("ja-JP", (360, 740), "dark"), ("en-GB", (1000, 800), "light")]
)
def test_an_administrator_connects_a_crm_and_orders_the_panel_by_the_keyboard(
    shop: Shop, desk: CrmDesk, site: Site, language: str, size: tuple[int, int], theme: Any
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    is_japanese = language == "ja-JP"

    def pressed(page: Page, name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        button.focus()
        page.keyboard.press("Enter")

    with window(site.browser, language=language, theme=theme, size=size) as context:
        page = context.new_page()
        page.goto(desk.sessions.link(shop.workspace, ITO, "crm"))
        page.wait_for_url(f"{PUBLIC}/crm")
        page.get_by_role("link", name="kintone").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{PUBLIC}/crm/new/kintone")
        page.locator("#name").fill("顧客管理")
        page.locator("#of-url").fill("https://aoba.cybozu.com")
        page.locator("#of-token").fill(TOKEN)
        desk.vendor.trouble = CrmError("mapping", "no field プラン in app 3")
        pressed(page, "テストする" if is_japanese else "Test")
        expect(page.get_by_role("alert")).to_contain_text("no field プラン in app 3")
        assert TOKEN not in page.content()
        looks(page, "wrong", language, theme, size[0])
        desk.vendor.trouble = None
        pressed(page, "保存する" if is_japanese else "Save")
        page.wait_for_url(f"{PUBLIC}/crm?said=works")
        assert desk.connections.credentials("aoba", "x1") == {"token": TOKEN}
        looks(page, "list", language, theme, size[0])
        page.goto(f"{PUBLIC}/crm/edit/x1")
        expect(page.locator("#of-token")).to_have_value("")
        looks(page, "edit", language, theme, size[0])
        page.goto(f"{PUBLIC}/crm/panel")
        pressed(page, "プランを下へ" if is_japanese else "Plan: down")
        expect(page.locator("button[name=down][value=plan]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("4")
        expect(page.locator(".seen").first.locator("li").nth(3)).to_have_text("プラン" if is_japanese else "Plan")
        looks(page, "panel", language, theme, size[0])
        pressed(page, "保存する" if is_japanese else "Save")
        page.wait_for_url(f"{PUBLIC}/crm/panel?said=panel")
        found = shop.store.directory.workspace("aoba")
        assert found
        assert found.panel[:4] == ("role", "contract", "owner", "plan")
        page.goto(f"{PUBLIC}/crm/remove/x1")
        looks(page, "remove", language, theme, size[0])
        pressed(page, "接続を削除する" if is_japanese else "Remove this connection")
        page.wait_for_url(f"{PUBLIC}/crm?said=removed")
        assert desk.kept() == ()
        agrees(page, desk)


def agrees(page: Page, desk: CrmDesk) -> None:
    """To the vendor's, and back with a code: another site's link brings no cookie along, and is taken all the same."""
    page.goto(f"{PUBLIC}/crm/new/hubspot")
    page.locator("#of-client_id").fill("client")
    page.locator("#of-client_secret").fill("hush")
    desk.vendor.trouble = CrmError("unset")
    page.locator("button[value=save]").click()
    page.wait_for_url(f"{PUBLIC}/crm/edit/x2?said=consent")
    desk.vendor.trouble = None
    desk.vendor.tokens = {"access_token": "first", "refresh_token": "again", "expires_in": 1800}
    page.locator("a[href='/crm/agree/x2']").click()
    page.get_by_role("link", name="Allow").click()
    page.wait_for_url(f"{PUBLIC}/crm/edit/x2?said=agreed")
    assert desk.connections.credentials("aoba", "x2")["access_token"] == "first"

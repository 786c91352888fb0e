"""The templates' page in a real Chromium, over TLS: typing, looking at the preview, saving; with and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from server.domain.template import Link, Template
from server.replies.exchange import write_csv
from tests.contract.office import mail
from tests.e2e.axe import complaints
from tests.e2e.playground import PICTURES
from tests.e2e.second_screen import (
    MAIL,
    Site,
    browser_that_finds,
    mail_client,
    open_queue,
    self_signed,
    serving,
    window,
)
from tests.store.shop import Shop, shop_at
from tests.web.second_screen import PUBLIC
from tests.web.template_desk import GREETING, Desk, saved, template

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service and a mail client under names of their own; what the service serves changes from test to test."""
    made = Site()
    certificate = self_signed(tmp_path_factory.mktemp("tls"), ["sobani.aoba.example", "mail.client.example"])
    with serving(made.service, certificate) as service, serving(mail_client, certificate) as client:
        ports = {PUBLIC: service.port, MAIL: client.port}
        with browser_that_finds(ports) as made.browser:
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


def busy(shop: Shop) -> Template:
    """A list with something of everything, and a template with a past; returns that one."""
    shop.opens(mail(1, sender="小川 由紀 <ogawa@wakaba.example>", subject="若葉台店の2台目の温度が安定しません"))
    shop.store.answers.seed(
        shop.workspace,
        [
            template("long", title="とても長い題名" * 14, category="word-of-our-own" * 4, pair="shipping"),
            template(
                "en", title="Where is my order", language="en", pair="shipping", body="Hello {{ customer_name }},"
            ),
            template("old", title="使わなくなったもの", archived=True),
        ],
    )
    one = saved(shop, template(pair="shipping", subject="ご注文 {{ order_number }} の件"), "suzuki", "最初の版")
    two = msgspec.structs.replace(
        one,
        body=GREETING.replace("確認いたしました", "ただいま確認しております") + "\n{{ help_links }}\n",
        links=(Link("配送の確認", "https://help.aoba.example/shipping/" + "a" * 60),),
    )
    now = saved(shop, two, "sato", "言い回しをやわらかく")
    shop.client.hset(f"{{w:aoba}}:ts:{now.id}", mapping={"as_is": 12, "edited": 5, "changed": 900, "passed_over": 3})
    return now


@pytest.mark.parametrize(
    ("language", "size", "theme"),
    [("ja-JP", (360, 740), "dark"), ("ja-JP", (1100, 900), "light"), ("en-GB", (1100, 900), "dark")],
)
def test_it_can_be_used_by_everybody_and_fits(
    shop: Shop, desk: Desk, site: Site, theme: Any, language: str, size: tuple[int, int]
) -> None:
    now = busy(shop)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with window(site.browser, language=language, theme=theme, size=size) as context:
        page = open_queue(context, desk)
        for name, path in (
            ("list", ""),
            ("editor", f"/edit/{now.id}"),
            ("history", f"/history/{now.id}?version=2"),
            ("stale", f"/edit/{now.id}"),
            ("import", "/import"),
            ("kept", f"/edit/{now.id}"),
        ):
            page.goto(f"{PUBLIC}/templates{path}")
            if name == "stale":
                page.locator("#body").fill("こちらで直した文面です。{{ order_numbr }}")
                page.locator("#body").fill("こちらで直した文面です。\n" + GREETING)
                now = saved(shop, msgspec.structs.replace(now, body=GREETING), "suzuki", "短く")
                page.locator("button[value=save]").click()
                expect(page.get_by_role("alert")).to_be_visible()
            if name == "import":
                file = (
                    write_csv([msgspec.structs.replace(now, body="新しい"), template(title="初めて")])
                    + b'"","x",,xx,,,y,,,,,\r\n'
                )
                page.locator("#file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": file})
                page.locator("form[enctype] button").click()
                expect(page.locator("#report")).to_be_visible()
            if name == "kept":
                page.locator("#body").fill("長く考えた文面です。\n" + GREETING)
                desk.sessions.end(context.cookies()[0]["value"])
                page.locator("button[value=save]").click()
                expect(page.get_by_role("alert")).to_be_visible()
            width = page.evaluate("document.documentElement.scrollWidth")
            picture = f"templates-{name}-{language[:2]}-{theme}-{size[0]}.png"
            page.screenshot(path=PICTURES / picture, full_page=True)
            assert width == size[0], name
            assert complaints(page) == [], name


def editing(page: Page, path: str) -> None:
    page.goto(f"{PUBLIC}/templates/{path}")


def test_the_preview_follows_what_is_typed_and_variables_come_by_the_keyboard(
    shop: Shop, desk: Desk, site: Site
) -> None:
    shop.opens(mail(1, sender="小川 由紀 <ogawa@wakaba.example>", subject="温度が安定しません"))
    with window(site.browser) as context:
        page = open_queue(context, desk)
        editing(page, "new")
        expect(page.get_by_role("button", name="プレビューを見る")).to_be_hidden()
        page.get_by_label("題名", exact=True).fill("温度のご案内")
        page.get_by_label("文面").fill("お世話になっております。")
        page.get_by_label("文面").press("Home")
        page.get_by_role("button", name="お客様氏名").press("Enter")
        expect(page.get_by_label("文面")).to_have_value("{{ customer_name }}お世話になっております。")
        expect(page.get_by_label("文面")).to_be_focused()
        page.keyboard.press("Enter")
        page.clock.fast_forward(1_000)
        expect(page.locator(".letter")).to_contain_text("田中 太郎 様")
        page.get_by_label("あてはめる値").select_option(label="小川 由紀 様 · 温度が安定しません")
        expect(page.locator(".letter")).to_contain_text("小川 由紀 様")
        page.get_by_label("文面").press("Control+End")
        page.keyboard.insert_text("{{ order_numbr }}")
        page.clock.fast_forward(1_000)
        page.get_by_role("button", name="order_numbr という変数はありません。").click()
        page.keyboard.insert_text("{{ order_number }}")
        page.clock.fast_forward(1_000)
        expect(page.locator(".letter mark")).to_have_text("〔注文番号〕")
        page.locator("summary", has_text="リンク・担当・チーム").press("Enter")
        page.get_by_role("button", name="リンクを追加する").press("Enter")
        page.keyboard.insert_text("手順")
        page.keyboard.press("Tab")
        page.keyboard.insert_text("https://help.aoba.example/")
        page.get_by_label("何を、なぜ変えましたか").fill("新しい手順")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{PUBLIC}/templates/edit/t1?said=saved")
        one = shop.store.answers.all(shop.workspace)["t1"]
        assert one.body == "{{ customer_name }}\nお世話になっております。{{ order_number }}"
        assert one.links == (Link("手順", "https://help.aoba.example/"),)


def test_everything_but_the_live_preview_works_without_a_script(shop: Shop, desk: Desk, site: Site) -> None:
    saved(shop, template())
    with window(site.browser) as signed_in:
        open_queue(signed_in, desk)
        (cookie,) = signed_in.cookies()
    context = site.browser.new_context(ignore_https_errors=True, locale="ja-JP", java_script_enabled=False)
    context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": PUBLIC, "secure": True}])
    page = context.new_page()
    editing(page, "edit/t1")
    page.get_by_label("文面").fill("ご注文 {{ order_number }} について")
    page.get_by_role("button", name="プレビューを見る").click()
    expect(page.locator(".letter")).to_contain_text("ご注文 A-10234 について")
    page.get_by_label("何を、なぜ変えましたか").fill("短く")
    page.get_by_role("button", name="保存する").click()
    expect(page.locator(".said")).to_have_text("保存しました。")
    page.locator(".versions a", has_text="2").first.click()
    expect(page.locator("del").first).to_be_visible()
    page.goto(f"{PUBLIC}/templates")
    page.get_by_label("検索").fill("order_number")
    page.get_by_role("button", name="表示する").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="サインアウト").click()
    expect(page.locator("#closed")).to_be_visible()
    context.close()


def test_a_link_on_another_site_leads_to_the_template_all_the_same(shop: Shop, desk: Desk, site: Site) -> None:
    """The cookie does not come along (SameSite=Strict): the page first looks closed, and asks once more by itself."""
    saved(shop, template())
    with window(site.browser) as context:
        open_queue(context, desk)
        page = context.new_page()
        page.goto(MAIL)
        page.evaluate(f"location.href = '{PUBLIC}/templates/edit/t1'")
        expect(page.get_by_label("題名", exact=True)).to_have_value("配送状況のご案内")

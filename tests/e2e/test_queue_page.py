"""The queue's page in a real Chromium, over TLS: from a mail client on another site to a screen that keeps itself up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from server.domain.changes import AddNote, SetDue, SetHold, Take
from server.usecases.apply import apply
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
from tests.web.second_screen import COOKIE, PUBLIC, Copy, named_without

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOMENT_MS = 1_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two sites that a browser knows by name; what the service's serves changes from test to test."""
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
def copy(shop: Shop, site: Site) -> Copy:
    made = Copy(shop.store)
    site.application, site.is_cut_off = made.app, False
    site.requests.clear()
    return made


@pytest.fixture
def context(site: Site, copy: Copy) -> Iterator[BrowserContext]:
    with window(site.browser) as made:
        yield made


def busy(shop: Shop) -> None:
    """Something in every list."""
    views = [
        shop.opens(mail(n, sender=f"{name} <c{n}@shop{n}.example>", subject=subject))
        for n, (name, subject) in enumerate(
            [
                ("小川 由紀", "若葉台店の2台目の温度が安定しません"),
                ("石井 恵子", "ありがとうございました"),
                ("Chloé Martin", "Descaling programme – “E-12” after every brew"),
                ("池田 修", "【お問い合わせ】導入のご相談"),
                ("A very long name that nobody has, and yet somebody does", "長い件名" * 40),
                ("中村 浩", ""),
            ]
        )
    ]
    shop.acts(views[0], AddNote("@佐藤", ("sato",)), "suzuki")
    shop.acts(views[1], SetDue(1_000))
    shop.acts(views[2], SetHold("customer"))
    shop.acts(views[3], Take())
    shop.acts(views[4], Take(), "suzuki")
    shop.acts(shop.opens(mail(4), "suzuki"), SetDue(2_000), "suzuki")


def soon(page: Page, check: Callable[[], None]) -> None:
    """Let the page's time run until it is so: its pauses are not waited for."""
    for _ in range(8):
        page.clock.fast_forward(5_500)
        try:
            return check()
        except AssertionError:
            continue
    return check()


# Getting in


@pytest.mark.parametrize("way", ["link", "window"])
def test_a_click_in_a_mail_client_leads_to_the_queue(
    shop: Shop, copy: Copy, context: BrowserContext, site: Site, way: str
) -> None:
    shop.opens(mail(1, subject="見積書の件"))
    link = copy.link()
    client = context.new_page()
    client.goto(f"{MAIL}/#{link.replace('#', '%23')}")
    with context.expect_page() as opened:
        client.get_by_role("button", name=way).click()
    page = opened.value
    page.wait_for_url(f"{PUBLIC}/queue")
    expect(page.locator("#board")).to_contain_text("見積書の件")
    token = link.partition("#")[2]
    assert not [request for request in site.requests if token in request]
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (COOKIE, True, True, "Strict")
    assert page.evaluate("document.referrer") == ""
    assert page.evaluate("window.opener") is None
    page.reload()
    expect(page.locator("#board")).to_contain_text("見積書の件")
    page.go_back()
    page.wait_for_load_state()
    assert token not in page.url


def test_another_site_can_neither_frame_the_page_nor_sign_anybody_out(
    shop: Shop, copy: Copy, context: BrowserContext
) -> None:
    open_queue(context, copy)
    client = context.new_page()
    client.goto(MAIL)
    expect(client.frame_locator("iframe").locator("main")).to_have_count(0)
    client.get_by_role("button", name="leave").click()
    client.wait_for_load_state()
    assert open_page(context).locator("#leave").is_visible()


def test_a_plain_link_on_another_site_leads_whoever_is_signed_in_to_the_queue(
    copy: Copy, context: BrowserContext
) -> None:
    open_queue(context, copy)
    client = context.new_page()
    client.goto(MAIL)
    client.get_by_role("link", name="queue").click()
    expect(client.locator("#leave")).to_be_visible()
    assert client.url == f"{PUBLIC}/queue"


def open_page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(f"{PUBLIC}/queue")
    return page


def test_a_link_that_was_used_says_calmly_what_to_do(copy: Copy, context: BrowserContext, site: Site) -> None:
    link = copy.link()
    copy.sessions.redeem(link.partition("#")[2])
    page = context.new_page()
    page.goto(link)
    expect(page.locator("#closed")).to_contain_text("もう一度開いてください")
    assert "#" not in page.url
    assert complaints(page) == []
    page.reload()
    expect(page.locator("#closed")).to_be_visible()
    site.is_cut_off = True


def test_a_service_that_is_away_for_a_moment_costs_no_link(copy: Copy, context: BrowserContext) -> None:
    page = context.new_page()
    context.route(
        "**/queue/enter", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    page.goto(copy.link())
    expect(page.locator("#trouble")).to_be_visible()
    context.unroute("**/queue/enter")
    page.get_by_role("button", name="もう一度").click()
    page.wait_for_url(f"{PUBLIC}/queue")


# A screen that keeps itself up to date


def test_a_colleague_s_change_shows_by_itself_and_is_said_in_few_words(
    shop: Shop, copy: Copy, context: BrowserContext
) -> None:
    view = shop.opens(mail(1, subject="見積書の件"))
    page = open_queue(context, copy)
    expect(page.locator("#count-unclaimed .number")).to_have_text("1")
    shop.opens(mail(2, sender="新 <new@shop.example>", subject="二通目"))
    expect(page.locator("#list-unclaimed .line")).to_have_count(2)
    expect(page.locator("#said")).to_have_text("未担当 2")
    expect(page.locator(".line.new")).to_contain_text("二通目")
    expect(page).to_have_title("未担当 2 · 対応の一覧")
    shop.acts(view, Take())
    expect(page.locator("#list-mine")).to_contain_text("見積書の件")
    expect(page.locator("#said")).to_have_text("未担当 1 · 自分 1")


def test_the_focus_a_selection_and_the_place_in_the_page_stay(shop: Shop, copy: Copy, context: BrowserContext) -> None:
    for number in range(60):
        shop.opens(mail(number, sender=f"客{number} <c{number}@shop{number}.example>", subject=f"件名 {number:02}"))
    page = open_queue(context, copy, "/queue?list=unclaimed")
    more = page.locator("#more-unclaimed")
    more.focus()
    page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('.lines').lastElementChild.querySelector('.subject'))"
    )
    before = page.evaluate("scrollY")
    assert before > 0
    selected = page.evaluate("String(getSelection())")
    shop.acts(shop.opens(mail(0)), Take())
    soon(page, lambda: expect(page.locator("#count-mine .number")).to_have_text("1", timeout=MOMENT_MS))
    assert page.evaluate("document.activeElement.id") == "more-unclaimed"
    assert selected
    assert page.evaluate("String(getSelection())") == selected
    assert page.evaluate("scrollY") > 0


def test_what_falls_due_shows_without_anybody_s_doing(shop: Shop, copy: Copy, context: BrowserContext) -> None:
    view = shop.opens(mail(1))
    shop.acts(view, SetDue(view.now + 3_600_000))
    page = open_queue(context, copy)
    expect(page.locator("#count-overdue .number")).to_have_text("0")
    shop.conversations.clock_offset += 2 * 3_600_000
    page.clock.fast_forward(61_000)
    expect(page.locator("#count-overdue .number")).to_have_text("1")
    expect(page.locator("#said")).to_have_text("期限切れ 1")


def test_a_laptop_that_slept_for_a_day_looks_at_once(shop: Shop, copy: Copy, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(copy.link())
    page.wait_for_url(f"{PUBLIC}/queue")
    shop.opens(mail(1, subject="夜のうちに"))
    page.clock.fast_forward("24:00:00")
    expect(page.locator("#board")).to_contain_text("夜のうちに", timeout=4_000)


def test_a_lost_connection_is_said_and_mends_itself(shop: Shop, copy: Copy, context: BrowserContext) -> None:
    shop.opens(mail(1, subject="見積書の件"))
    page = open_queue(context, copy)
    context.set_offline(offline=True)
    expect(page.get_by_role("alert")).to_have_text("接続が切れています。表示は最新でない可能性があります。")
    expect(page.locator("#board")).to_contain_text("見積書の件")
    shop.opens(mail(2, sender="新 <new@shop.example>", subject="その間に"))
    context.set_offline(offline=False)
    expect(page.locator("#board")).to_contain_text("その間に")
    expect(page.locator("#notice")).to_be_hidden()


def test_a_service_that_restarts_under_an_open_page_is_waited_for(
    shop: Shop, copy: Copy, context: BrowserContext, site: Site
) -> None:
    page = open_queue(context, copy)
    site.is_cut_off = True
    soon(page, lambda: expect(page.get_by_role("alert")).to_be_visible(timeout=MOMENT_MS))
    shop.opens(mail(1, subject="その間に"))
    site.is_cut_off = False
    soon(page, lambda: expect(page.locator("#board")).to_contain_text("その間に", timeout=MOMENT_MS))
    expect(page.locator("#notice")).to_be_hidden()


def test_a_page_that_nobody_looks_at_asks_less_often(copy: Copy, context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.goto(copy.link())
    page.wait_for_url(f"{PUBLIC}/queue")
    page.wait_for_timeout(500)
    asked = len(site.requests)
    page.clock.run_for(20_000)
    assert len(site.requests) == asked
    page.clock.run_for(12_000)
    page.wait_for_timeout(500)
    assert len(site.requests) > asked


def test_a_page_of_an_older_service_loads_itself_anew(copy: Copy, context: BrowserContext) -> None:
    page = open_queue(context, copy)
    version = page.locator("#counts").get_attribute("data-version")
    page.evaluate("document.querySelector('#counts').dataset.version = 'earlier'; window.earlier = true")
    with page.expect_navigation():
        page.clock.fast_forward(61_000)
    expect(page.locator("#counts")).to_have_attribute("data-version", str(version))
    assert page.evaluate("window.earlier") is None


# Being let out


def test_who_signs_out_is_out_in_every_tab(shop: Shop, copy: Copy, context: BrowserContext) -> None:
    shop.opens(mail(1, subject="見積書の件"))
    page, other = open_queue(context, copy), open_page(context)
    page.get_by_role("button", name="サインアウト").click()
    expect(page.locator("#closed")).to_contain_text("もう一度開いてください")
    soon(other, lambda: expect(other.get_by_role("alert")).to_contain_text("もう一度開いて", timeout=MOMENT_MS))
    expect(other.locator("#board")).to_be_empty()
    page.go_back()
    expect(page.locator("body")).not_to_contain_text("見積書の件")


def test_a_page_of_somebody_who_has_left_is_emptied_and_asks_no_more(
    shop: Shop, copy: Copy, context: BrowserContext, site: Site
) -> None:
    shop.opens(mail(1, subject="見積書の件"))
    page = open_queue(context, copy)
    apply(shop.store.directory, named_without("sato"))
    soon(page, lambda: expect(page.get_by_role("alert")).to_contain_text("もう一度開いて", timeout=MOMENT_MS))
    expect(page.locator("body")).not_to_contain_text("見積書の件")
    expect(page.get_by_role("button")).to_have_count(0)
    asked = len(site.requests)
    page.clock.run_for(70_000)
    page.wait_for_timeout(500)
    assert len(site.requests) == asked


# What it looks like


@pytest.mark.parametrize(
    ("size", "language", "theme"),
    [
        ((1600, 900), "ja-JP", "light"),
        ((1600, 900), "en-GB", "dark"),
        ((360, 740), "ja-JP", "dark"),
        ((360, 740), "en-GB", "light"),
    ],
)
def test_it_can_be_used_by_everybody_and_fits(
    shop: Shop, copy: Copy, site: Site, theme: Any, language: str, size: tuple[int, int]
) -> None:
    busy(shop)
    with window(site.browser, language=language, theme=theme, size=size) as context:
        page = open_queue(context, copy)
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name in ("", "?list=overdue"):
            page.goto(f"{PUBLIC}/queue{name}")
            page.screenshot(path=PICTURES / f"queue-{language[:2]}-{theme}-{size[0]}{name.replace('?list=', '-')}.png")
            assert page.evaluate("document.documentElement.scrollWidth") == size[0], name
            assert complaints(page) == []
        letters = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.line .subject')).fontSize)")
        assert letters >= (21 if size[0] == 1600 else 16)


def test_everything_can_be_reached_with_the_keyboard(shop: Shop, copy: Copy, context: BrowserContext) -> None:
    busy(shop)
    page = open_queue(context, copy)
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid" or reached[-1] == ""
    assert reached[:8] == [
        "to-templates",
        "leave",
        "to-",
        "to-mentions",
        "to-overdue",
        "to-unclaimed",
        "to-mine",
        "to-held",
    ]
    page.locator("#to-mine").press("Enter")
    page.wait_for_url(f"{PUBLIC}/queue?list=mine")
    expect(page.locator("#to-mine")).to_have_attribute("aria-current", "page")

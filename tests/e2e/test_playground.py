"""The playground by hand: a stranger's first five minutes, on the real service, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import axe
from tests.e2e.playground import Playground, complaints, open_playground, photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_both_clients_start_with_the_queue(playground: Playground) -> None:
    playground.left.shows("未担当")
    playground.right.shows("未担当")


def test_a_claim_in_gmail_is_seen_in_outlook_and_can_be_taken_over_with_a_reason(playground: Playground) -> None:
    left, right = playground.left, playground.right
    left.opens("3回目の連絡です")
    left.presses("担当する")
    left.shows("対応中", "あなた")

    left.shares()
    right.shows("佐藤", "対応中")
    assert right.card.get_by_role("button", name="担当する", exact=True).count() == 0

    right.presses("引き継ぐ")
    right.card.get_by_role("button", name="引き継ぐ", exact=True).click()
    expect(right.card.get_by_label("理由")).to_be_focused()  # nothing is sent without a reason
    right.types("理由", "佐藤さんが外出中で、お客様がお待ちのため")
    right.presses("引き継ぐ")
    right.shows("あなた")

    left.presses("更新")
    left.shows("鈴木", "佐藤さんが外出中で、お客様がお待ちのため")
    photograph(playground.page, "taken-over")


def test_a_stale_button_changes_nothing_and_says_who_was_first(playground: Playground) -> None:
    left, right = playground.left, playground.right
    left.opens("コーヒーマシンから水漏れ")
    left.shares()
    right.shows("未対応")
    right.presses("担当する")
    right.shows("あなた")

    left.presses("担当する")

    left.shows("鈴木")
    assert left.card.get_by_role("button", name="担当する", exact=True).count() == 0


def test_a_note_written_in_outlook_is_read_in_gmail(playground: Playground) -> None:
    left, right = playground.left, playground.right
    right.opens("導入のご相談")
    right.types("チームへのメモ", "見積もりは金曜に出します")
    right.presses("メモを残す")
    right.shows("見積もりは金曜に出します")

    right.shares()

    left.shows("見積もりは金曜に出します")


def test_a_status_changed_in_gmail_is_seen_in_outlook(playground: Playground) -> None:
    left, right = playground.left, playground.right
    left.opens("年末年始の出荷日")
    left.presses("担当する")
    left.presses("完了にする")
    left.shows("対応済")

    left.shares()

    right.shows("対応済", "再開する")


def test_what_was_typed_stays_when_the_card_is_refreshed(playground: Playground) -> None:
    left = playground.left
    left.opens("領収書")
    left.types("チームへのメモ", "書きかけ")

    left.presses("更新")

    expect(left.card.get_by_label("チームへのメモ")).to_have_value("書きかけ")


def test_a_reply_from_gmail_is_a_draft_in_the_thread_and_once_sent_lies_in_it(playground: Playground) -> None:
    left = playground.left
    left.opens("ログインできません")
    left.presses("返信を作成")
    left.shows("下書き", "送信は未確認")
    expect(left.window.get_by_label("宛先")).to_have_value(re.compile("小野"))
    left.writes("お問い合わせありがとうございます。")
    left.sends()
    expect(left.client.locator(".thread button")).to_contain_text("送信済み")

    left.opens("領収書")
    left.opens_received("ログインできません")

    left.shows("あなたが", "返信しました")
    assert "送信は未確認" not in left.card.inner_text()


def test_a_second_reply_from_outlook_is_stopped_and_the_way_out_is_to_take_over(playground: Playground) -> None:
    left, right = playground.left, playground.right
    left.opens("若葉台店の2台目")
    left.presses("返信を作成")
    expect(left.window).to_be_visible()

    left.shares()
    right.settles()
    right.replies_by_itself()
    right.writes("小川様、確認いたします。")
    right.presses_send()
    stopped = right.window.get_by_role("alertdialog", name="送信できません")
    expect(stopped).to_contain_text("佐藤さん")
    photograph(playground.page, "stopped")

    stopped.get_by_role("button", name="Sobani で確認").click()
    pane = right.window_frame
    pane.get_by_role("button", name="引き継ぐ").click()
    pane.get_by_label("理由").fill("お客様がお急ぎのため")
    pane.get_by_role("button", name="引き継ぐ").click()
    expect(pane.locator("#card")).to_contain_text("あなた")
    expect(right.window.locator(".compose-text")).to_have_value(re.compile("^小川様、確認いたします。"))

    right.sends()
    expect(right.client.locator(".thread button")).to_contain_text("送信済み")


def test_a_question_card_has_a_way_back(playground: Playground) -> None:
    left = playground.left
    left.opens("領収書")
    left.presses("保留にする")
    left.shows("保留の理由")

    left.presses("やめる")

    left.shows("未対応", "メモ")


def test_another_mail_changes_both_sidebars(playground: Playground) -> None:
    for side in (playground.left, playground.right):
        side.opens("領収書")
        side.shows("木村 花")
        side.opens("水漏れ")
        side.shows("井上 千夏")


def test_a_stranger_is_told_whom_to_ask_in_both_clients(playground: Playground) -> None:
    for side in (playground.left, playground.right):
        side.signs_in("社外の人")
        side.opens("領収書")
        assert side.card.get_by_role("button", name="担当する", exact=True).count() == 0
        assert "木村" not in side.card.inner_text()


def test_a_colleague_who_is_not_listed_becomes_an_agent_at_the_first_open(playground: Playground) -> None:
    for side in (playground.left, playground.right):
        side.signs_in("名簿にない同僚")
        side.opens("ドリンクサービス")
        side.shows("西川")
        expect(side.card.get_by_role("button", name="担当する", exact=True)).to_be_visible()


def test_a_mail_of_ones_own_stays_private_and_is_not_in_the_other_mailbox(playground: Playground) -> None:
    left = playground.left
    left.client.locator(".mail-list button", has_text="個人あて").first.click()
    left.settles()
    left.shows("チームの会話に加える")

    left.shares()

    expect(playground.page.locator("#say")).to_have_text("相手の受信トレイにはないメールです。")


def test_a_shared_account_names_the_person_who_acts(playground: Playground) -> None:
    left = playground.left
    left.signs_in("共有アカウント")
    left.opens("ドリンクサービス")

    left.presses("担当する")

    expect(left.card.get_by_label("操作する人")).to_have_attribute("aria-invalid", "true")
    left.card.get_by_label("操作する人").select_option(label="佐藤 美咲")
    left.presses("担当する")
    left.shows("対応中", "佐藤")


def test_language_and_theme_are_switched_for_both_clients(playground: Playground) -> None:
    page = playground.page
    playground.left.opens("領収書")
    page.get_by_role("button", name="English").click()

    playground.left.shows("Take")
    playground.left.settles()
    expect(playground.left.client.locator(".mail-reading h3")).to_have_text("領収書")  # who and what was open stays
    playground.right.shows("Unclaimed")

    page.get_by_role("button", name="Dark").click()
    expect(playground.right.frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_mail_is_read_as_it_was_written(playground: Playground) -> None:
    playground.left.opens("領収書")

    expect(playground.left.client.locator(".reading-text")).to_contain_text("宛名は木村花でお願いします。")
    assert playground.left.client.locator(".mail-reading").inner_text().rstrip().endswith("iPhoneから送信")


def test_mail_can_be_found_by_its_subject(playground: Playground) -> None:
    client = playground.left.client
    client.get_by_role("searchbox").fill("領収書")

    expect(client.locator(".mail-list button").first).to_contain_text("領収書")
    client.get_by_role("searchbox").fill("nothing is called this")
    expect(client.locator(".mail-list")).to_have_text("当てはまるメールはありません。")


@pytest.mark.parametrize(("language", "theme"), [("ja", "light"), ("en", "dark")])
def test_everybody_can_read_and_use_the_page(browser: Browser, url: str, language: str, theme: str) -> None:
    found = open_playground(browser, url, language=language, theme=theme, size=(1280, 720))
    found.left.opens("ご相談")
    found.left.shares()
    found.right.shows("メモ" if language == "ja" else "Notes")
    photograph(found.page, f"playground-{language}-{theme}")

    assert complaints(found.page) == []
    assert found.page.evaluate("violations") == []
    found.page.close()


def test_the_menu_is_used_with_the_keyboard(playground: Playground) -> None:
    left, page = playground.left, playground.page
    left.opens("領収書")
    menu = left.card.locator("[aria-haspopup=menu]").first
    menu.press("Enter")
    expect(left.card.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(left.card.get_by_role("menuitem").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(left.card.get_by_role("menu").first).to_be_hidden()


@pytest.fixture(scope="module")
def scripts(browser: Browser, url: str) -> Iterator[Page]:
    """The page, for what its scripts do without it."""
    page = open_playground(browser, url).page
    yield page
    page.close()


HOSTILE = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'><b onclick='window.ran = 1'>太字</b>"
    "<a href='javascript:window.ran = 1'>x</a><iframe srcdoc='<b>'></iframe><font color='red;background:url(x)'>y</font>"
    "<a href='https://aoba.example'>z</a><style>*{display:none}</style><i>ok"
)


def test_the_simple_html_of_cards_keeps_a_few_tags_and_nothing_that_runs(scripts: Page) -> None:
    html = scripts.evaluate(
        """async (text) => {
            const { parseMarkup } = await import("/playground/static/markup.js");
            const holder = document.createElement("div");
            holder.append(parseMarkup(text));
            document.body.append(holder);
            return holder.innerHTML;
        }""",
        HOSTILE,
    )

    assert "<b>太字</b>" in html
    assert '<a href="https://aoba.example"' in html
    assert "<i>ok</i>" in html
    for forbidden in ("<script", "<img", "<iframe", "<style", "onclick", "onerror", "javascript:", "background"):
        assert forbidden not in html
    assert scripts.evaluate("window.ran") is None


def test_a_widget_that_gmail_does_not_know_is_shown_as_a_fault(scripts: Page) -> None:
    text = scripts.evaluate(
        """async () => {
            const { DrawnCard } = await import("/playground/static/googlecard.js");
            return new DrawnCard({ sections: [{ widgets: [{ marquee: {} }] }] }, {}, {}).element.textContent;
        }"""
    )

    assert text == "? marquee"


def test_what_exceeds_a_hundred_widgets_is_dropped_as_gmail_does(scripts: Page) -> None:
    drawn = scripts.evaluate(
        """async () => {
            const { DrawnCard } = await import("/playground/static/googlecard.js");
            const section = (count) => ({ widgets: Array.from({ length: count }, () => ({ divider: {} })) });
            return new DrawnCard({ sections: [section(60), section(40), section(1), section(1)] }, {}, {}).element.querySelectorAll("hr").length;
        }"""
    )

    assert drawn == 100


def test_the_form_is_sent_as_gmail_documents_it(scripts: Page) -> None:
    inputs = scripts.evaluate(
        """async () => {
            const { DrawnCard } = await import("/playground/static/googlecard.js");
            const widgets = [
                { textInput: { name: "empty", label: "x" } },
                { textInput: { name: "text", label: "x", value: "abc" } },
                { selectionInput: { name: "one", type: "DROPDOWN", items: [{ text: "A", value: "a" }, { text: "B", value: "b", selected: true }] } },
                { selectionInput: { name: "none", type: "DROPDOWN", items: [{ text: "A", value: "a" }] } },
                { selectionInput: { name: "many", type: "CHECK_BOX", items: [{ text: "A", value: "a", selected: true }, { text: "B", value: "b", selected: true }] } },
                { dateTimePicker: { name: "when", type: "DATE_AND_TIME", valueMsEpoch: "1778408100000" } },
            ];
            return new DrawnCard({ sections: [{ widgets }] }, {}, {}).formInputs();
        }"""
    )

    assert inputs == {
        "text": {"stringInputs": {"value": ["abc"]}},
        "one": {"stringInputs": {"value": ["b"]}},
        "many": {"stringInputs": {"value": ["a", "b"]}},
        "when": {"dateTimeInput": {"msSinceEpoch": "1778408100000", "hasDate": True, "hasTime": True}},
    }


def some_of(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every block but the long ones, and a few screens."""
    return [
        one
        for n, one in enumerate(examples)
        if (n % 40 == 0 if one["kind"] == "screen" else not one["name"].startswith("many"))
    ]


def test_the_gallery_draws_every_card_for_both_clients_in_both_themes(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="ja-JP")
    page.add_init_script('localStorage.setItem("sobani-playground", \'{"language":"ja","theme":"dark"}\')')
    page.goto(f"{url}/playground/gallery")
    expect(page.locator(".example")).not_to_have_count(0, timeout=60_000)
    gmail, outlook = page.locator(".drawing.gmail"), page.locator(".drawing.outlook")
    count = gmail.count()

    assert page.locator(".gcard-unknown").count() == 0
    assert count == outlook.count() >= 60
    expect(outlook.first.frame_locator("iframe").locator(".ac-adaptiveCard")).to_be_visible()

    # Side by side is a matter of the page, and screens are made of blocks: these show it as well as three hundred would.
    page.route("**/playground/gallery/cards?*", lambda route: route.fulfill(json=some_of(route.fetch().json())))
    page.reload()
    expect(page.locator(".example")).not_to_have_count(0, timeout=60_000)
    few = gmail.count()
    assert 10 < few < count
    page.get_by_label("並べて表示").check()
    expect(gmail).to_have_count(2 * few, timeout=60_000)
    expect(outlook.first.frame_locator("iframe").locator(".ac-adaptiveCard")).to_be_visible(timeout=60_000)
    photograph(page, "gallery")
    assert axe.complaints(page) == []
    page.close()

"""Mail written in the playground's two clients: what Sobani stops, what it sees only afterwards, and what it does in the compose windows."""

from __future__ import annotations

import json
import re
import time
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from server.domain.changes import Assign
from server.domain.events import Identity
from server.domain.ports import Target
from server.domain.workspace import Viewer
from server.store.sessions import RedisSessions
from server.wiring import open_store
from tests.e2e.playground import Playground, Service, Side, complaints, open_playground, photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def thread(side: Side, text: str) -> None:
    """The open mail's thread has a mail with this text."""
    expect(side.client.locator(".thread button", has_text=text)).not_to_have_count(0)


def test_a_double_reply_by_gmails_own_button_is_recorded_and_shown_to_both(playground: Playground) -> None:
    left, right = playground.left, playground.right
    right.opens("年末年始の出荷日")
    right.presses("返信を作成")
    right.writes("27日の発送が最後です。")
    right.sends()
    right.shows("あなたが", "返信しました")

    left.opens_received("年末年始の出荷日")
    left.shows("鈴木さんが", "返信しました")
    left.replies_by_itself()
    left.writes("26日です。")
    left.sends()  # Gmail asks nobody
    left.opens("領収書")
    left.opens_received("年末年始の出荷日")

    left.shows("二重返信の可能性", "あなたが", "鈴木さん")
    right.shows("二重返信の可能性", "佐藤さん")  # without a click
    photograph(playground.page, "double-reply")


def test_the_customers_next_mail_arrives_in_both_lists_without_a_reload(playground: Playground) -> None:
    left, right = playground.left, playground.right
    left.opens("ありがとうございました")
    left.presses("返信を作成")
    left.writes("こちらこそありがとうございます。")
    left.sends()
    left.client.locator(".thread button", has_text="送信済み").click()
    expect(left.client.get_by_role("button", name="お客様として返信")).to_be_visible()
    left.settles()
    left.client.get_by_role("button", name="お客様として返信").click()

    for side in (left, right):
        expect(side.client.locator(".mail-list .fresh").first).to_contain_text("石井")
    right.client.locator(".mail-list .fresh").first.click()
    right.settles()
    right.shows("石井", "佐藤")
    expect(right.client.locator(".mail-list .fresh", has_text="石井")).to_have_count(0)


def test_gmails_compose_card_says_who_the_recipients_are_and_writes_at_the_cursor(playground: Playground) -> None:
    left = playground.left
    left.opens("ログインできません")
    left.replies_by_itself()
    left.writes("小野様")
    left.window.get_by_role("button", name="Sobani", exact=True).click()
    card = left.window.locator(".panel-cards")
    expect(card).to_contain_text("小野 真 様")
    expect(card).to_contain_text("ログインできません")
    photograph(playground.page, "compose-card")

    card.get_by_label("文面").fill("、パスワードを送りました。")
    card.get_by_role("button", name="カーソル位置に挿入").click()

    expect(left.window.locator(".compose-text")).to_have_value(re.compile("^小野様、パスワードを送りました。"))
    expect(left.window.locator(".compose-side")).to_be_hidden()


def test_outlooks_compose_pane_says_who_has_the_mail_and_writes_at_the_cursor(playground: Playground) -> None:
    left, right = playground.left, playground.right
    left.opens("オフィス移転に伴う")
    left.presses("担当する")
    right.opens("オフィス移転に伴う")
    right.replies_by_itself()
    right.writes("橋本様")
    right.window.get_by_role("button", name="Sobani", exact=True).click()
    pane = right.window_frame
    expect(pane.locator("#card")).to_contain_text("佐藤")

    pane.get_by_label("文面").fill("、お見積もりを送ります。")
    pane.get_by_role("button", name="カーソル位置に挿入").click()

    expect(right.window.locator(".compose-text")).to_have_value(re.compile("^橋本様、お見積もりを送ります。"))
    left.presses("更新")
    photograph(playground.page, "compose-pane")


def test_a_new_mail_has_its_pane_and_goes_where_it_is_sent(playground: Playground) -> None:
    left, right = playground.left, playground.right
    right.client.get_by_role("button", name="新しいメール").click()
    right.window.get_by_label("宛先").fill("佐藤 美咲 <misaki.sato@aoba.example>")
    right.window.get_by_label("件名").fill("引き継ぎのお願い")
    right.window.get_by_role("button", name="Sobani", exact=True).click()
    expect(right.window_frame.locator("#card")).to_be_visible()
    right.window.locator(".compose-text").fill("よろしくお願いします。")
    right.sends()

    expect(left.client.locator(".mail-list .fresh", has_text="引き継ぎのお願い")).to_have_count(1)
    expect(right.client.locator(".mail-list button", has_text="引き継ぎのお願い")).to_contain_text("送信済み")


def test_who_replies_after_a_colleague_is_asked_and_may_still_send(playground: Playground) -> None:
    right = playground.right
    right.opens("Descaling programme")
    right.replies_by_itself()
    right.writes("Hello Chloé")
    right.sends()
    right.signs_in("高橋 葵")
    right.opens_received("Descaling programme")
    right.replies_by_itself()
    right.writes("Bonjour Chloé")
    right.presses_send()

    asked = right.window.get_by_role("alertdialog", name="送信する前に")
    expect(asked).to_contain_text("鈴木さん")
    photograph(playground.page, "asked")
    asked.get_by_role("button", name="それでも送信").click()
    expect(right.window).to_have_count(0)
    # Outlook does not tell the add-in that the agent has sent it anyway: it is known when the sent mail is opened.
    right.client.locator(".thread button", has_text="高橋").click()
    right.shows("二重返信の可能性", "鈴木さん")


def test_a_draft_that_lay_for_a_while_is_stopped_as_well(playground: Playground) -> None:
    left, right = playground.left, playground.right
    right.opens("3回目の連絡です")
    right.replies_by_itself()
    right.writes("中村様")
    right.window.locator(".compose-bar .icon-button").click()
    left.opens("3回目の連絡です")
    left.presses("担当する")

    right.client.locator(".thread .draft").click()
    right.presses_send()

    expect(right.window.get_by_role("alertdialog")).to_contain_text("佐藤さん")


def test_a_service_that_does_not_answer_stops_nobody_and_is_told_later(playground: Playground) -> None:
    right, page = playground.right, playground.page
    page.route("**/outlook/send", lambda route: route.abort())
    right.opens("FW: お支払い方法")
    right.replies_by_itself()
    right.writes("原様")
    right.sends()
    page.unroute("**/outlook/send")

    right.replies_by_itself()
    with page.expect_request("**/outlook/send") as asked:
        right.presses_send()

    assert json.loads(asked.value.post_data or "")["missed"] == {"unreachable": 1}


def test_what_is_not_granted_is_asked_for_and_the_click_is_done_once(playground: Playground) -> None:
    left = playground.left
    left.opens("若葉台店の2台目")
    left.takes_away("返信の下書きを作る")
    left.card.get_by_role("button", name="返信を作成", exact=True).click()
    form = left.client.get_by_role("dialog", name="Sobani が次の許可を求めています")
    expect(form).to_contain_text("返信の下書きを作る")
    photograph(playground.page, "consent")
    form.get_by_role("button", name="キャンセル").click()
    left.shows("未対応")  # nothing was claimed for a draft that was not made
    expect(left.window).to_have_count(0)

    left.card.get_by_role("button", name="返信を作成", exact=True).click()
    form.get_by_role("button", name="許可する").click()
    expect(left.window).to_have_count(1)
    left.shows("対応中", "下書き")
    expect(left.client.locator(".thread .draft")).to_have_count(1)


def test_without_the_right_to_read_a_calm_card_says_so(playground: Playground) -> None:
    left = playground.left
    left.takes_away("開いているメールを読む")
    left.client.locator(".mail-list button", has_text="ホワイエ").first.click()
    expect(left.client.locator(".panel-cards")).not_to_be_empty()
    photograph(playground.page, "not-granted")

    assert left.card.get_by_role("button", name="担当する", exact=True).count() == 0


def test_the_addons_own_menu_leads_to_the_queue_and_the_settings(playground: Playground) -> None:
    left = playground.left
    left.opens("ホワイエ")
    left.chooses("設定")
    left.shows("表示言語")
    left.client.get_by_role("button", name="戻る").click()
    left.shows("西川")
    left.chooses("キュー")
    left.shows("未担当")


def test_a_closed_window_is_a_draft_in_the_thread_and_a_deleted_one_is_reported(playground: Playground) -> None:
    left = playground.left
    left.opens("水漏れ")
    left.presses("返信を作成")
    left.writes("すぐに伺います。")
    left.window.locator(".compose-bar .icon-button").click()
    thread(left, "すぐに伺います。")
    left.client.locator(".thread .draft").click()
    expect(left.window.locator(".compose-text")).to_have_value(re.compile("すぐに伺います。"))
    left.window.get_by_role("button", name="破棄").click()
    expect(left.client.locator(".thread .draft")).to_have_count(0)

    left.presses("下書きを開く")

    expect(playground.page.locator("#say")).to_contain_text("見つかりません")


def test_on_phones_there_is_the_card_of_the_open_mail_and_nothing_that_phones_lack(playground: Playground) -> None:
    left, right, page = playground.left, playground.right, playground.page
    for side in (left, right):
        side.client.locator(".phone-button").click()
        expect(side.client.locator(".client-panel")).to_be_hidden()  # no card without a mail
        side.opens("領収書")
        side.shows("木村 花")
        assert side.client.locator(".client-panel").evaluate("panel => panel.clientWidth") == 360
    for card in (left.card, right.frame.locator("body")):
        assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
    photograph(page, "phones")
    assert complaints(page) == []

    right.replies_by_itself()
    assert right.window.get_by_role("button", name="Sobani").count() == 0
    left.replies_by_itself()
    left.window.get_by_role("button", name="その他のオプション").click()
    left.window.get_by_role("menuitem", name="Sobani").click()
    expect(left.window.locator(".panel-cards")).to_contain_text("木村 花")
    photograph(page, "phones-compose")


@pytest.mark.parametrize(("language", "theme", "width"), [("ja", "light", 1440), ("en", "dark", 1100)])
def test_everybody_can_write_in_both_windows(browser: Browser, url: str, language: str, theme: str, width: int) -> None:
    found = open_playground(browser, url, language=language, theme=theme, size=(width, 900))
    for side in (found.left, found.right):
        side.opens("ホワイエ")
        side.replies_by_itself()
        side.window.get_by_role("button", name="Sobani", exact=True).click()
    expect(found.left.window.locator(".panel-cards")).to_contain_text("西川")
    expect(found.right.window_frame.locator("#card")).to_contain_text("西川")
    photograph(found.page, f"writing-{language}-{theme}")

    assert complaints(found.page) == []
    assert found.page.evaluate("violations") == []
    found.page.close()


def test_the_compose_window_is_used_with_the_keyboard(playground: Playground) -> None:
    right, page = playground.right, playground.page
    right.opens("ホワイエ")
    right.client.locator(".reading-actions button").first.press("Enter")
    expect(right.window.locator(".compose-text")).to_be_focused()
    page.keyboard.insert_text("西川様")
    page.keyboard.press("Shift+Tab")
    expect(right.window.get_by_label("件名")).to_be_focused()
    page.keyboard.press("Escape")

    expect(right.window).to_have_count(0)
    thread(right, "西川様")


def test_escape_takes_away_what_lies_on_top_one_by_one(playground: Playground) -> None:
    left, page = playground.left, playground.page
    left.opens("領収書")
    left.replies_by_itself()
    left.window.get_by_role("button", name="Sobani", exact=True).press("Enter")
    expect(left.window.locator(".compose-side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(left.window.locator(".compose-side")).to_be_hidden()
    expect(left.window.locator(".compose-text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(left.window).to_have_count(0)


FOUR = ("3回目の連絡です", "コーヒーマシンから水漏れ", "領収書", "Descaling programme")


def test_two_agents_answer_mails_without_a_reload_and_none_of_them_twice(browser: Browser, service: Service) -> None:
    service.is_as_new()
    found = open_playground(browser, service.address)
    left, right, page = found.left, found.right, found.page
    page.evaluate("window.loadedOnce = true")
    for number, subject in enumerate(FOUR):  # in turns, each of them twice: nothing is left over from the time before
        writer, other = (left, right) if number % 2 == 0 else (right, left)
        writer.opens_received(subject)
        other.opens_received(subject)
        writer.presses("返信を作成")
        expect(writer.window).to_be_visible()
        if other is right:
            right.shows("佐藤", "対応中")  # live
            right.replies_by_itself()
            right.presses_send()
            stopped = right.window.get_by_role("alertdialog")
            expect(stopped).to_contain_text("佐藤さん")
            stopped.get_by_role("button", name="閉じる").click()
            right.window.get_by_role("button", name="破棄").click()
        else:
            left.presses("更新")
            left.shows("鈴木", "対応中")
            assert left.card.get_by_role("button", name="返信を作成", exact=True).count() == 0
        writer.writes("ご連絡ありがとうございます。")
        writer.sends()
        thread(writer, "送信済み")
        writer.opens_received(subject)
        writer.shows("あなたが", "返信しました")  # a button of the card before that would be a stale one
        writer.presses("完了にする")
        writer.shows("対応済")
    assert page.evaluate("window.loadedOnce")
    for side in (left, right):
        side.closes_the_mail()
    assert page.locator("#gmail .row-from .badge", has_text="送信済み").count() == 2
    assert page.locator("#outlook .row-from .badge", has_text="送信済み").count() == 2
    assert page.evaluate("violations") == []
    page.close()


def test_the_queue_opens_on_a_page_of_its_own_from_either_client(playground: Playground) -> None:
    for side in (playground.left, playground.right):
        with playground.page.expect_popup() as opened:
            side.card.get_by_role("button", name="別の画面で開く").click()
        page = opened.value
        expect(page.locator("body")).to_contain_text("未担当")
        assert page.url.endswith("/queue")  # the link that works once is gone from it
        page.close()


def test_a_page_of_the_real_service_waits_for_a_change_and_shows_it(context: BrowserContext, service: Service) -> None:
    """Without TLS, too: the cookie has another name then."""
    store = open_store(service.store)
    workspace = store.directory.workspace("aoba")
    assert workspace
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(service.address).partition("?")[0]))
    sessions = RedisSessions(store.library, f"{service.address}/queue/enter", token_hex, time.time)
    kobayashi = workspace.person_by_id["kobayashi"]
    identity = Identity("google", workspace.google_domains[0], "g-1", kobayashi.emails[0])
    page.goto(sessions.link(workspace, identity))
    page.wait_for_url(f"{service.address}/queue")
    assert [cookie["name"] for cookie in context.cookies()] == ["sobani-session"]
    expect(page.locator("#count-mine .number")).to_have_text("0")
    page.wait_for_timeout(1_000)
    assert asked.count("/queue/changes") == 1, "it waits"
    suzuki = Viewer(workspace, workspace.person_by_id["suzuki"])
    row = store.conversations.queue_page(suzuki, "unclaimed").rows[0].conversation
    store.conversations.act(suzuki, Target(row.id, row.state), Assign(kobayashi.id), once="click")
    expect(page.locator("#count-mine .number")).to_have_text("1")
    store.library.client.close()

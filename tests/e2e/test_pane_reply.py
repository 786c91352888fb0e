"""Outlook's own reply form opened with a text, and pages opened from an answer, with Microsoft's own office.js."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.desk import DELAY, INVOICE, REPLY, card, message, shown
from tests.e2e.outlook import Outlook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FORM, FORM_ALL, FORM_ASYNC, FORM_ALL_ASYNC = 30, 31, 181, 182
TEXT: Final = "田中様\n\n<script>alert(1)</script> & ご確認ください。"
AS_HTML: Final = "田中様<br><br>&lt;script&gt;alert(1)&lt;/script&gt; &amp; ご確認ください。"
TAKEN: Final = message(DELAY)


@pytest.fixture
def context(browser: Browser) -> Any:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


def replies(outlook: Outlook, text: str = TEXT, *, everybody: bool = True) -> None:
    """The card with the reply, and a press that the service answers with a form to open."""
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    outlook.frame.get_by_role("button", name="返信を開く").click()
    outlook.wait_asked(2).answer(shown(TAKEN, "root", changed=True, reply={"all": everybody, "text": text}))


def clipboard(outlook: Outlook) -> Any:
    return outlook.page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(("everybody", "form"), [(True, FORM_ALL_ASYNC), (False, FORM_ASYNC)])
def test_the_reply_opens_with_the_text_as_text(outlook: Outlook, *, everybody: bool, form: int) -> None:
    replies(outlook, everybody=everybody)
    expect(outlook.frame.get_by_role("status").filter(has_text="返信の作成画面を開きました。")).to_be_visible()
    assert outlook.host("forms") == [[form, AS_HTML]]
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()


def test_with_the_reply_open_the_question_about_its_text_is_over(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(message(DELAY)))
    outlook.frame.get_by_role("button", name="担当する").click()
    outlook.wait_asked(2).answer(shown(REPLY, "on_top"))
    outlook.frame.get_by_role("button", name="返信を開く").click()
    outlook.wait_asked(3).answer(
        shown(TAKEN, "here", changed=True, reply={"all": True, "text": TEXT}, toast="担当しました")
    )
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    expect(outlook.frame.get_by_role("button", name="戻る")).to_be_hidden()


@pytest.mark.parametrize("how", ["failing", "silent"])
def test_a_form_that_does_not_come_is_asked_for_another_way_and_the_text_copied(outlook: Outlook, how: str) -> None:
    outlook.misbehave(how, FORM_ALL_ASYNC)
    replies(outlook)
    said = outlook.frame.get_by_role("status").filter(has_text="開かないときは「返信」を押し")
    expect(said).to_be_visible()
    assert outlook.host("forms") == [[FORM_ALL, AS_HTML]]
    assert clipboard(outlook) == TEXT
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()


def test_an_older_client_opens_the_form_it_has(context: BrowserContext) -> None:
    outlook = Outlook(context, sets={"Mailbox": "1.8", "NestedAppAuth": "1.1"})
    replies(outlook)
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    assert outlook.host("forms") == [[FORM_ALL, AS_HTML]]


def test_a_client_without_forms_gets_the_text_on_its_clipboard(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    outlook.frame.evaluate(
        "Object.defineProperty(Office.context.mailbox, 'item', { value: Object.create(Office.context.mailbox.item,"
        " { displayReplyAllForm: {}, displayReplyAllFormAsync: {} }) }); 0"
    )
    outlook.frame.get_by_role("button", name="返信を開く").click()
    outlook.wait_asked(2).answer(shown(TAKEN, "root", changed=True, reply={"all": True, "text": TEXT}))
    expect(outlook.frame.get_by_role("status").filter(has_text="文面をコピーしました。")).to_be_visible()
    assert clipboard(outlook) == TEXT


def test_a_reply_longer_than_a_form_takes_is_copied_and_an_empty_form_opened(outlook: Outlook) -> None:
    long = "あ" * 20_000
    replies(outlook, long)
    said = outlook.frame.get_by_role("status").filter(has_text="文面が長いためコピーしました。")
    expect(said).to_be_visible()
    assert outlook.host("forms") == [[FORM_ALL_ASYNC, ""]]
    assert clipboard(outlook) == long


def test_a_mail_selected_during_the_click_gets_no_reply_of_the_one_before(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    field = outlook.frame.get_by_role("textbox", name="本文")
    field.fill("書きかけの返信")
    outlook.frame.get_by_role("button", name="返信を開く").click()
    late = outlook.wait_asked(2)
    outlook.select(INVOICE)
    outlook.wait_asked(3).answer(shown(message(INVOICE)))
    late.answer(shown(TAKEN, "root", changed=True, reply={"all": True, "text": TEXT}))
    outlook.page.wait_for_timeout(500)
    assert outlook.host("forms") == []
    expect(outlook.frame.get_by_role("heading", name="請求書の件のカード")).to_be_visible()
    outlook.select(DELAY)
    outlook.wait_asked(4).answer(shown(REPLY))
    expect(field).to_have_value("書きかけの返信")


def test_a_mail_selected_without_a_word_during_the_click_gets_none_either(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    outlook.frame.get_by_role("button", name="返信を開く").click()
    late = outlook.wait_asked(2)
    outlook.frame.evaluate(
        "Object.defineProperty(Office.context.mailbox, 'item', { value: Object.create(Office.context.mailbox.item,"
        " { itemId: { value: 'AAMk2' }, subject: { value: '請求書の件' } }) }); 0"
    )
    late.answer(shown(TAKEN, "root", changed=True, reply={"all": True, "text": TEXT}))
    assert outlook.wait_asked(3).subject == "請求書の件"
    assert outlook.host("forms") == []


def test_a_page_is_opened_in_a_window_of_its_own(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    outlook.frame.evaluate("window.opened = []; window.open = (...call) => { opened.push(call); return {}; }; 0")
    outlook.frame.get_by_role("button", name="返信を開く").click()
    outlook.wait_asked(2).answer({"open": "https://desk.aoba.example/queue?once=1"})
    outlook.frame.wait_for_function("opened.length === 1")
    assert outlook.frame.evaluate("opened") == [["https://desk.aoba.example/queue?once=1", "_blank"]]


def test_a_page_that_the_browser_does_not_open_is_offered_as_a_link(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    outlook.frame.evaluate("window.open = () => null; 0")
    outlook.frame.get_by_role("button", name="返信を開く").click()
    outlook.wait_asked(2).answer({"open": "https://desk.aoba.example/queue?once=1"})
    link = outlook.frame.get_by_role("link", name="ページを開く")
    expect(link).to_be_focused()
    expect(link).to_have_attribute("href", "https://desk.aoba.example/queue?once=1")
    assert outlook.complaints() == []


def test_no_page_is_opened_but_by_https(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    outlook.frame.evaluate("window.opened = []; window.open = (...call) => { opened.push(call); return {}; }; 0")
    outlook.frame.get_by_role("button", name="返信を開く").click()
    outlook.wait_asked(2).answer({"open": "javascript:alert(1)", "card": shown(card("無事"))["card"]})
    expect(outlook.frame.get_by_role("heading", name="無事")).to_be_visible()
    assert outlook.frame.evaluate("opened") == []

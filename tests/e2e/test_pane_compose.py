"""The pane beside a mail being written: what the service learns of it, and text put into it, with Microsoft's own office.js."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.desk import DELAY, NOTE, card, message, shown
from tests.e2e.outlook import Asked, Outlook, OutlookDraft, refused

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SET_SELECTED, GET_RECIPIENTS, GET_SUBJECT, PREPEND, GET_BODY, SET_BODY = 13, 15, 18, 23, 37, 38
ANSWER: Final = OutlookDraft()
NEW: Final = OutlookDraft(None, "", "", "|", ())
TEXT: Final = '田中様\n\nお世話になっております。\n  <b>太字ではない</b> & "引用"\n'
AS_HTML: Final = (
    "田中様<br><br>お世話になっております。<br>&nbsp; &lt;b&gt;太字ではない&lt;/b&gt; &amp; &quot;引用&quot;<br>"
)
WRITING: Final = card("宛先", NOTE)


@pytest.fixture
def modern(context: BrowserContext) -> Outlook:
    """An Outlook of today: it knows inReplyTo and tells of recipients."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Outlook(context, sets={"Mailbox": "1.14", "NestedAppAuth": "1.1"})


def inserts(outlook: Outlook, text: str = TEXT, draft: OutlookDraft = ANSWER) -> Asked:
    """The draft's card, and a press that the service answers with a text to insert."""
    outlook.open(draft)
    outlook.wait_asked(1).answer(shown(WRITING))
    outlook.frame.get_by_role("textbox", name="メモ").fill("x")
    outlook.frame.get_by_role("button", name="メモを残す").click()
    asked = outlook.wait_asked(2)
    asked.answer(shown(WRITING, insert={"text": text}))
    return asked


def clipboard(outlook: Outlook) -> Any:
    return outlook.page.evaluate("navigator.clipboard.readText()")


def test_a_draft_is_asked_about_with_what_it_answers_and_whom_it_is_for(modern: Outlook) -> None:
    modern.open(replace(ANSWER, cc=({"address": "a..b.@docomo.ne.jp", "name": 'Abe, "Taro"'},)))
    asked = modern.wait_asked()
    assert asked.path == "/outlook/compose"
    assert asked.body == {
        "compose": {
            "inReplyTo": "<1@tanaka-shoten.example>",
            "conversationId": "AAQk",
            "to": [{"email": "tanaka@tanaka-shoten.example", "name": "田中 太郎"}],
            "cc": [{"email": "a..b.@docomo.ne.jp", "name": 'Abe, "Taro"'}],
            "bcc": [],
            "subject": "RE: 納期の件",
            "replying": False,
        },
        "locale": "ja-JP",
        "timeZone": "Asia/Tokyo",
    }
    asked.answer(shown(WRITING))
    expect(modern.frame.get_by_role("heading", name="宛先")).to_be_visible()


def test_a_new_mail_and_a_client_without_in_reply_to_say_so_with_nothing(outlook: Outlook) -> None:
    outlook.open(NEW)
    asked = outlook.wait_asked().body["compose"]
    assert (asked["inReplyTo"], asked["conversationId"], asked["to"], asked["subject"]) == ("", "", [], "")


def test_two_hundred_recipients_are_all_named(modern: Outlook) -> None:
    crowd = tuple({"address": f"guest{number}@example.com", "name": f"客{number}"} for number in range(200))
    modern.open(replace(ANSWER, to=crowd))
    assert len(modern.wait_asked().body["compose"]["to"]) == 200


def test_office_calls_that_never_answer_do_not_hold_a_draft_back(modern: Outlook) -> None:
    modern.page.evaluate(f"host.silent.add({GET_RECIPIENTS}); host.silent.add({GET_SUBJECT})")
    modern.open(ANSWER)
    asked = modern.wait_asked().body["compose"]
    assert (asked["inReplyTo"], asked["to"], asked["subject"]) == (ANSWER.inReplyTo, [], "")


def test_a_click_in_a_draft_is_about_the_draft(modern: Outlook) -> None:
    asked = inserts(modern)
    assert asked.path == "/outlook/action"
    assert "item" not in asked.body
    assert asked.body["compose"]["inReplyTo"] == ANSWER.inReplyTo
    assert asked.body["action"] == "sealed:note"


def test_other_recipients_are_told_at_once_where_outlook_says_so(modern: Outlook) -> None:
    modern.open(ANSWER)
    modern.wait_asked(1).answer(shown(WRITING))
    modern.page.wait_for_function("host.registered.has('olkRecipientsChanged')")
    modern.page.evaluate("host.address('cc', [{ address: 'suzuki@suzuki.example', name: '鈴木' }])")
    again = modern.wait_asked(2)
    assert again.path == "/outlook/compose"
    assert again.body["compose"]["cc"] == [{"email": "suzuki@suzuki.example", "name": "鈴木"}]


def test_other_recipients_are_noticed_where_outlook_does_not_say_so(context: BrowserContext) -> None:
    outlook = Outlook(context, sets={"Mailbox": "1.5", "NestedAppAuth": "1.1"})
    outlook.page.clock.install()
    outlook.open(ANSWER)
    outlook.wait_asked(1).answer(shown(WRITING))
    expect(outlook.frame.get_by_role("heading", name="宛先")).to_be_visible()
    outlook.page.clock.fast_forward(20_000)
    outlook.page.wait_for_timeout(300)
    outlook.page.evaluate("host.mail.to = []")
    outlook.page.clock.fast_forward(20_000)
    assert outlook.wait_asked(2).body["compose"]["to"] == []


def test_somebody_who_writes_is_said_to_be_replying_and_somebody_who_rests_is_not(modern: Outlook) -> None:
    modern.page.clock.install()
    modern.open(ANSWER)
    modern.wait_asked(1).answer(shown(WRITING, live="t1"))
    expect(modern.frame.get_by_role("heading", name="宛先")).to_be_visible()
    modern.page.wait_for_timeout(300)
    modern.page.clock.fast_forward(50_000)
    modern.page.wait_for_timeout(300)
    assert [asked.body["compose"]["replying"] for asked in modern.asked] == [False]

    modern.page.evaluate("host.mail.body = 'お世話に' + host.mail.body")
    modern.page.clock.fast_forward(50_000)
    beat = modern.wait_asked(2)
    assert (beat.path, beat.body["compose"]["replying"]) == ("/outlook/compose", True)


def test_a_text_is_inserted_at_the_cursor_as_text(modern: Outlook) -> None:
    inserts(modern)
    expect(modern.frame.get_by_role("status").filter(has_text="本文に挿入しました。")).to_be_visible()
    assert modern.host("mail.body") == f"{AS_HTML}<br><div>-- <br>佐藤</div>"


def test_a_text_that_has_been_inserted_leaves_its_field_and_one_that_was_not_stays(modern: Outlook) -> None:
    modern.open(ANSWER)
    modern.wait_asked(1).answer(shown(WRITING))
    field = modern.frame.get_by_role("textbox", name="メモ")
    field.fill("差し込む文")
    modern.frame.get_by_role("button", name="メモを残す").click()
    modern.wait_asked(2).answer({"insert": {"text": "差し込む文"}})
    expect(modern.frame.get_by_role("status").filter(has_text="本文に挿入しました。")).to_be_visible()
    expect(field).to_have_value("")
    modern.misbehave("failing", SET_SELECTED, PREPEND, SET_BODY)
    field.fill("次の文")
    modern.frame.get_by_role("button", name="メモを残す").click()
    modern.wait_asked(3).answer({"insert": {"text": "次の文"}})
    expect(modern.frame.get_by_role("status").filter(has_text="文面をコピーしました。")).to_be_visible()
    expect(field).to_have_value("次の文")


def test_an_insertion_that_outlook_only_says_it_did_is_done_at_the_top(modern: Outlook) -> None:
    modern.misbehave("lying", SET_SELECTED)
    inserts(modern)
    expect(modern.frame.get_by_role("status").filter(has_text="本文の先頭に挿入しました。")).to_be_visible()
    assert modern.host("mail.body") == f"{AS_HTML}<br><br>{ANSWER.body}"


def test_where_nothing_else_helps_the_body_is_set_anew_around_the_old_one(modern: Outlook) -> None:
    modern.misbehave("lying", SET_SELECTED)
    modern.misbehave("failing", PREPEND)
    inserts(modern, draft=replace(ANSWER, body='<html><body lang="ja">前の本文|</body></html>'))
    expect(modern.frame.get_by_role("status").filter(has_text="本文の先頭に挿入しました。")).to_be_visible()
    assert modern.host("mail.body") == f'<html><body lang="ja">{AS_HTML}<br><br>前の本文|</body></html>'


def test_what_cannot_be_inserted_is_on_the_clipboard(modern: Outlook) -> None:
    modern.misbehave("failing", SET_SELECTED, PREPEND, SET_BODY)
    inserts(modern)
    said = modern.frame.get_by_role("status").filter(has_text="文面をコピーしました。本文に貼り付けてください。")
    expect(said).to_be_visible()
    assert clipboard(modern) == TEXT
    assert modern.host("mail.body") == ANSWER.body


def test_a_call_that_never_answers_is_not_followed_by_another_that_may_write_twice(modern: Outlook) -> None:
    modern.misbehave("silent", SET_SELECTED)
    inserts(modern)
    said = modern.frame.get_by_role("status").filter(has_text="文面をコピーしました。")
    expect(said).to_be_visible()
    assert not {PREPEND, SET_BODY} & set(modern.host("executed"))


def test_an_insertion_that_worked_without_a_word_is_seen_in_the_body(modern: Outlook) -> None:
    modern.misbehave("slow", SET_SELECTED)
    inserts(modern)
    expect(modern.frame.get_by_role("status").filter(has_text="本文に挿入しました。")).to_be_visible()
    assert modern.host("mail.body").count("お世話になっております。") == 1


def test_a_body_that_cannot_be_read_back_is_written_once_and_to_be_looked_at(modern: Outlook) -> None:
    modern.misbehave("failing", GET_BODY)
    inserts(modern)
    expect(modern.frame.get_by_role("status").filter(has_text="本文をご確認ください。")).to_be_visible()
    assert modern.host("mail.body").count("お世話になっております。") == 1
    assert not {PREPEND, SET_BODY} & set(modern.host("executed"))


def test_a_body_that_cannot_be_read_any_more_is_not_written_a_second_time(modern: Outlook) -> None:
    modern.page.evaluate(
        "const write = methods[13]; methods[13] = (data) => { host.failing.add(37); return write(data); }; 0"
    )
    inserts(modern)
    expect(modern.frame.get_by_role("status").filter(has_text="本文をご確認ください。")).to_be_visible()
    assert not {PREPEND, SET_BODY} & set(modern.host("executed"))


def test_a_plain_text_draft_gets_plain_text(modern: Outlook) -> None:
    modern.page.evaluate("methods[14] = () => 'text'")
    inserts(modern, "1 < 2\n3 & 4", replace(ANSWER, body="|"))
    expect(modern.frame.get_by_role("status").filter(has_text="本文に挿入しました。")).to_be_visible()
    assert modern.host("mail.body") == "1 < 2\n3 & 4"


def test_the_same_text_can_be_inserted_twice_by_two_clicks(modern: Outlook) -> None:
    inserts(modern)
    expect(modern.frame.get_by_role("status").filter(has_text="本文に挿入しました。")).to_be_visible()
    modern.frame.get_by_role("textbox", name="メモ").fill("x")
    modern.frame.get_by_role("button", name="メモを残す").click()
    modern.wait_asked(3).answer(shown(WRITING, insert={"text": TEXT}))
    modern.page.wait_for_function("host.mail.body.split('お世話になっております。').length === 3")


def test_a_very_long_text_goes_to_the_clipboard_and_says_so(modern: Outlook) -> None:
    long = "あ" * 1_000_001
    inserts(modern, long)
    said = modern.frame.get_by_role("status").filter(has_text="長すぎて挿入できないため、文面をコピーしました。")
    expect(said).to_be_visible()
    assert len(clipboard(modern)) == len(long)
    assert modern.host("mail.body") == ANSWER.body


def test_a_client_without_a_clipboard_offers_the_text_to_be_copied_by_hand(modern: Outlook) -> None:
    modern.misbehave("failing", SET_SELECTED, PREPEND, SET_BODY)
    modern.open(ANSWER)
    modern.wait_asked(1)
    modern.frame.evaluate(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('no')); document.execCommand = () => false; 0"
    )
    modern.asked[0].answer(shown(WRITING))
    modern.frame.get_by_role("textbox", name="メモ").fill("x")
    modern.frame.get_by_role("button", name="メモを残す").click()
    modern.wait_asked(2).answer(shown(WRITING, insert={"text": TEXT}))
    offered = modern.frame.get_by_role(
        "region", name="挿入できませんでした。文面をコピーして、本文に貼り付けてください。"
    )
    expect(offered).to_be_visible()
    field = offered.get_by_role("textbox")
    expect(field).to_be_focused()
    expect(field).to_have_value(TEXT)
    assert modern.complaints() == []
    offered.get_by_role("button", name="閉じる").click()
    expect(offered).to_be_hidden()


def test_another_draft_gets_nothing_of_what_was_asked_for_this_one(modern: Outlook) -> None:
    modern.open(ANSWER)
    modern.wait_asked(1).answer(shown(WRITING))
    modern.frame.get_by_role("textbox", name="メモ").fill("x")
    modern.frame.get_by_role("button", name="メモを残す").click()
    late = modern.wait_asked(2)
    modern.select(replace(ANSWER, inReplyTo="<2@suzuki.example>", body="|別の下書き"))
    modern.wait_asked(3).answer(shown(card("別の宛先")))
    late.answer(shown(WRITING, insert={"text": TEXT}))
    expect(modern.frame.get_by_role("heading", name="別の宛先")).to_be_visible()
    modern.page.wait_for_timeout(500)
    assert modern.host("mail.body") == "|別の下書き"


def test_a_draft_that_outlook_makes_a_new_item_of_keeps_what_was_typed_in_the_pane(modern: Outlook) -> None:
    modern.open(ANSWER)
    modern.wait_asked(1).answer(shown(WRITING))
    modern.frame.get_by_role("textbox", name="メモ").fill("書きかけ")
    modern.select(ANSWER)
    modern.wait_asked(2).answer(shown(WRITING))
    expect(modern.frame.get_by_role("textbox", name="メモ")).to_have_value("書きかけ")


def test_from_a_mail_to_a_draft_and_back(modern: Outlook) -> None:
    modern.service = lambda asked: asked.answer(shown(WRITING if asked.path == "/outlook/compose" else message(DELAY)))
    modern.open(DELAY)
    expect(modern.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    modern.select(ANSWER)
    expect(modern.frame.get_by_role("heading", name="宛先")).to_be_visible()
    modern.select(DELAY)
    expect(modern.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    assert [asked.path for asked in modern.asked] == ["/outlook/open", "/outlook/compose", "/outlook/open"]


def test_sign_in_that_fails_in_a_draft_is_a_sentence_and_a_button(modern: Outlook) -> None:
    modern.token = lambda method: refused("USER_INTERACTION_REQUIRED" if method == "GetToken" else "USER_CANCEL")
    modern.open(ANSWER)
    expect(modern.frame.get_by_role("alert")).to_contain_text("続けるにはサインインしてください。")

"""Changes that come by themselves, and a pane that outlives its connection: with Microsoft's own office.js and msal."""

from __future__ import annotations

from itertools import count
from time import monotonic
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from cards.model import Action, Button, Buttons, Choice, Field, Notice, Option, Section, Text, Tone
from tests.e2e.desk import DELAY, INVOICE, NOTE, REPLY, card, message, shown, state
from tests.e2e.outlook import Outlook, access_token, granted, refused

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKED_AT_AGAIN: Final = "document.dispatchEvent(new Event('visibilitychange')); 0"
HIDDEN: Final = (
    "Object.defineProperty(document, 'visibilityState', { value: '%s', configurable: true });" + LOOKED_AT_AGAIN
)
FREE: Final = message(DELAY, state("未対応"), NOTE)
TAKEN: Final = message(DELAY, state("対応中 佐藤 美咲"), NOTE)


def opened(outlook: Outlook, live: str = "t1") -> None:
    """The pane beside a mail that nobody has, waiting for changes."""
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(FREE, live=live))
    expect(drawn(outlook, "未対応")).to_be_visible()


def drawn(outlook: Outlook, text: str) -> Locator:
    """A text of the card; what is spoken stands elsewhere too."""
    return outlook.frame.locator("#card").get_by_text(text)


def changes(outlook: Outlook, times: int = 1) -> None:
    """Something happened, says the service."""
    outlook.wait_waiting(times).answer({"changed": True})


def test_a_change_is_drawn_without_a_click_and_the_next_is_waited_for(outlook: Outlook) -> None:
    opened(outlook)
    first = outlook.wait_waiting()
    assert first.authorization == f"Bearer {access_token()}"
    assert first.body["live"] == "t1"
    first.answer({"changed": True})
    again = outlook.wait_asked(2)
    assert (again.path, again.subject) == ("/outlook/open", DELAY.subject)
    again.answer(shown(TAKEN, live="t2"))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()
    second = outlook.wait_waiting(2)
    assert (second.body["live"], second.body["pane"]) == ("t2", first.body["pane"])


def test_nothing_new_is_waited_on_with_the_same_token_and_not_in_a_hurry(outlook: Outlook) -> None:
    opened(outlook)
    # From the next question on no answer took long, however slow this machine is: that would be a reason to ask at once.
    outlook.frame.evaluate("{ const now = Date.now(); Date.now = () => now; } 0")
    outlook.wait_waiting(1).answer({"changed": False})
    second = outlook.wait_waiting(2)
    begun = monotonic()
    second.answer({"changed": False})
    assert outlook.wait_waiting(3).body["live"] == "t1"
    assert monotonic() - begun > 1.9
    assert len(outlook.asked) == 1


def test_a_copy_that_holds_no_questions_is_asked_when_it_says(outlook: Outlook) -> None:
    opened(outlook)
    first = outlook.wait_waiting(1)
    begun = monotonic()
    first.answer({"changed": False, "wait": 2.5})
    outlook.wait_waiting(2)
    assert monotonic() - begun > 2.4


def test_a_token_too_old_is_a_reason_to_look_again(outlook: Outlook) -> None:
    opened(outlook)
    outlook.wait_waiting(1).answer({"changed": True}, 410)
    outlook.wait_asked(2)


def test_an_expired_sign_in_is_renewed_while_waiting(outlook: Outlook) -> None:
    names = count(1)
    outlook.token = lambda _method: granted(access_token(f"token{next(names)}"))
    opened(outlook)
    first = outlook.wait_waiting(1)
    first.answer({}, 401)
    second = outlook.wait_waiting(2)
    assert second.body == first.body
    assert second.authorization != first.authorization


def test_each_pane_waits_under_a_name_of_its_own(context: BrowserContext) -> None:
    panes = set()
    for _ in range(2):
        outlook = Outlook(context)
        opened(outlook)
        panes.add(outlook.wait_waiting().body["pane"])
    assert len(panes) == 2


def test_waiting_ends_with_the_mail_it_was_for(outlook: Outlook) -> None:
    opened(outlook)
    late = outlook.wait_waiting(1)
    outlook.select(INVOICE)
    outlook.wait_asked(2).answer(shown(message(INVOICE), live="t2"))
    assert outlook.wait_waiting(2).body["live"] == "t2"
    late.answer({"changed": True})
    outlook.page.wait_for_timeout(1_500)
    assert len(outlook.asked) == 2


def test_a_hidden_pane_waits_for_nothing_and_looks_when_it_is_seen_again(outlook: Outlook) -> None:
    opened(outlook)
    outlook.wait_waiting(1)
    outlook.frame.evaluate(HIDDEN % "hidden")
    outlook.page.wait_for_timeout(3_000)
    assert (len(outlook.asked), len(outlook.waiting)) == (1, 1)
    outlook.frame.evaluate(HIDDEN % "visible")
    outlook.wait_asked(2).answer(shown(TAKEN, live="t2"))
    outlook.wait_waiting(2)


def test_typed_text_the_caret_open_sections_and_the_place_stay_where_they_are(outlook: Outlook) -> None:
    long = Section(
        tuple(Text(f"{number}行目の履歴") for number in range(60)), "履歴", collapsible=True, shown=1, id="history"
    )
    outlook.page.set_viewport_size({"width": 320, "height": 400})
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(message(DELAY, state("未対応"), long, NOTE), live="t1"))
    outlook.frame.get_by_role("button", name="さらに表示").click()
    note = outlook.frame.get_by_role("textbox", name="メモ")
    note.fill("書きかけのメモ")
    note.evaluate("field => { field.setSelectionRange(1, 3); field.scrollIntoView({ block: 'center' }); }")
    top = note.evaluate("field => field.getBoundingClientRect().top")
    warned = Section((Notice("佐藤さんが返信を書いています。", Tone.WARNING),), id="notices")
    changes(outlook)
    outlook.wait_asked(2).answer(shown(message(DELAY, warned, state("対応中 佐藤 美咲"), long, NOTE), live="t2"))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_attached()
    expect(note).to_have_value("書きかけのメモ")
    expect(note).to_be_focused()
    assert note.evaluate("field => [field.selectionStart, field.selectionEnd]") == [1, 3]
    expect(drawn(outlook, "59行目の履歴")).to_be_attached()
    assert abs(note.evaluate("field => field.getBoundingClientRect().top") - top) < 2
    expect(outlook.frame.get_by_role("status").last).to_contain_text("佐藤さんが返信を書いています。")


def test_an_unfinished_word_of_an_input_method_is_not_taken_away(outlook: Outlook) -> None:
    opened(outlook)
    note = outlook.frame.get_by_role("textbox", name="メモ")
    note.focus()
    note.evaluate("field => field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }))")
    changes(outlook)
    outlook.wait_asked(2).answer(shown(TAKEN, live="t2"))
    outlook.page.wait_for_timeout(500)
    expect(drawn(outlook, "未対応")).to_be_visible()
    note.evaluate("field => field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))")
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()


def test_a_button_held_down_stays_under_the_finger(outlook: Outlook) -> None:
    opened(outlook)
    claim = outlook.frame.get_by_role("button", name="担当する")
    claim.hover()
    outlook.page.mouse.down()
    changes(outlook)
    outlook.wait_asked(2).answer(shown(TAKEN, live="t2"))
    outlook.page.wait_for_timeout(500)
    expect(drawn(outlook, "未対応")).to_be_visible()
    outlook.page.mouse.up()
    assert outlook.wait_asked(3).body["action"] == "sealed:claim"


def test_an_open_menu_stays_open(outlook: Outlook) -> None:
    menu = Section((Buttons((Button("担当する", Action("claim")),), (Button("保留", Action("hold")),)),))
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(card("メニュー", state("未対応"), menu), live="t1"))
    outlook.frame.get_by_role("button", name="その他の操作").click()
    changes(outlook)
    outlook.wait_asked(2).answer(shown(card("メニュー", state("対応中 佐藤 美咲"), menu), live="t2"))
    outlook.page.wait_for_timeout(500)
    expect(outlook.frame.get_by_role("menuitem", name="保留")).to_be_focused()
    expect(drawn(outlook, "未対応")).to_be_visible()
    outlook.page.keyboard.press("Escape")
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()
    expect(outlook.frame.get_by_role("button", name="その他の操作")).to_be_focused()


def test_a_marked_passage_stays_marked(outlook: Outlook) -> None:
    opened(outlook)
    outlook.frame.evaluate("getSelection().selectAllChildren(document.querySelector('[role=heading]')); 0")
    changes(outlook)
    outlook.wait_asked(2).answer(shown(TAKEN, live="t2"))
    outlook.page.wait_for_timeout(500)
    assert outlook.frame.evaluate("String(getSelection())") == "納期の件のカード"
    outlook.frame.evaluate("getSelection().removeAllRanges(); 0")
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()


def test_a_list_that_is_being_chosen_from_is_not_closed(outlook: Outlook) -> None:
    choice = Section((Choice("why", "理由", (Option("a", "部品待ち"), Option("b", "返金待ち"))), Field("x", "件名")))
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(card("選択", state("未対応"), choice), live="t1"))
    outlook.frame.get_by_label("理由").focus()
    changes(outlook)
    outlook.wait_asked(2).answer(shown(card("選択", state("対応中 佐藤 美咲"), choice), live="t2"))
    outlook.page.wait_for_timeout(500)
    expect(drawn(outlook, "未対応")).to_be_visible()
    outlook.frame.get_by_label("理由").select_option(label="返金待ち")
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()
    expect(outlook.frame.get_by_label("理由")).to_have_value("b")


def test_a_change_under_a_question_waits_until_the_question_is_gone(outlook: Outlook) -> None:
    opened(outlook)
    outlook.frame.get_by_role("button", name="担当する").click()
    outlook.wait_asked(2).answer(shown(REPLY, "on_top", live="t2"))
    field = outlook.frame.get_by_role("textbox", name="本文")
    field.fill("書きかけの返信")
    outlook.wait_waiting(2)
    changes(outlook, 2)
    outlook.page.wait_for_timeout(1_500)
    assert len(outlook.asked) == 2
    expect(field).to_have_value("書きかけの返信")
    outlook.frame.get_by_role("button", name="戻る").click()
    outlook.wait_asked(3).answer(shown(TAKEN, live="t3"))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()


def test_a_reply_being_written_waits_while_another_mail_is_looked_at(outlook: Outlook) -> None:
    opened(outlook)
    outlook.frame.get_by_role("button", name="担当する").click()
    outlook.wait_asked(2).answer(shown(REPLY, "on_top"))
    outlook.frame.get_by_role("textbox", name="本文").fill("書きかけの返信")
    outlook.select(INVOICE)
    outlook.wait_asked(3).answer(shown(message(INVOICE)))
    expect(outlook.frame.get_by_role("heading", name="請求書の件のカード")).to_be_visible()
    outlook.select(DELAY)
    outlook.wait_asked(4).answer(shown(FREE))
    outlook.frame.get_by_role("button", name="担当する").click()
    outlook.wait_asked(5).answer(shown(REPLY, "on_top"))
    expect(outlook.frame.get_by_role("textbox", name="本文")).to_have_value("書きかけの返信")


def test_a_text_that_the_service_writes_anew_at_the_agents_wish_replaces_what_was_typed(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    field = outlook.frame.get_by_role("textbox", name="本文")
    field.fill("書きかけ")
    outlook.frame.get_by_role("button", name="返信を開く").click()
    other = card("返信", Section((Field("reply_text", "本文", "別のひな形", multiline=True),)))
    outlook.wait_asked(2).answer(shown(other))
    expect(field).to_have_value("別のひな形")


def test_the_new_holder_is_said_aloud_and_the_passing_of_time_is_not(outlook: Outlook) -> None:
    opened(outlook)
    spoken = outlook.frame.get_by_role("status").last
    changes(outlook)
    outlook.wait_asked(2).answer(shown(message(DELAY, state("対応中・佐藤 美咲 (59分前から)"), NOTE), live="t2"))
    expect(spoken).to_have_text("対応中・佐藤 美咲 (59分前から)")
    changes(outlook, 2)
    outlook.wait_asked(3).answer(shown(message(DELAY, state("対応中・佐藤 美咲 (1時間前から)"), NOTE), live="t3"))
    expect(drawn(outlook, "(1時間前から)")).to_be_visible()
    expect(spoken).not_to_contain_text("1時間前")


def test_offline_says_of_when_the_card_is_and_keeps_it_with_what_was_typed(outlook: Outlook) -> None:
    opened(outlook)
    outlook.wait_waiting(1)
    note = outlook.frame.get_by_role("textbox", name="メモ")
    note.fill("書きかけ")
    outlook.page.context.set_offline(True)
    line = outlook.frame.get_by_role("status").filter(has_text="オフラインです。")
    expect(line).to_be_visible()
    expect(line).to_contain_text("時点の内容を表示しています。")
    expect(note).to_have_value("書きかけ")
    assert outlook.complaints() == []
    outlook.page.context.set_offline(False)
    outlook.wait_asked(2).answer(shown(TAKEN, live="t2"))
    expect(line).to_be_hidden()
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()
    expect(note).to_have_value("書きかけ")


def test_a_service_that_starts_again_is_found_again(outlook: Outlook) -> None:
    opened(outlook)
    outlook.wait_waiting(1).drop()
    second = outlook.wait_waiting(2)
    second.drop()
    changes(outlook, 3)
    outlook.wait_asked(2).drop()
    outlook.wait_asked(3).drop()
    line = outlook.frame.get_by_role("status").filter(has_text="サービスに接続できません。")
    expect(line).to_be_visible()
    expect(outlook.frame.get_by_role("alert")).to_be_hidden()
    outlook.wait_asked(4).answer(shown(TAKEN, live="t2"))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()
    expect(line).to_be_hidden()


def test_a_service_in_trouble_does_not_take_the_card_away_by_itself(outlook: Outlook) -> None:
    opened(outlook)
    changes(outlook)
    outlook.wait_asked(2).answer(shown(card("問題", Section((Notice("混み合っています。", Tone.DANGER),)))), 503)
    outlook.page.wait_for_timeout(300)
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    outlook.wait_asked(3).answer(shown(TAKEN))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()


def test_a_first_look_that_failed_is_tried_again_by_itself(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).drop()
    expect(outlook.frame.get_by_role("alert")).to_contain_text("サービスに接続できませんでした。")
    outlook.wait_asked(2).answer(shown(FREE))
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    expect(outlook.frame.get_by_role("alert")).to_be_hidden()


def test_without_live_changes_the_pane_looks_once_a_minute(outlook: Outlook) -> None:
    outlook.page.clock.install()
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(FREE))
    expect(drawn(outlook, "未対応")).to_be_visible()
    outlook.page.clock.fast_forward(50_000)
    outlook.page.wait_for_timeout(300)
    assert len(outlook.asked) == 1
    outlook.page.clock.fast_forward(15_000)
    outlook.wait_asked(2).answer(shown(TAKEN))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()


def test_after_a_days_sleep_the_pane_looks_again_with_a_fresh_token(outlook: Outlook) -> None:
    outlook.page.clock.install()
    opened(outlook)
    outlook.wait_waiting()
    outlook.token = lambda _method: granted(access_token("today"))
    outlook.page.clock.fast_forward("24:00:00")
    again = outlook.wait_asked(2)
    assert again.authorization == f"Bearer {access_token('today')}"
    again.answer(shown(TAKEN, live="t2"))
    expect(drawn(outlook, "対応中 佐藤 美咲")).to_be_visible()


def test_sign_in_that_ran_out_is_said_once_and_nothing_is_asked_until_the_agent_acts(outlook: Outlook) -> None:
    outlook.page.clock.install()
    opened(outlook)
    outlook.wait_waiting(1)
    outlook.token = lambda method: refused("USER_INTERACTION_REQUIRED" if method == "GetToken" else "USER_CANCEL")
    outlook.waiting[0].answer({}, 401)
    expect(outlook.frame.get_by_role("alert")).to_contain_text("続けるにはサインインしてください。")
    assert {method for method, _ in outlook.tokens} == {"GetToken"}, "a window came by itself"
    asked = len(outlook.tokens)
    outlook.page.clock.fast_forward(70_000)
    outlook.page.wait_for_timeout(500)
    assert len(outlook.tokens) == asked
    expect(drawn(outlook, "未対応")).to_be_visible()
    outlook.token = lambda _method: granted(access_token("new"))
    outlook.frame.get_by_role("button", name="サインイン").click()
    outlook.wait_asked(2).answer(shown(TAKEN, live="t2"))
    expect(outlook.frame.get_by_role("alert")).to_be_hidden()


def test_a_storm_of_changes_is_looked_at_once_a_second(outlook: Outlook) -> None:
    outlook.service = lambda asked: asked.answer(shown(FREE, live=f"t{len(outlook.asked)}"))
    outlook.open(DELAY)
    for number in range(1, 4):
        changes(outlook, number)
    outlook.page.wait_for_timeout(500)
    assert len(outlook.asked) <= 4

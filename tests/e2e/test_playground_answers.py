"""Suggested answers in the playground's two clients: marked, proposed, checked, inserted, learned from, taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.playground import Playground, Side, complaints, photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]


FIRST = "パスワードの再設定"
OTHER = "アカウントロックの解除"


def order(side: Side) -> list[str]:
    """The two suggestions of the mail, in their order."""
    side.shows("おすすめの返信", FIRST, OTHER)
    lines = side.card.inner_text().partition("おすすめの返信")[2].splitlines()
    return list(dict.fromkeys(line for line in lines if line in {FIRST, OTHER}))


def ready(side: Side) -> None:
    """Wait until the mail has been read: Outlook's card fills in by itself, Gmail's when it is refreshed."""
    for _ in range(40):
        if side.card.get_by_role("button", name="直す").count():
            return
        if side.name == "gmail":
            side.presses("更新")
        side.page.wait_for_timeout(500)


def letter(side: Side) -> str:
    """What stands in the window in which the reply is written."""
    return side.window.locator(".compose-text").input_value()


@pytest.mark.parametrize("name", ["gmail", "outlook"])
def test_an_upset_customers_mail_is_answered_from_the_first_suggestion(playground: Playground, name: str) -> None:
    side = playground.left if name == "gmail" else playground.right
    side.opens("替刃")
    ready(side)
    side.shows("ご不満の可能性", "おすすめの返信", "お詫びの型で")
    assert complaints(playground.page) == []
    side.presses("直す")
    field = side.card.get_by_label("文面")
    text = field.input_value()
    assert "申し訳" in text[:200]
    field.fill(text.replace("中村 浩 様", "中村 弘 様"))

    side.presses("下書きを作成" if name == "gmail" else "返信フォームに入れる")
    side.shows("お客様の名前の表記が違います")
    expect(side.window).to_have_count(0)  # nothing was made of it
    assert "中村 弘 様" in side.card.get_by_label("文面").input_value()  # and nothing is lost
    photograph(playground.page, f"answer-stopped-{name}")
    assert complaints(playground.page) == []

    side.card.get_by_role("button", name="置き換える").first.click()
    side.settles()
    expect(side.card.get_by_label("文面")).to_have_value(re.compile("^中村 浩 様"))
    side.presses("下書きを作成" if name == "gmail" else "返信フォームに入れる")
    expect(side.window).to_be_visible()
    assert letter(side).startswith("中村 浩 様")
    side.shows("取り消す")
    if name == "gmail":
        side.presses("手放す")  # for the colleague in the other client


def test_another_choice_made_twice_comes_first_until_it_is_taken_back(playground: Playground) -> None:
    left = playground.left
    left.opens("ログインできません")
    ready(left)
    assert order(left) == [FIRST, OTHER]
    for _ in range(2):
        if order(left)[0] == OTHER:
            left.presses("直す")  # the first one has its buttons
        else:
            left.card.get_by_role("button", name=OTHER).first.click()
            left.settles()
        left.presses("下書きを作成")
        expect(left.window).to_be_visible()
        left.window.get_by_role("button", name="閉じる").click()
        left.opens("領収書")
        left.opens_received("ログインできません")
    assert order(left) == [OTHER, FIRST]
    for _ in range(2):
        left.presses("取り消す")
    expect(left.card).not_to_contain_text("取り消す")
    assert order(left) == [FIRST, OTHER]

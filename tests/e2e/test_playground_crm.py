"""The team's CRM in the playground's two clients: what it knows, who is meant, a mail recorded once, and a CRM that is dead."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.playground import Playground, complaints, photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_crm_is_seen_chosen_from_and_written_into_once_in_both_clients(playground: Playground) -> None:
    left, right = playground.left, playground.right

    right.opens("替刃")
    right.shows("青葉ケア プラス", "¥9,840,000", "未解決の苦情", "GM-5替刃が届かない")  # it comes by itself
    assert complaints(playground.page) == []
    left.opens("替刃")
    left.shows("青葉ケア プラス", "¥9,840,000", "未解決の苦情", "CRMに記録")
    photograph(playground.page, "crm")

    left.presses("CRMに記録")
    right.shows("佐藤", "記録しました")
    expect(right.card.get_by_role("button", name="CRMに記録")).to_have_count(0)
    right.presses("取り消す")
    expect(right.card.get_by_role("button", name="CRMに記録")).to_be_visible()

    right.opens("領収書")
    right.shows("どの記録がこの方ですか", "アドレスが一致")
    right.card.get_by_role("button", name="この人です").last.click()
    right.shows("別の人です")
    left.opens("領収書")
    left.shows("個人（若葉台店）", "別の人です")
    left.presses("別の人です")
    right.shows("個人（オンラインショップ）")  # the other one is all that is left

    playground.page.get_by_role("button", name="停止", exact=True).click()
    right.opens("Descaling")
    right.shows("担当する", "顧客管理 (kintone)")
    expect(right.card).not_to_contain_text("Aoba Care Basic")
    right.opens("替刃")
    right.shows("青葉ケア プラス")  # what was known stays
    assert complaints(playground.page) == []

"""Choosing among records, logging and making things in a CRM, and the one timeline of mails and dealings."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cards.model import Action, Button, Buttons, Card, Entry, Icon, Link, Row, Text, Timeline
from server.domain.conversation import View
from server.domain.crm import Candidate, CrmRef, Errand, Item, Reason, Sight
from server.domain.outcomes import Ask, HistoryPage, Seen
from server.screens.gallery import NOW, outcomes
from tests.screens.drawing import buttons, drawn, field, lines, section, state
from tests.screens.test_panel import found

DAY = 86_400_000


def view(name: str) -> View:
    outcome, _ = outcomes()[name]
    assert isinstance(outcome, Seen | Ask | HistoryPage)
    return outcome.view


def redrawn(name: str, changed: View) -> Card:
    outcome, viewer = outcomes()[name]
    assert isinstance(outcome, Seen | Ask | HistoryPage)
    return drawn(replace(outcome, view=changed), viewer)


def choices(card: Card) -> list[Row]:
    return [
        one
        for one in section(card, "customer").blocks
        if isinstance(one, Row) and one.button and one.button.target == action_of(one.button, "crm_link")
    ]


def action_of(button: Button, name: str) -> Action | None:
    return button.target if isinstance(button.target, Action) and button.target.name == name else None


def labels(card: Card) -> list[str]:
    return [one.label for one in buttons(card)]


def entries(card: Card, name: str = "history") -> list[list[Entry]]:
    return [list(one.entries) for one in section(card, name).blocks if isinstance(one, Timeline)]


def test_several_records_are_listed_with_their_reasons_and_none_is_shown() -> None:
    card = state("crm-candidates")
    assert [(row.above, row.text) for row in choices(card)] == [
        ("アドレスが一致", "田中 太郎"),
        ("アドレスが一致", "田中 太郎 (購買)"),
        ("別のアドレスが一致", "Taro Tanaka"),
    ]
    button = choices(card)[1].button
    assert button == Button(
        "この人です", Action("crm_link", {"connection": "hubspot", "kind": "contact", "record": "2"})
    )
    assert "ほかの記録 2件" in labels(card)
    assert "CRMに記録" not in labels(card)


def test_beside_records_to_choose_from_a_new_contact_is_not_what_is_offered_first() -> None:
    verbs = [one for one in section(state("crm-candidates"), "customer").blocks if isinstance(one, Buttons)]
    assert [one for row in verbs for one in row.items if one.label == "連絡先を作成"] == []
    assert "連絡先を作成" in labels(state("crm-candidates"))


def test_a_shared_account_names_who_chooses() -> None:
    row = choices(state("crm-candidates-shared-account"))[0]
    assert row.button
    assert row.button.needs == ("acting_as",)


def test_a_record_that_was_taken_off_can_be_linked_again_at_one_click() -> None:
    card = state("crm-taken-off")
    assert "この記録は外されています。" in " ".join(lines(card, "customer"))
    assert [row.button.label for row in choices(card) if row.button] == ["リンクし直す"]


def test_the_shown_record_can_be_taken_off_at_one_click() -> None:
    wrong = next(one for one in buttons(state("crm-full")) if one.label == "別の人です")
    assert wrong.target == Action("crm_unlink", {"connection": "hubspot", "kind": "contact", "record": "1"})


def test_where_only_the_company_is_known_a_namesake_is_proposed_and_a_contact_can_be_made() -> None:
    card = state("crm-company")
    assert [(row.above, row.text) for row in choices(card)] == [("同じ会社の同じ名前", "田中 太郎")]
    assert {"別の会社です", "連絡先を作成", "CRMに記録"} <= set(labels(card))


def test_all_records_stand_on_a_card_of_their_own_the_shown_one_first() -> None:
    card = state("ask-crm-records")
    rows = [one for one in section(card, "crm_records").blocks if isinstance(one, Row)]
    assert (rows[0].above, rows[0].text, rows[0].button) == ("表示中", "田中 太郎", None)
    assert len(rows) == 5
    assert "ほかに記録はありません。" in lines(state("ask-crm-records-none"), "crm_records")


def test_a_mail_is_logged_by_one_click_with_or_without_its_files() -> None:
    found_buttons = {one.label: one.target for one in buttons(state("crm-full"))}
    assert found_buttons["CRMに記録"] == Action("crm_log", {"connection": "hubspot", "files": ""})
    assert found_buttons["添付ファイルも含めて記録"] == Action("crm_log", {"connection": "hubspot", "files": "1"})


def test_only_an_open_mail_of_somebody_known_can_be_logged() -> None:
    without = redrawn("crm-full", replace(view("crm-full"), message=None))
    assert "CRMに記録" not in labels(without)
    assert "問い合わせを作成" not in labels(without)
    assert "CRMに記録" not in labels(state("crm-unknown"))


@pytest.mark.parametrize(
    ("name", "words", "button"),
    [
        ("crm-logged-by-colleague", "佐藤さんが3分前に HubSpot へ記録しました", "取り消す"),
        ("crm-logged-by-me", "あなたが3分前に HubSpot へ記録しました", "取り消す"),
        ("crm-logging", "HubSpot に記録しています", "更新"),
        ("crm-unlogging", "HubSpot の記録を取り消しています", None),
        (
            "crm-unlog-failed",
            (
                "あなたが3分前に HubSpot へ記録しました / 取り消せませんでした。"
                " HubSpot にアクセスを断られました。管理者に接続の確認を依頼してください。"
            ),
            "取り消す",
        ),
        (
            "crm-log-failed",
            "HubSpot にメールを記録できませんでした。 / HubSpot にアクセスを断られました。管理者に接続の確認を依頼してください。",
            "もう一度",
        ),
        (
            "crm-log-unsure",
            "HubSpot にメールが記録されたか分かりません。 / HubSpot で確かめてから、もう一度お試しください。",
            "もう一度",
        ),
    ],
)
def test_everybody_sees_what_became_of_the_logging(name: str, words: str, button: str | None) -> None:
    card = state(name)
    rows = [one for one in section(card, "customer").blocks if isinstance(one, Row)]
    row = next(one for one in rows if " / ".join(filter(None, (one.text, one.below))) == words)
    assert (row.button.label if row.button else None) == button
    assert "CRMに記録" not in labels(card)


def test_what_was_made_is_shown_with_the_way_to_it_and_is_not_offered_again() -> None:
    card = state("crm-created")
    rows = [one for one in section(card, "customer").blocks if isinstance(one, Row)]
    made = next(one for one in rows if one.below == "納品日の前倒し")
    assert made.text == "あなたが3分前に HubSpot に問い合わせを作成しました"
    assert made.button
    assert isinstance(made.button.target, Link)
    assert not {"問い合わせを作成", "商談を作成"} & set(labels(card))


def test_what_was_not_made_can_be_tried_again() -> None:
    again = [one for one in buttons(state("crm-create-failed")) if one.label == "もう一度"]
    assert [one.target for one in again] == [
        Action("ask", {"what": "crm_ticket"}),
        Action("ask", {"what": "crm_deal"}),
    ]


def test_an_errand_of_another_crm_is_not_shown_here() -> None:
    stray = Errand(connection="gone", kind="log", by="sato", at=NOW, state="done")
    seen = view("crm-full")
    assert seen.crm
    assert redrawn("crm-full", replace(seen, crm=replace(seen.crm, errands=(stray,)))) == state("crm-full")


def test_a_ticket_is_asked_for_with_the_mails_subject() -> None:
    card = state("ask-crm-ticket")
    assert field(card, "title").value == "コーヒー豆(定期便)の納品日について"
    create = next(one for one in buttons(card) if one.label == "HubSpot に作成")
    assert create.target == Action("crm_create", {"connection": "hubspot", "what": "ticket"})
    assert (create.needs, create.filled) == (("title",), True)


def test_a_contact_is_asked_for_with_what_is_known() -> None:
    card = state("ask-crm-contact")
    assert (field(card, "name").value, field(card, "company").value) == ("田中 太郎", "みどり食品株式会社")


def test_what_had_been_typed_comes_back_on_the_card() -> None:
    outcome, viewer = outcomes()["ask-crm-deal"]
    assert isinstance(outcome, Ask)
    card = drawn(replace(outcome, form={"title": "別件", "amount": "12万"}), viewer)
    assert (field(card, "title").value, field(card, "amount").value) == ("別件", "12万")


def test_where_nothing_can_be_made_the_card_says_so() -> None:
    assert labels(state("ask-crm-ticket-gone")) == ["やめる"]


def test_mails_and_dealings_are_one_timeline_with_what_is_open_first() -> None:
    card = state("crm-full")
    opened, newest, *_ = entries(card)
    assert [(one.title, one.icon) for one in opened] == [
        ("新店舗 3店分の定期便", Icon.DEAL),
        ("納品数が違う", Icon.WARNING),
    ]
    assert opened[1].detail.startswith("苦情 · 対応中 · ")
    assert [one.icon for one in newest] == [Icon.OUTGOING, Icon.ORDER, Icon.ACTIVITY]
    assert newest[1].detail == "注文 · 出荷済 · ¥86,400 · 11月11日(水)"


def test_somebody_without_mails_has_a_history_of_dealings() -> None:
    card = state("crm-leaving")
    assert [one.title for one in entries(card)[0]] == ["納品数が違う"]


def test_a_long_list_is_cut_and_leads_to_all_of_it() -> None:
    card = state("crm-long")
    assert sum(map(len, entries(card))) <= 5 + 12 + 12
    further = next(one for one in buttons(card) if one.label == "さらに表示")
    assert further.target == Action("history", {"cursor": ""})


def test_the_pages_of_the_history_share_the_dealings_among_them() -> None:
    items = tuple(Item("order", f"o{day}", f"{day}", NOW - day * DAY) for day in range(2, 40, 2))
    seen = view("crm-history")
    rows = seen.history[:10]
    pages = [
        (replace(seen, crm=Sight((found(items=items),)), history=history, more=more), before)
        for history, more, before in (
            (rows[:2], "p1", 0),
            (rows[2:3], "p2", rows[1].conversation.active),
            (rows[3:4], "", rows[2].conversation.active),
        )
    ]
    titles = [
        one.title
        for page, before in pages
        for one in entries(drawn(HistoryPage(page, before), outcomes()["crm-history"][1]))[0]
        if one.icon is Icon.ORDER
    ]
    assert titles == [item.title for item in items]


def test_a_page_names_where_the_next_one_begins() -> None:
    further = next(one for one in buttons(state("crm-history")) if one.label == "さらに表示")
    oldest = min(row.conversation.active for row in view("crm-history").history if row.of == "person")
    assert further.target == Action("history", {"cursor": "p9", "before": str(oldest)})


def test_a_candidate_without_a_name_shows_its_address() -> None:
    seen = view("crm-candidates")
    assert seen.crm
    one = Candidate(CrmRef("hubspot", "lead", "5"), addresses=("x@midori.example",), reason=Reason.ALIAS)
    entry = replace(
        seen.crm.entries[0], candidates=(one, replace(one, ref=CrmRef("hubspot", "lead", "6"), addresses=()))
    )
    card = redrawn("crm-candidates", replace(seen, crm=Sight((entry,))))
    assert [(row.text, row.below) for row in choices(card)] == [("x@midori.example", ""), ("(名前なし)", "")]


def test_a_label_tells_the_open_from_the_recent() -> None:
    blocks = section(state("crm-full"), "history").blocks
    assert [one.text for one in blocks if isinstance(one, Text)][:2] == ["未完了", "最近"]
    assert not isinstance(blocks[-1], Buttons)

"""The message card: the table of states, and that it says only what there is."""

from __future__ import annotations

from itertools import chain

import pytest
from msgspec.structs import replace

from cards.model import Action, Button, Buttons, Card, Choice, Field, Notice, Row, Section, Show, Text, Timeline
from server.domain.conversation import Customer, HistoryRow, Note, Presence, View
from server.domain.events import Place
from server.domain.outcomes import Outcome, Refusal, Refused, Seen
from server.domain.workspace import Viewer
from server.screens import show
from server.screens.gallery import NOW, SATO, SHARED, SUZUKI, outcomes, standard

TOKYO = Place("ja", "Asia/Tokyo")
MINUTE = 60_000


def drawn(outcome: Outcome, viewer: Viewer | None = SATO, place: Place = TOKYO) -> Card:
    effect = show(outcome, viewer, place)
    assert isinstance(effect, Show)
    return effect.card


def state(name: str, language: str = "ja") -> Card:
    outcome, viewer = outcomes()[name]
    return drawn(outcome, viewer, Place(language, "Asia/Tokyo"))


def view_of(name: str) -> View:
    outcome, _ = outcomes()[name]
    assert isinstance(outcome, Seen)
    return outcome.view


def section(card: Card, name: str) -> Section:
    return next(one for one in card.plain if one.id == name)


def verbs(card: Card) -> Buttons:
    return next(block for block in section(card, "steps").blocks if isinstance(block, Buttons))


def lines(card: Card, name: str = "state") -> list[str]:
    return [block.text for block in section(card, name).blocks if isinstance(block, Row | Text | Notice)]


def buttons(card: Card) -> list[Button]:
    blocks = chain.from_iterable(one.blocks for one in card.plain)
    return [button for block in blocks if isinstance(block, Buttons) for button in (*block.items, *block.menu)]


@pytest.mark.parametrize(
    ("name", "filled", "beside", "first_of_menu"),
    [
        ("free", "担当する", ["返信を作成"], ["割り当てる", "保留にする"]),
        ("expired", "担当する", ["返信を作成"], ["割り当てる", "保留にする"]),
        ("held", "担当する", ["返信を作成"], ["割り当てる", "保留を解く"]),
        ("mine", "返信を作成", ["完了にする"], ["手放す", "引き渡す", "保留にする"]),
        ("mine-drafting", "完了にする", ["返信を作成"], ["手放す", "引き渡す", "保留にする"]),
        ("colleague", "", ["メモを残す"], ["引き継ぐ"]),
        ("colleague-seen-by-lead", "", ["メモを残す"], ["引き継ぐ", "担当を外す"]),
        ("done", "再開する", [], ["タグを付ける"]),
        ("shared-account", "担当する", ["返信を作成"], ["割り当てる"]),
        ("shared-account-held", "", ["返信を作成", "完了にする"], ["手放す", "引き渡す", "引き継ぐ"]),
    ],
)
def test_each_state_offers_its_next_step(name: str, filled: str, beside: list[str], first_of_menu: list[str]) -> None:
    row = verbs(state(name))
    assert [button.label for button in row.items if button.filled] == ([filled] if filled else [])
    assert [button.label for button in row.items if not button.filled] == beside
    assert [button.label for button in row.menu][: len(first_of_menu)] == first_of_menu


def test_only_a_lead_may_end_a_colleagues_claim() -> None:
    assert Action("release", {"others": "1"}) not in [button.target for button in buttons(state("colleague"))]
    assert Action("release", {"others": "1"}) in [button.target for button in buttons(state("colleague-seen-by-lead"))]


def test_a_colleagues_conversation_cannot_be_answered_or_closed() -> None:
    targets = [button.target for button in buttons(state("colleague"))]
    names = {target.name for target in targets if isinstance(target, Action)}
    assert not names & {"take", "start_reply", "status", "hold", "release"}


def test_the_menu_has_the_workspaces_own_priorities_but_not_the_one_it_has() -> None:
    labels = [button.label for button in verbs(state("standard")).menu]
    assert "優先度: 後で返信" in labels
    assert "優先度: 至急対応" not in labels
    assert "優先度を外す" in labels


def test_parts_can_be_taken_apart_only_where_there_are_any() -> None:
    ask = Action("ask", {"what": "unmerge"})
    assert ask in [button.target for button in verbs(state("parts")).menu]
    assert ask not in [button.target for button in verbs(state("free")).menu]


@pytest.mark.parametrize(
    ("name", "language", "line"),
    [
        ("free", "ja", "未対応 · 担当者なし"),
        ("free", "en", "To do · nobody has it yet"),
        ("mine", "ja", "対応中 · あなた (3分前から)"),
        ("colleague", "ja", "対応中 · 鈴木 健太 (3分前から)"),
        ("colleague", "en", "In progress · 鈴木 健太 (3 min ago)"),
        ("done", "ja", "対応済 · 鈴木 健太 (昨日 18:32に完了)"),
        ("done", "en", "Done · 鈴木 健太 (closed yesterday at 18:32)"),
        ("held", "ja", "保留: お客様の返事待ち · 割り当て: 佐藤 美咲"),
    ],
)
def test_one_line_says_status_and_holder(name: str, language: str, line: str) -> None:
    outcome, viewer = outcomes()[name]
    viewer = SUZUKI if name == "held" else viewer
    assert lines(drawn(outcome, viewer, Place(language, "Asia/Tokyo")))[0] == line


@pytest.mark.parametrize(
    ("name", "language", "line"),
    [
        ("overdue", "ja", "至急対応 · 返信期限 10:00 (32分超過)"),
        ("overdue", "en", "Urgent · due 10:00 (32 min overdue)"),
        ("due-soon", "ja", "返信期限 11:12 (あと40分)"),
        ("standard", "ja", "至急対応 · 返信期限 14:30 (あと3時間58分)"),
        ("colleague-replying", "ja", "鈴木さんが返信中 · 2分前"),
        ("colleague-replying", "en", "Emma Clarke viewing · 20 s ago"),
        ("busy", "ja", "鈴木さん、高橋さん、Emma Clarkeさん、ほか1人が閲覧中 · 1分前"),
        ("busy", "en", "鈴木 健太, 高橋 葵, Emma Clarke and 1 other viewing · 1 min ago"),
    ],
)
def test_urgency_and_colleagues_have_their_lines(name: str, language: str, line: str) -> None:
    assert line in lines(state(name, language))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("expired", "高橋さんの担当は10:02に期限切れになりました。"),
        ("expired-mine", "あなたの担当は10:02に期限切れになりました。"),
        (
            "told",
            "鈴木さんが10:18にあなたの担当を引き継ぎました。理由:「佐藤さんが会議中で、お客様がお急ぎのため」",
        ),
        ("claim-ended-by-lead", "佐藤さんが10:18にあなたの担当を外しました。"),
        ("handed-to-me", "鈴木さんから引き渡しがありました。「英語のお客様のためお願いします」"),
        (
            "fingerprinted",
            "このメールには固有の番号 (Message-ID) がないため、ほかの写しと同じものと分からないことがあります。",
        ),
        ("automatic-reply", "このメールは自動返信です。"),
        ("delivery-report", "このメールは配信エラーの通知です。"),
        ("failed-with-view", "メールボックスからメールを読み込めませんでした。"),
    ],
)
def test_what_must_be_seen_comes_first(name: str, sentence: str) -> None:
    card = state(name)
    assert card.plain[0].id == "notices"
    assert lines(card, "notices")[0].startswith(sentence)


def test_a_claim_that_ran_out_unnoticed_is_shown_as_expired() -> None:
    view = view_of("colleague")
    late = replace(view, now=NOW + 28 * MINUTE)
    card = drawn(Seen(late))
    assert lines(card, "notices") == ["鈴木さんの担当は10:59に期限切れになりました。"]
    assert [button.label for button in verbs(card).items] == ["担当する", "返信を作成"]


def test_the_header_names_the_customer_with_reading_company_and_role() -> None:
    header = state("free").header
    assert (header.title, header.subtitle) == ("田中 太郎 様", "たなか たろう · みどり食品株式会社 · 購買課 課長")
    assert state("free", "en").header.title == "田中 太郎"


def test_somebody_unknown_is_their_address_and_said_to_be_new() -> None:
    header = state("unknown-customer").header
    assert (header.title, header.subtitle) == ("sasaki@hinata.example", "はじめてのお客様")
    assert state("first-time-customer").header.subtitle == "hinata.example · はじめてのお客様"


def test_somebody_whom_the_team_has_described_is_not_called_new() -> None:
    view = view_of("first-time-customer")
    assert view.customer is not None
    known = replace(view, customer=replace(view.customer, edited=True))
    assert "はじめて" not in drawn(Seen(known)).header.subtitle


def test_internal_mail_has_no_customer_section() -> None:
    card = state("internal")
    assert card.header.title == "社内のメール"
    assert "customer" not in [one.id for one in card.plain]


def test_a_bare_conversation_draws_nothing_empty() -> None:
    assert [one.id for one in state("unknown-customer").plain] == ["state", "steps", "customer", "notes", "foot"]


def test_a_conversation_reached_by_a_row_says_its_subject_and_lies_on_top() -> None:
    outcome, viewer = outcomes()["reached-by-row"]
    effect = show(outcome, viewer, TOKYO)
    assert isinstance(effect, Show)
    assert effect.place.value == "on_top"
    assert lines(effect.card)[0] == view_of("free").conversation.subject


def test_history_says_way_subject_who_status_and_when() -> None:
    blocks = section(state("standard"), "history").blocks
    first = blocks[0]
    assert isinstance(first, Timeline)
    assert len(first.entries) == 3
    entry = first.entries[0]
    assert (entry.title, entry.detail, entry.icon.value) == (
        "請求書の宛名変更のお願い",
        "鈴木 · 対応済 · 11月12日(木)",
        "outgoing",
    )
    assert entry.target == Action("peek", {"conversation": "c10"})
    further = blocks[-1]
    assert isinstance(further, Buttons)
    assert further.items[0].target == Action("history", {"cursor": "p1"})


def test_a_note_that_names_the_viewer_is_marked() -> None:
    rows = [block for block in section(state("free"), "notes").blocks if isinstance(block, Row)]
    assert [row.icon.value for row in rows if row.icon] == ["mention", "note", "note"]


def test_there_is_one_place_to_write_a_note_whoever_has_it() -> None:
    for name in ("free", "mine", "colleague", "done", "shared-account"):
        fields = [block for one in state(name).plain for block in one.blocks if isinstance(block, Field)]
        assert [field.name.partition(".")[0] for field in fields] == ["note"], name


def test_the_field_is_a_new_one_once_the_agents_own_note_is_saved() -> None:
    """Hosts keep what stands in a field of the same name: my saved note must go, my half-typed one must stay."""

    def name(view: View) -> str:
        blocks = (block for one in drawn(Seen(view)).plain for block in one.blocks)
        return next(block.name for block in blocks if isinstance(block, Field))

    view = view_of("free")
    mine, theirs = Note("n4", "sato", NOW, "確認しました"), Note("n5", "suzuki", NOW, "こちらも確認しました")
    assert name(replace(view, notes=(mine, *view.notes[:2]))) != name(view)
    assert name(replace(view, notes=(theirs, mine))) == name(replace(view, notes=(mine,)))
    assert name(replace(view, notes=())) == "note"


def test_what_was_typed_stays_when_nothing_was_changed() -> None:
    for name, text in (("refused-held", "在庫は確認済みです"), ("refused-too-old", "昨日のうちに書いたメモ")):
        fields = [block for one in state(name).plain for block in one.blocks if isinstance(block, Field)]
        assert [field.value for field in fields] == [text]


def test_a_shared_account_must_name_the_person_for_every_change() -> None:
    card = state("shared-account")
    choice = next(block for block in section(card, "steps").blocks if isinstance(block, Choice))
    assert choice.name == "acting_as"
    assert "佐藤 美咲" in [option.label for option in choice.options]
    for button in buttons(card):
        assert isinstance(button.target, Action)
        reads = button.target.name in {"show", "home", "history", "timeline", "peek"}
        assert ("acting_as" in button.needs) is not reads, button.label


def test_the_person_chosen_stays_chosen() -> None:
    refused = Refused(Refusal.STALE, view_of("free"), {"acting_as": "suzuki"})
    choice = next(block for block in section(drawn(refused, SHARED), "steps").blocks if isinstance(block, Choice))
    assert [option.value for option in choice.options if option.selected] == ["suzuki"]


def test_only_gmail_says_how_old_the_card_is() -> None:
    assert lines(state("free"), "foot") == ["10:32 時点"]
    assert lines(state("free-outlook"), "foot") == []


def test_language_and_clock_are_the_agents_else_the_workspaces() -> None:
    outcome = Seen(view_of("overdue"))
    assert "10:00" in lines(drawn(outcome, SATO, Place()))[1]
    assert "1:00" in lines(drawn(outcome, SATO, Place("en", "UTC")))[1]
    assert "10:00" in lines(drawn(outcome, SATO, Place("en", "Nowhere/At_all")))[1]


def test_a_colleague_who_is_in_no_directory_has_no_id_on_the_card() -> None:
    view = replace(standard(), present=(Presence("p-93a1", "viewing", NOW),))
    assert "以前の担当者が閲覧中 · 1秒前" in lines(drawn(Seen(view)))


def test_two_colleagues_of_one_family_name_are_called_by_their_whole_names() -> None:
    workspace = SATO.workspace
    other = replace(workspace.people[1], id="suzuki2", name="鈴木 花")
    viewer = replace(SATO, workspace=replace(workspace, people=(*workspace.people, other)))
    assert "鈴木 健太さんが返信中 · 2分前" in lines(drawn(Seen(view_of("colleague-replying")), viewer))


def test_a_customer_without_a_name_keeps_the_address_and_gets_no_honorific() -> None:
    view = replace(standard(), customer=Customer("k1", addresses=("tanaka@midori.example",)))
    assert drawn(Seen(view)).header.title == "tanaka@midori.example"


def test_the_companys_history_is_open_when_the_person_has_none() -> None:
    """A heading alone above a fold says nothing."""
    view = view_of("free")
    rows = tuple(HistoryRow(replace(view.conversation, id=f"c{n}"), "company") for n in range(2, 9))
    history = section(drawn(Seen(replace(view, history=rows, more=""))), "history")
    assert (history.collapsible, history.shown) == (True, 2)
    assert [len(block.entries) for block in history.blocks if isinstance(block, Timeline)] == [3, 4]

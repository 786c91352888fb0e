"""What is proposed for the open mail, and what was understood of it."""

from __future__ import annotations

from typing import Literal

import pytest
from msgspec.structs import replace

from cards.model import Action, Icon, Row, Text, Timeline, Tone
from server.domain.conversation import Claim, View
from server.domain.events import Place
from server.domain.outcomes import Done, Outcome, Seen, Waiting
from server.domain.suggestion import Suggestion, Suggestions
from server.screens import show
from server.screens.gallery import NOW, SATO, SHARED, SUZUKI, outcomes
from server.screens.queue_page import overview, voice_of
from tests.screens.drawing import asked, blocks, buttons, drawn, ids, lines, section, state

MINUTE = 60_000


def view_of(name: str) -> View:
    outcome: Outcome = outcomes()[name][0]
    assert isinstance(outcome, Seen)
    return outcome.view


def test_suggestions_stand_directly_below_the_steps_and_last() -> None:
    card = state("suggestions")
    names = ids(card)
    assert names[names.index("suggestions") - 1] == "steps"
    assert section(card, "suggestions").lasting


def test_the_first_is_open_with_its_reason_three_lines_and_two_verbs() -> None:
    first, text, *_ = section(state("suggestions"), "suggestions").blocks
    assert isinstance(first, Row)
    assert (first.text, first.below) == ("納品日の変更のご案内", "似た12件で使用 · 注文番号、商品名・型番あり")
    assert isinstance(text, Text)
    assert text.lines == 3
    assert text.text.startswith("田中 太郎 様 いつもお世話になっております。")
    labels = [(button.label, button.target) for button in buttons(state("suggestions"))]
    args = {"template": "t1", "kind": "template", "shown": "t1,t2"}
    assert ("使う", Action("start_reply", args)) in labels
    assert ("直す", Action("write", args)) in labels


def test_the_others_are_a_row_each_that_opens_the_editor() -> None:
    rows = [one for one in section(state("suggestions"), "suggestions").blocks if isinstance(one, Row)][1:]
    assert [(row.text, row.below, row.one_line) for row in rows] == [
        ("お届け遅延のお詫びとお届け予定日のご案内", "似た3件で使用 · 不足: 注文番号", True),
        ("足りない情報をうかがう", "", True),
    ]
    assert [row.target for row in rows] == [
        Action("write", {"template": "t2", "kind": "template", "shown": "t1,t2"}),
        Action("write", {"kind": "clarify", "shown": "t1,t2"}),
    ]


def test_what_lacks_something_can_only_be_edited() -> None:
    card = state("suggestions-unfilled")
    assert not [one for one in asked(card, "start_reply") if "template" in one.args]
    assert "不足: 注文番号" in lines(card, "suggestions")[0]


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        ("upset", "ja", "お詫びの型で · 似た5件で使用 · 請求書番号あり"),
        ("upset", "en", "as an apology · used for 5 similar mails · invoice number given"),
        ("suggestions-unfilled", "en", "used for 3 similar mails · missing: order number"),
    ],
)
def test_the_reason_is_said_in_a_few_words(name: str, language: str, words: str) -> None:
    assert words in lines(state(name, language), "suggestions")[0]


def test_one_mail_is_one_mail() -> None:
    view = view_of("suggestions")
    once = Suggestions((Suggestion(template="t1", title="A", text="B", picks=1),))
    assert lines(drawn(Seen(replace(view, suggestions=once)), SATO, "en"), "suggestions")[0] == (
        "A / used for 1 similar mail"
    )


def test_a_gap_without_a_name_of_ours_is_said_without_showing_an_id() -> None:
    view = view_of("suggestions")
    odd = Suggestions((Suggestion(template="t1", title="A", text="B", unfilled=("x_y",), present=("z_z",)),))
    card = drawn(Seen(replace(view, suggestions=odd)))
    assert lines(card, "suggestions")[0] == "A / 未記入あり"


def test_nothing_that_fits_leaves_the_way_to_write() -> None:
    card = state("suggestions-nothing-fits")
    assert lines(card, "suggestions") == ["当てはまるひな形はまだありません"]
    assert asked(card, "write")[-1] == Action("write")


def test_only_gmail_needs_to_ask_again_for_what_is_being_prepared() -> None:
    for name, asks in (("suggestions-waiting", True), ("suggestions-waiting-outlook", False)):
        row = section(state(name), "suggestions").blocks[0]
        assert isinstance(row, Row)
        assert row.text == "おすすめを準備しています"
        assert (row.button is not None) is asks


@pytest.mark.parametrize("why", ["no_templates", "not_read"])
def test_nothing_is_drawn_where_there_is_nothing_to_say(why: Literal["no_templates", "not_read"]) -> None:
    view = replace(view_of("suggestions"), suggestions=Suggestions(why=why))
    assert "suggestions" not in ids(drawn(Seen(view)))


def test_nothing_is_proposed_to_who_cannot_answer_now() -> None:
    view = view_of("suggestions")
    theirs = Claim("suzuki", NOW - MINUTE, NOW + MINUTE, 4)
    held = replace(view, conversation=replace(view.conversation, claim=theirs))
    done = replace(view, conversation=replace(view.conversation, claim=None, status="done", kind="done"))
    by_row = replace(view, message=None)
    for one in (held, done, by_row):
        assert "suggestions" not in ids(drawn(Seen(one)))
    assert "suggestions" in ids(drawn(Seen(held), SHARED)), "the person named may well be the one who has it"
    assert "suggestions" in ids(drawn(Seen(replace(held, now=NOW + 2 * MINUTE)))), "the claim has run out"


def test_a_shared_account_names_the_person_first() -> None:
    card = state("suggestions-shared-account")
    for one in buttons(card):
        if isinstance(one.target, Action) and one.target.name in {"start_reply", "write", "unpick", "correct"}:
            assert one.needs == ("acting_as",), one.label


def test_ones_own_choice_can_be_taken_back_also_when_its_title_is_not_known() -> None:
    card = state("suggestions-picked")
    assert lines(card, "suggestions")[0] == "「納品日の変更のご案内」を使いました"
    assert asked(card, "unpick") == [Action("unpick", {"pick": "p1"})]
    assert lines(state("suggestions-picked-unknown"), "suggestions") == ["ひな形を使いました"]


def test_what_was_solved_before_is_shown_with_what_answered_it() -> None:
    (timeline,) = section(state("suggestions-similar"), "similar").blocks
    assert isinstance(timeline, Timeline)
    assert [(one.title, one.detail, one.snippet) for one in timeline.entries] == [
        ("納品日を早めたい", "鈴木 · kato@hinata.example · 11月11日(水)", "「納品日の変更のご案内」で返信"),
        (
            "定期便の前倒し",
            "佐藤 · ono@midori.example · 10月21日(水)",
            "小野様 お世話になっております。 次回分は20日にお届けいたします。",
        ),
        ("(件名なし)", "mori@hinata.example · 10月10日(土)", "前倒しは可能でしょうか。"),
    ]
    assert timeline.entries[0].target == Action("peek", {"conversation": "c21"})
    assert section(state("suggestions-similar"), "similar").lasting


def test_a_clarifying_answer_names_what_it_asks_for() -> None:
    assert lines(state("suggestions-clarify"), "suggestions")[0].startswith(
        "足りない情報をうかがう / 不足: 商品名・型番、発生した日時"
    )


def test_a_colleagues_choice_is_theirs() -> None:
    view = view_of("suggestions-picked")
    assert not asked(drawn(Seen(view), SUZUKI), "unpick")


def test_the_upset_and_the_urgent_are_shown_with_their_sentence_and_can_be_denied() -> None:
    card = state("upset")
    said = lines(card, "state")
    assert "ご不満の可能性:「3回目の連絡ですが、まだ正しい請求書が届きません。」" in said
    assert "お急ぎの可能性:「本日17時までにご回答ください。」" in said
    assert "解約・離脱の可能性があります" in said, "of an older mail the sentence is not at hand"
    assert [one.args["feeling"] for one in asked(card, "correct")] == ["dissatisfied", "urgent", "churn"]


def test_what_was_understood_matters_no_more_once_it_is_done() -> None:
    view = view_of("upset")
    done = replace(view, conversation=replace(view.conversation, claim=None, status="done", kind="done"))
    assert not asked(drawn(Seen(done)), "correct")
    assert not any("ご希望の期限" in line for line in lines(drawn(Seen(done)), "state"))


@pytest.mark.parametrize(
    ("name", "language", "line"),
    [
        ("upset", "ja", "ご希望の期限: 17:00 / 「本日17時まで」"),
        ("upset", "en", "Wanted by 17:00 / “本日17時まで”"),
        ("wanted-by-a-day", "ja", "ご希望の期限: 11月24日(火) / 「来週火曜まで」"),
    ],
)
def test_by_when_the_customer_wants_it_stands_in_our_words_and_in_theirs(name: str, language: str, line: str) -> None:
    assert line in lines(state(name, language), "state")


@pytest.mark.parametrize(("days", "word"), [(-1, "昨日"), (0, "今日"), (1, "明日"), (9, "11月29日(日)")])
def test_a_day_without_its_time_has_no_time(days: int, word: str) -> None:
    view = view_of("wanted-by-a-day")
    understood = view.reading.understood
    assert understood
    late = replace(understood.deadlines[0], at=NOW // 1000 + days * 86_400, text="")
    reading = replace(view.reading, understood=replace(understood, deadlines=(late,)))
    card = drawn(Seen(replace(view, reading=reading)))
    row = next(one for one in blocks(card) if isinstance(one, Row) and one.text.startswith("ご希望の期限"))
    assert row.text == f"ご希望の期限: {word}"
    assert (row.tone is Tone.WARNING) is (days < 0)


def test_lists_say_in_a_word_whom_they_must_not_keep_waiting() -> None:
    outcome, _ = outcomes()["home"]
    assert isinstance(outcome, Waiting)
    upset = next(one for one in section(state("home"), "overdue").blocks if isinstance(one, Row))
    assert upset.below.startswith("ご不満 · お急ぎ · 返信期限 10:00")
    assert upset.icon is Icon.PRIORITY
    leaving = section(state("home"), "unclaimed").blocks[1]
    assert isinstance(leaving, Row)
    assert (leaving.tone, leaving.below.partition(" · ")[0]) == (Tone.WARNING, "解約の可能性")
    board = overview(voice_of(SATO, "ja", "Asia/Tokyo", NOW), outcome.queue)
    assert board.blocks[1].lines[0].marks == ("ご不満", "お急ぎ")


@pytest.mark.parametrize(
    ("deed", "sentence"),
    [
        ("pick", "記録しました。次のおすすめに生かします。"),
        ("unpick", "取り消しました。この返信は学習に使いません。"),
        ("correct", "「違う」と記録しました。"),
    ],
)
def test_what_is_learned_or_not_is_said(deed: str, sentence: str) -> None:
    effect = show(Done(view_of("suggestions"), deed), SATO, Place("ja", "Asia/Tokyo"))
    assert getattr(effect, "toast", "") == sentence

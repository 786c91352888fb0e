"""The card on which a reply is written, and what the check says on it and beside a compose window."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from cards.model import Action, Buttons, Notice, Row, Show, StartReply, Tone
from server.domain.conversation import Happening
from server.domain.events import Place
from server.domain.finding import Finding, Severity, Span
from server.domain.outcomes import Editing, Found, Refused, Replying, Writing
from server.replies.check import RULES
from server.screens import show
from server.screens.gallery import NOW, SATO, outcomes
from server.screens.rules import SENTENCES
from server.screens.words import catalogue
from tests.screens.drawing import asked, blocks, buttons, choice, drawn, field, ids, lines, section, state

CARRIED = {"template": "t1", "kind": "template", "shown": "t1,t2", "ignored": "keigo-double,subject-long"}


def editing(name: str) -> Editing:
    outcome, _ = outcomes()[name]
    assert isinstance(outcome, Editing)
    return outcome


def writing(name: str) -> Writing:
    outcome, _ = outcomes()[name]
    assert isinstance(outcome, Writing)
    return outcome


def test_it_is_headed_with_the_customer_and_what_the_text_began_as() -> None:
    card = state("editor-filled")
    assert card.name == "reply"
    assert (card.header.title, card.header.subtitle) == ("田中 太郎 様への返信", "コーヒー豆(定期便)の納品日について")
    assert lines(card, "reply")[0] == "納品日の変更のご案内"
    assert lines(state("editor-upset"), "reply")[0] == "請求額の訂正と再発行 · お詫びの型で"
    assert lines(state("editor-first-look-unfilled"), "reply")[0].endswith("不足: 注文番号")
    assert state("editor-filled", "en").header.title == "Reply to 田中 太郎"


def test_an_empty_one_says_nothing_of_templates() -> None:
    assert lines(state("editor-empty"), "reply") == ["まだ送信はされません。"]


def test_every_drawing_of_the_text_has_a_field_of_its_own() -> None:
    """Hosts keep what stands in a field they know, and would put it in place of ours: now, or when the name comes again."""
    ours = editing("editor-filled")
    drawings = [
        ours,
        replace(ours, text="別の文面"),
        replace(ours, view=msgspec.structs.replace(ours.view, now=ours.view.now + 1)),
    ]
    names = {field(drawn(one), "reply_text").name for one in drawings}
    assert len(names) == 3
    assert all(name.startswith("reply_text.") for name in names)
    assert field(drawn(ours), "reply_text").value == ours.text


def test_every_click_that_reads_the_text_needs_it() -> None:
    for name in ("editor-filled", "editor-empty"):
        card = state(name)
        needed = field(card, "reply_text").name
        for one in buttons(card):
            if isinstance(one.target, Action) and one.target.name in {"start_reply", "check"}:
                assert needed in one.needs


@pytest.mark.parametrize(
    ("name", "label"), [("editor-filled", "下書きを作成"), ("editor-outlook", "返信フォームに入れる")]
)
def test_the_one_filled_button_says_where_the_text_goes(name: str, label: str) -> None:
    assert [one.label for one in buttons(state(name)) if one.filled] == [label]


def test_every_action_of_the_card_carries_what_the_text_is_made_of() -> None:
    card = state("editor-more-findings")
    for name in ("start_reply", "check", "replace", "ignore"):
        for one in asked(card, name):
            assert one.args.items() >= CARRIED.items(), name


def test_what_was_proposed_at_the_first_click_is_carried_on_even_if_nothing_of_it_was_taken() -> None:
    ours = editing("editor-filled")
    assert asked(drawn(replace(ours, shown=("t7", "t8"))), "check")[0].args["shown"] == "t7,t8"
    own = asked(drawn(replace(ours, suggestion=None)), "start_reply")
    assert own == [Action("start_reply", {"shown": "t1,t2"})]
    assert asked(state("editor-empty"), "start_reply") == [Action("start_reply")]


def test_three_findings_are_shown_and_how_many_there_are_besides() -> None:
    card = state("editor-more-findings")
    rows = [one for one in section(card, "reply").blocks if isinstance(one, Row)]
    assert [(row.above, row.text) for row in rows] == [
        ("要修正", "空いている項目が残っています"),
        ("ご確認", "失礼に響くことがあります"),
        ("ご確認", "添付ファイルが見当たりません"),
    ]
    assert rows[1].below == "「了解しました」→「承知いたしました」 · お客様にはより丁寧な言い方が合います"
    assert (rows[0].tone, rows[1].tone) == (Tone.DANGER, Tone.NEUTRAL)
    assert "ほか2件" in lines(card, "reply")
    assert not any("ほか" in line for line in lines(state("editor-findings"), "reply"))


def test_a_replacement_says_what_where_and_for_which_rule() -> None:
    start = editing("editor-findings").text.index("了解しました")
    args = {**CARRIED, "rule": "rough", "start": str(start), "end": str(start + 6), "to": "承知いたしました"}
    assert asked(state("editor-more-findings"), "replace") == [Action("replace", args)]


def test_hints_can_be_ignored_errors_cannot() -> None:
    assert [one.args["rule"] for one in asked(state("editor-more-findings"), "ignore")] == [
        "rough",
        "attachment-missing",
    ]


def test_what_is_taken_out_is_called_so_and_the_subject_is_mended_elsewhere() -> None:
    out = Finding("casual", Severity.HINT, Span("body", 0, 3), "(笑)", "")
    card = drawn(replace(editing("editor-filled"), findings=(out,)))
    assert "取り除く" in [one.label for one in buttons(card)]
    subject = replace(out, place=Span("subject", 0, 3))
    card = drawn(replace(editing("editor-filled"), findings=(subject,)))
    assert not asked(card, "replace")
    assert "件名: くだけた言い方です" in lines(card, "reply")[1]


@pytest.mark.parametrize(
    ("found", "shown", "verb"),
    [
        (
            ("行かさ", "行か", {"word": "行かさせて", "instead": "行かせて"}),
            "「行かさせて」→「行かせて」",
            "置き換える",
        ),
        (("金", "水", {"word": "11月25日(金)"}), "「11月25日(金)」→「11月25日(水)」", "置き換える"),
        (("Unfortunately w", "W", {"word": "unfortunately"}), "「Unfortunately w」→「W」", "置き換える"),
        (("", "このたびは申し訳ございません。\n", {}), "「このたびは申し訳ございません。」を加えられます", "加える"),
        (("(笑)", "", {"word": "(笑)"}), "「(笑)」 · ", "取り除く"),
        (("あ" * 60, "い" * 60, {}), f"「{'あ' * 39}…」→「{'い' * 39}…」", "置き換える"),
    ],
)
def test_a_change_is_shown_by_whole_words_before_it_is_made(
    found: tuple[str, str, dict[str, str]], shown: str, verb: str
) -> None:
    quote, to, words = found
    one = Finding("casual", Severity.HINT, Span("body", 3, 3 + len(quote)), quote, to, words)
    card = drawn(replace(editing("editor-filled"), findings=(one,)))
    assert shown in lines(card, "reply")[1]
    assert asked(card, "replace")[0].args["to"] == to
    assert verb in [button.label for button in buttons(card)]


def test_a_promise_says_when_it_falls_due() -> None:
    promise = Finding(
        "promise-date", Severity.HINT, Span("body", 0, 4), "明日まで", None, {"word": "明日まで", "at": str(NOW)}
    )
    card = drawn(replace(editing("editor-filled"), findings=(promise,)))
    assert "「明日まで」 · 返信期限になります: 10:32" in lines(card, "reply")[1]
    card = drawn(replace(editing("editor-filled"), findings=(replace(promise, words={"at": "soon"}),)))
    assert "返信期限として記録されます" in lines(card, "reply")[1]


def test_a_clean_text_is_said_to_be_clean_only_when_it_was_checked() -> None:
    assert "気になる点はありません" in lines(state("editor-clean"), "reply")
    assert "気になる点はありません" not in lines(state("editor-filled"), "reply")


@pytest.mark.parametrize(
    ("name", "language", "sentence"),
    [
        ("editor-stopped-by-findings", "ja", "先に直してください: 空いている項目が残っています"),
        ("editor-stopped-by-findings", "en", "Please mend this first: A gap is not filled in"),
        ("editor-unfilled", "ja", "注文番号が空いています。埋めてから挿入してください。"),
        ("editor-unfilled-unnamed", "ja", "空いている項目があります。埋めてから挿入してください。"),
        ("editor-refused", "ja", "鈴木さんが3分前に担当しました。何も変更していません。"),
        ("editor-held", "ja", "鈴木さんが3分前に担当しました。"),
        ("editor-shared-account", "ja", "操作する人を選んでください。まだ何も変更していません。"),
    ],
)
def test_what_stopped_it_comes_first(name: str, language: str, sentence: str) -> None:
    first = section(state(name, language), "reply").blocks[0]
    assert isinstance(first, Notice)
    assert first.text == sentence


def test_a_refusal_loses_nothing_and_is_heard() -> None:
    outcome = editing("editor-refused")
    effect = show(outcome, SATO, Place("ja", "Asia/Tokyo"))
    assert isinstance(effect, Show)
    assert isinstance(outcome.refused, Refused)
    assert effect.toast == "鈴木さんが3分前に担当しました。何も変更していません。"
    assert field(effect.card, "reply_text").value == outcome.text
    assert [one.value for one in choice(effect.card, "reply_to").options if one.selected] == ["sender"]


def test_benefits_may_be_offered_until_the_text_gives_one() -> None:
    card = state("editor-benefits")
    args = {"template": "t3", "kind": "upset", "shown": "t3,t1"}
    assert asked(card, "offer") == [Action("offer", {**args, "benefit": one}) for one in ("coupon", "beans")]
    assert "添えられる特典 / 次回10%割引クーポン" in lines(card, "reply")
    card = state("editor-with-benefit")
    assert not asked(card, "offer")
    assert "この返信に添える特典: 次回10%割引クーポン" in lines(card, "reply")


@pytest.mark.parametrize(("age", "by", "told"), [(2_000, "sato", True), (60_000, "sato", False), (2_000, "ito", False)])
def test_a_promise_of_the_reply_that_became_the_due_time_is_said(age: int, by: str, told: bool) -> None:
    view = editing("editor-filled").view
    due = NOW + 3_600_000
    event = Happening(NOW - age, by, "promised", "c1", {"due": str(due)})
    view = replace(view, conversation=replace(view.conversation, due=due), timeline=(event, *view.timeline))
    effect = show(Replying(view, "r1"), SATO, Place("ja", "Asia/Tokyo"))
    assert isinstance(effect, StartReply)
    assert (effect.toast == "返信での約束に合わせて、返信期限を11:32にしました。") is told


def test_the_person_chosen_stays_chosen() -> None:
    chosen = choice(state("editor-shared-account"), "acting_as").options
    assert [one.value for one in chosen if one.selected] == ["suzuki"]


def test_every_rule_of_the_check_has_words_and_no_words_are_left_over() -> None:
    assert set(SENTENCES) == set(RULES)


@pytest.mark.parametrize("rule", sorted(SENTENCES))
def test_the_words_of_a_rule_are_short_in_both_languages(rule: str) -> None:
    for language in ("ja", "en"):
        words = catalogue(language)
        what, why = (words.say(one) for one in SENTENCES[rule])
        assert what != why
        assert not (what + why).endswith(("。", ".")), "few words, not sentences with full stops"
        assert max(len(what), len(why)) <= (30 if language == "ja" else 62)


def test_a_rule_of_a_later_release_is_named_all_the_same() -> None:
    later = Finding("of-a-later-release", Severity.HINT, Span("body", 0, 2), "何か")
    assert "もう一度ご確認ください" in lines(drawn(replace(editing("editor-filled"), findings=(later,))), "reply")[1]


def test_beside_a_compose_window_templates_are_found_by_category_and_words() -> None:
    card = state("compose-found")
    category = choice(card, "category")
    assert [(one.value, one.label) for one in category.options] == [
        ("all", "すべて"),
        ("shipping_status", "配送状況"),
        ("invoice", "請求書・領収書"),
        ("保守契約", "保守契約"),
    ]
    assert [one.value for one in category.options if one.selected] == ["shipping_status"]
    assert field(card, "find").value == "納品"
    assert asked(card, "find") == [Action("find")]
    assert Action("insert", {"template": "t2", "kind": "template"}) in asked(card, "insert")
    assert lines(card, "templates")[-1] == "ほか4件"


def test_what_is_proposed_stands_above_what_is_looked_for() -> None:
    card = state("compose-templates")
    assert ids(card).index("suggestions") < ids(card).index("templates") < ids(card).index("insert")
    assert Action("insert", {"kind": "clarify", "shown": "t1,t2"}) in asked(card, "insert")


def test_a_search_without_a_find_says_so_and_no_templates_draw_nothing() -> None:
    assert lines(state("compose-found-nothing"), "templates") == ["該当するひな形はありません"]
    assert "templates" not in ids(state("compose-new"))
    only = replace(writing("compose-new"), found=Found("x", "all"))
    assert lines(drawn(only), "templates") == ["該当するひな形はありません"]


def test_the_check_beside_a_compose_window_mends_in_the_card() -> None:
    card = state("compose-findings")
    assert asked(card, "check_text") == [Action("check_text")]
    assert [one.args["to"] for one in asked(card, "replace_text")] == ["承知いたしました"]
    assert field(card, "reply_text").name.startswith("reply_text.")
    assert "気になる点はありません" in lines(state("compose-clean"), "insert")


def test_at_most_one_set_of_findings_is_drawn_with_its_buttons_below_it() -> None:
    stood = [type(one) for one in section(state("editor-more-findings"), "reply").blocks]
    assert stood[stood.index(Row) + 2] is Buttons
    assert len([one for one in blocks(state("editor-more-findings")) if isinstance(one, Row)]) == 3

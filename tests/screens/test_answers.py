"""Every click is answered by one sentence, in both languages."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from msgspec.structs import replace

from cards.model import DateTime, Field, Notice, Place, Show
from server.domain import errors
from server.domain.changes import Change
from server.domain.conversation import ClaimEnd
from server.domain.events import Place as Where
from server.domain.outcomes import Ask, Done, Failed, Refusal, Refused, Seen, Stranger
from server.screens import show
from server.screens.gallery import NOW, SATO, SHARED, outcomes, standard
from server.screens.problem import SENTENCES

JA = Where("ja", "Asia/Tokyo")
EN = Where("en", "Asia/Tokyo")
OF_OUR_OWN = {"draft_made", "draft_failed"}  # nobody clicks these
IN_A_CRM = {
    "link_record": "crm_link",
    "unlink_record": "crm_unlink",
    "log_mail": "crm_log",
    "unlog_mail": "crm_unlog",
    "create_in_crm": "crm_create",
}
"""Their clicks are named for whoever reads the list of actions."""
TAGS = {kind.__struct_config__.tag for kind in get_args(Change)} - OF_OUR_OWN
DEEDS = sorted(IN_A_CRM.get(str(tag), str(tag)) for tag in TAGS)


def toast(outcome: Done | Refused, place: Where = JA) -> str:
    effect = show(outcome, SATO, place)
    assert isinstance(effect, Show)
    return effect.toast


@pytest.mark.parametrize("deed", [*DEEDS, "adopt"])
@pytest.mark.parametrize("place", [JA, EN])
def test_every_deed_has_a_sentence_of_its_own(deed: str, place: Where) -> None:
    view = standard()
    said = toast(Done(view, deed, "suzuki"), place)
    assert said
    assert said not in {"Saved.", "保存しました。"}


def test_a_deed_redraws_the_card_and_tells_the_host() -> None:
    effect = show(Done(standard(), "take"), SATO, JA)
    assert isinstance(effect, Show)
    assert (effect.card.name, effect.changed, effect.place) == ("message", True, Place.HERE)


@pytest.mark.parametrize(
    ("deed", "word", "changes", "sentence"),
    [
        ("hand_over", "suzuki", {}, "鈴木さんに引き渡しました。"),
        ("assign", "takahashi", {"assignee": "takahashi"}, "高橋さんに割り当てました。"),
        ("assign", "", {"assignee": ""}, "割り当てを外しました。"),
        ("priority", "", {"priority": ""}, "優先度を外しました。"),
        ("hold", "internal", {"hold": "internal"}, "保留: 社内確認中"),
        ("hold", "", {"hold": ""}, "保留を解きました。"),
        ("due", "", {"due": NOW + 3_600_000}, "返信期限: 11:32"),
        ("due", "", {"due": 0}, "返信期限を外しました。"),
        ("move", "sales", {}, "営業に移しました。"),
        (
            "take_over",
            "",
            {"ended": ClaimEnd("suzuki", NOW, "taken_over", "sato", "急ぎ")},
            "担当を引き継ぎました。鈴木さんにお知らせします。",
        ),
    ],
)
def test_the_sentence_names_what_is_so_now(deed: str, word: str, changes: dict[str, object], sentence: str) -> None:
    view = standard()
    assert toast(Done(replace(view, conversation=replace(view.conversation, **changes)), deed, word)) == sentence


@pytest.mark.parametrize("why", list(Refusal))
@pytest.mark.parametrize("place", [JA, EN])
def test_every_refusal_has_a_sentence_that_is_seen_and_heard(why: Refusal, place: Where) -> None:
    effect = show(Refused(why, standard()), SATO, place)
    assert isinstance(effect, Show)
    first = effect.card.plain[0].blocks[0]
    assert isinstance(first, Notice)
    assert first.text == effect.toast != ""
    assert not effect.changed


def test_who_was_faster_is_named_with_since_when() -> None:
    outcome, _ = outcomes()["refused-held"]
    assert isinstance(outcome, Refused)
    assert toast(outcome) == "鈴木さんが3分前に担当しました。何も変更していません。"
    assert toast(outcome, EN) == "鈴木 健太 took this 3 min ago. Nothing was changed."


def test_a_refused_question_is_asked_again_with_what_was_typed() -> None:
    effect = show(outcomes()["refused-stale-take-over"][0], SATO, JA)
    assert isinstance(effect, Show)
    assert effect.card.name == "take-over"
    fields = [block for block in effect.card.plain[0].blocks if isinstance(block, Field)]
    assert [field.value for field in fields] == ["お客様がお急ぎのため"]


@pytest.mark.parametrize("what", get_args(get_type_hints(Ask)["what"]))
def test_a_question_keeps_whatever_was_typed_into_it(what: str) -> None:
    """Whatever its fields are: what is given as the form comes back as their values."""
    names = (
        "reason",
        "word",
        "name",
        "reading",
        "company",
        "role",
        "customer_note",
        "address",
        "tags",
        "due",
        "reply_text",
    )
    form = {name: "2026-12-01T09:00" if name == "due" else f"typed {name}" for name in names}
    asked = outcomes()[f"ask-{what.replace('_', '-')}"][0]
    assert isinstance(asked, Ask)
    effect = show(replace(asked, form=form), SATO, JA)
    assert isinstance(effect, Show)
    for block in effect.card.plain[0].blocks:
        if isinstance(block, Field | DateTime):
            assert block.value == form[block.name]


def test_every_error_of_ours_has_a_sentence() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SobaniError)]
    said_by_use_cases = {"consent_to_read", "draft_being_made"}
    assert {kind.public for kind in kinds} | said_by_use_cases == set(SENTENCES)


@pytest.mark.parametrize("public", [*SENTENCES, "of_a_later_release"])
def test_a_problem_says_one_sentence_and_offers_to_try_again_only_when_it_helps(public: str) -> None:
    for retryable in (False, True):
        effect = show(Failed(public, retryable), None, JA)
        assert isinstance(effect, Show)
        blocks = effect.card.plain[0].blocks
        assert isinstance(blocks[0], Notice)
        assert len(blocks) == 1 + (retryable or public == "consent_to_read")


def test_a_problem_before_anybody_is_known_speaks_the_clients_language() -> None:
    effect = show(Failed("unauthenticated"), None, Where("en"))
    assert isinstance(effect, Show)
    assert effect.card.header.title == "This did not work"


def test_a_stranger_learns_whom_to_ask_and_nothing_else() -> None:
    effect = show(Stranger("aoba", ("伊藤 大輔",), "closed"), None, JA)
    assert isinstance(effect, Show)
    assert "伊藤 大輔" in str(effect.card)
    assert "青葉" not in str(effect.card)


def test_a_shared_account_is_told_to_name_itself_on_a_question_too() -> None:
    effect = show(outcomes()["ask-take-over-shared"][0], SHARED, JA)
    assert isinstance(effect, Show)
    assert "acting_as" in str(effect.card)


def test_the_card_is_never_drawn_for_another_language_than_asked() -> None:
    effect = show(Seen(standard()), SATO, EN)
    assert isinstance(effect, Show)
    assert "担当する" not in str(effect.card)

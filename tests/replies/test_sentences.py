"""Where one sentence ends: stops, lines, lists, and the dots that end nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.replies.sentences import LONGEST, folded, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("まだ届きません。いつ届きますか？急いでいます！", ["まだ届きません。", "いつ届きますか？", "急いでいます！"]),
        ("It broke. Can you help? Please!", ["It broke.", "Can you help?", "Please!"]),
        ("どうして！？教えて。", ["どうして！？", "教えて。"]),
        ("お世話になります．届きません．", ["お世話になります．", "届きません．"]),
        ("先日頼んだ品ですが、\nまだ届きません。", ["先日頼んだ品ですが、まだ届きません。"]),
        (
            "この前の日曜日に御社のサイトで注文しました加湿器の\n配送についてお尋ねします。",
            ["この前の日曜日に御社のサイトで注文しました加湿器の配送についてお尋ねします。"],
        ),
        (
            "I bought the large blue umbrella from your shop\nand it broke on the first day.",
            ["I bought the large blue umbrella from your shop and it broke on the first day."],
        ),
        ("件名なし\n田中です\n届きません", ["件名なし", "田中です", "届きません"]),
        ("確認したいこと：\n・納期\n・送料", ["確認したいこと：", "・納期", "・送料"]),
        ("1. Open it\n2. Click\n- done", ["1. Open it", "2. Click", "- done"]),
        ("① 開く\n② 押す", ["① 開く", "② 押す"]),
        ("一つ目\n\n二つ目", ["一つ目", "二つ目"]),
        ("「届きません。」と言われました。", ["「届きません。」と言われました。"]),
        ("「だめです。」どうして。", ["「だめです。」", "どうして。"]),
        ("（至急です。）お願いします。", ["（至急です。）", "お願いします。"]),
    ],
)
def test_sentences_and_lines_stand_apart(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    "text",
    [
        "バージョン3.5で動きません。",
        "３．５インチの画面です。",
        "株式会社A.Bの製品です。",
        "Item No. 12 is missing.",
        "Mr. Smith ordered it.",
        "We are A.B. Corp. of London.",
        "See e.g. the first page.",
        "I need it by 5 p.m. today.",
        "www.example.com does not open.",
        "Write to a.b@example.com please.",
        "Well... it stopped.",
        "1. Open the box",
    ],
)
def test_a_dot_that_ends_nothing_divides_nothing(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize("text", ["", "\n\n", "😀", "----------", "。。。", "=====\n*****"])
def test_what_says_nothing_is_no_sentence(text: str) -> None:
    assert split(text) == []


def test_a_sentence_without_a_stop_is_cut_to_pieces() -> None:
    assert [len(piece) for piece in split("あ" * (LONGEST + 5))] == [LONGEST, 5]


def test_two_megabytes_give_no_more_than_was_asked_for() -> None:
    assert len(split("返品したいです。" * 250_000, most=10)) == 10


@given(st.text(alphabet=st.sampled_from("あい。、．.！?!ab 12\n「」()・-\u3000\r\t"), max_size=80))
def test_nothing_but_spaces_is_lost_or_made_up(text: str) -> None:
    def letters(of: str) -> str:
        return "".join(char for char in of if char.isalnum())

    assert letters("".join(split(text, most=1000))) == letters(text)


@given(st.text(max_size=300))
def test_any_text_gives_trimmed_sentences_within_bounds(text: str) -> None:
    for sentence in split(text, most=8):
        assert sentence == sentence.strip()
        assert 0 < len(sentence) <= LONGEST


def test_folding_forgets_width_case_digits_and_stops() -> None:
    assert folded("注文番号 １２３４ です。") == folded("注文番号 98 です")
    assert folded("  THANKS!! ") == "thanks"
    assert folded("ＡＢＣ　です") == "abc です"

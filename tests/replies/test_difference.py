"""What changed between two texts, and by how much."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.replies.difference import MAX_TEXT, Line, Run, compare, word_distance
from tests.costs import costs_its_length, costs_no_more_than

texts = st.text("ab あ漢カ。\n", max_size=60)
LETTER = "お世話になっております。先日お願いした見積書の件ですが、明日までにご連絡いただけますでしょうか。\n"


def longest_common(a: str, b: str) -> int:
    """The plain table, to hold the bit vectors against."""
    row = [0] * (len(b) + 1)
    for x in a:
        above = row[:]
        for at, y in enumerate(b, 1):
            row[at] = above[at - 1] + 1 if x == y else max(above[at], row[at - 1])
    return row[-1]


class TestCompare:
    def test_lines_that_stay_go_and_come(self) -> None:
        assert compare("a\nb\nc", "a\nc\nd") == (
            Line("same", (Run("same", "a"),)),
            Line("removed", (Run("removed", "b"),)),
            Line("same", (Run("same", "c"),)),
            Line("added", (Run("added", "d"),)),
        )

    def test_a_changed_line_shows_the_words_that_changed(self) -> None:
        (line,) = compare("We will write by Friday.", "We will call by Friday.")
        assert line.kind == "changed"
        assert line.runs == (
            Run("same", "We will "),
            Run("removed", "write"),
            Run("added", "call"),
            Run("same", " by Friday."),
        )

    def test_japanese_is_compared_by_runs_of_one_script(self) -> None:
        (line,) = compare("明日までに連絡いたします。", "来週までに連絡いたします。")
        assert line.runs == (Run("removed", "明日"), Run("added", "来週"), Run("same", "までに連絡いたします。"))

    def test_lines_with_next_to_nothing_in_common_are_shown_whole(self) -> None:
        (line,) = compare("お世話になっております。", "Hello there, my friend。")
        assert [run.kind for run in line.runs] == ["removed", "added"]

    def test_nothing_changed_is_all_the_same(self) -> None:
        assert {line.kind for line in compare("a\r\n\r\nb", "a\n\nb")} == {"same"}
        assert compare("", "") == ()

    @given(texts, texts)
    def test_both_texts_can_be_read_off_it(self, old: str, new: str) -> None:
        lines = compare(old, new)
        if old:
            assert "\n".join(line.old for line in lines if line.kind != "added") == old
        if new:
            assert "\n".join(line.new for line in lines if line.kind != "removed") == new

    @given(texts, texts)
    def test_a_line_is_called_what_its_runs_are(self, old: str, new: str) -> None:
        for line in compare(old, new):
            kinds = {run.kind for run in line.runs}
            assert line.kind == "changed" or kinds == {line.kind}

    @pytest.mark.parametrize(("old", "new"), [("\n", "a\n"), ("ab", "ba"), ("あ", "漢")])
    def test_long_texts_cost_their_length(self, old: str, new: str) -> None:
        """The table of lines is quadratic, and small: beyond a number of lines none is made."""
        chooser = random.Random(1)
        one = "".join(chooser.choice(old + new) for _ in range(MAX_TEXT))
        other = "".join(chooser.choice(old + new) for _ in range(MAX_TEXT * 2))
        costs_its_length(lambda length: compare(one[:length], other[: length * 2]), MAX_TEXT)


class TestWordDistance:
    def test_used_as_it_is_means_none(self) -> None:
        assert word_distance("田中 様\n\nご連絡いたします。", "田中 様\r\nご連絡\nいたします。 ") == 0.0
        assert word_distance("", "") == 0.0

    def test_nothing_left_means_all(self) -> None:
        assert word_distance("abc def", "xyz") == 1.0
        assert word_distance("abc", "") == 1.0

    def test_english_counts_words(self) -> None:
        assert word_distance("we will write by Friday", "we will call by Friday") == pytest.approx(0.2)

    def test_japanese_counts_characters(self) -> None:
        assert word_distance("明日ご連絡します", "明後日ご連絡します") == pytest.approx(1 / 17)

    @given(texts, texts)
    def test_it_is_the_share_that_is_not_common(self, a: str, b: str) -> None:
        a, b = a.replace("b", "-"), b.replace("b", "-")  # so that every token is one character, but runs of a
        a, b = a.replace("a", "い"), b.replace("a", "い")
        bare_a, bare_b = "".join(a.split()), "".join(b.split())
        total = len(bare_a) + len(bare_b)
        expected = 1 - 2 * longest_common(bare_a, bare_b) / total if total else 0.0
        assert word_distance(a, b) == pytest.approx(expected)

    @given(texts, texts)
    def test_it_is_symmetric_and_between_none_and_all(self, a: str, b: str) -> None:
        assert 0.0 <= word_distance(a, b) <= 1.0
        assert word_distance(a, b) == word_distance(b, a)

    @pytest.mark.parametrize(
        "letters", ["あ", "あい", "あいうえおかきくけこ。", "".join(map(chr, range(0x4E00, 0x9000)))]
    )
    def test_it_costs_the_same_whatever_the_characters(self, letters: str) -> None:
        """It grows with the square of the length up to a limit; a search for the longest match would with its cube."""
        chooser = random.Random(2)
        one, other = ("".join(chooser.choices(letters, k=5000)) for _ in range(2))
        assert 0 <= word_distance(one, other) <= 1
        letter, answer = LETTER * 100, "".join(reversed(LETTER)) * 100
        costs_no_more_than(lambda: word_distance(one, other), lambda: word_distance(letter[:5000], answer[:5000]), 4)

    def test_what_is_longer_than_a_reply_costs_no_more(self) -> None:
        chooser = random.Random(3)
        one, other = ("".join(chooser.choices("あいうえおかきくけこ。", k=MAX_TEXT * 10)) for _ in range(2))
        costs_no_more_than(
            lambda: word_distance(one, other), lambda: word_distance(one[:MAX_TEXT], other[:MAX_TEXT]), 3
        )

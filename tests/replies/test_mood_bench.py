"""`sobani bench-mood`: figures and predictions of anybody's file, and what is said of a broken one."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.replies.bench import BadFile, Figure, auroc
from server.replies.embedding import CharEmbedder
from server.replies.mood_bench import average_precision, main_lines, mood_of, read_rows

MAILS = (
    b"text,label,angry,dissatisfied,urgent\n"
    b'"\xe8\x87\xb3\xe6\x80\xa5\xe3\x81\x8a\xe9\xa1\x98\xe3\x81\x84\xe3\x81\x97\xe3\x81\xbe\xe3\x81\x99",a,0,0,1\n'
    b"I have had enough of your excuses.,b,1,1,0\n"
    b"Where is the manual?,c,0,0,0\n"
)


def figures(lines: list[str]) -> dict[str, Figure]:
    return {figure.name: figure for figure in (msgspec.json.decode(line, type=Figure) for line in lines)}


def test_each_flag_of_the_file_has_its_two_figures() -> None:
    lines, _ = main_lines(MAILS, CharEmbedder())
    found = figures(lines)
    assert list(found) == ["dissatisfied_auc", "dissatisfied_ap", "urgent_auc", "urgent_ap", "ms_per_mail"]
    assert found["urgent_auc"].value == 1.0
    assert found["ms_per_mail"].unit == "ms"


def test_predictions_are_scores_a_row_a_mail_in_the_order_of_the_file() -> None:
    _, predictions = main_lines(MAILS, CharEmbedder())
    rows = list(csv.DictReader(io.StringIO(predictions)))
    assert list(rows[0]) == ["text", "dissatisfied", "urgent", "churn"]
    assert [row["text"] for row in rows] == [
        "至急お願いします",
        "I have had enough of your excuses.",
        "Where is the manual?",
    ]
    assert all(0 <= float(row[flag]) <= 1 for row in rows for flag in ("dissatisfied", "urgent", "churn"))
    assert float(rows[0]["urgent"]) > float(rows[2]["urgent"])


def test_a_flag_that_all_mails_share_has_no_figure() -> None:
    lines, _ = main_lines(b"text,churn,urgent\nhello,0,1\nbye,0,0\n", CharEmbedder())
    assert list(figures(lines)) == ["urgent_auc", "urgent_ap", "ms_per_mail"]


def test_quotes_and_signatures_do_not_count() -> None:
    quoted = "分かりました。\n\n2024年5月10日(金) 10:23 青葉商事 <a@aoba.example>:\n> 至急お願いします。"
    assert mood_of(quoted, CharEmbedder()) == mood_of("分かりました。", CharEmbedder())


def test_an_empty_mail_and_one_of_an_emoji_are_read() -> None:
    lines, predictions = main_lines('text,urgent\n"",0\n😡,0\n至急！,1\n'.encode(), CharEmbedder())
    assert figures(lines)["urgent_auc"].value == 1.0
    assert len(predictions.splitlines()) == 4


def test_a_mark_at_the_start_of_the_file_is_no_part_of_the_header() -> None:
    assert read_rows(b"\xef\xbb\xbftext,urgent\nhello,0\n", "test")[0].flags == {"urgent": False}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "test, line 1: the header lacks text"),
        (b"body,urgent\nhello,0\n", "test, line 1: the header lacks text"),
        (b"text,angry\nhello,1\n", "test, line 1: the header has none of dissatisfied, urgent, churn"),
        (b"text,urgent\n", "test: has no row under its header"),
        (b"text,urgent\nhello,maybe\n", "test, line 2: urgent is neither 0 nor 1"),
        (b"text,urgent\nhello,0\nbye\n", "test, line 3: urgent is neither 0 nor 1"),
        (b'text,urgent\n"hello,0\n', "test, line "),
        (b"text,urgent\nhello,0\n\xff,1\n", "test, line 3: is not UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_line_and_reason(data: bytes, says: str) -> None:
    with pytest.raises(BadFile) as caught:
        main_lines(data, CharEmbedder())
    assert str(caught.value).startswith(says)


def test_average_precision_by_hand() -> None:
    """Right at 1, wrong at 2, right at 3: (1/1 + 2/3) / 2."""
    assert average_precision([0.9, 0.8, 0.7], [True, False, True]) == pytest.approx(5 / 6)
    assert average_precision([0.5, 0.5, 0.5, 0.5], [True, False, False, False]) == pytest.approx(0.25)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_quality_depends_on_the_order_of_scores_alone(pairs: list[tuple[int, bool]]) -> None:
    scores, wanted = [float(score) for score, _ in pairs], [flag for _, flag in pairs]
    yes = [score for score, flag in zip(scores, wanted, strict=True) if flag]
    no = [score for score, flag in zip(scores, wanted, strict=True) if not flag]
    if yes and no:
        stretched = [3 * score + 1 for score in scores]
        assert average_precision(stretched, wanted) == pytest.approx(average_precision(scores, wanted))
        assert auroc(yes, no) == pytest.approx(1 - auroc(no, yes))
        assert 0 < average_precision(scores, wanted) <= 1

"""The words of the queue's page: short enough to be read from two metres, and true."""

from __future__ import annotations

import pytest

from server.domain.conversation import Queue, QueuePage
from server.domain.workspace import Person, Viewer, Workspace
from server.screens.queue_page import LISTS, initials, one_list, overview, voice_of

VIEWER = Viewer(Workspace("aoba", "青葉商事"), Person("sato", "佐藤 美咲"))
NOW = 1_795_000_000_000
NONE = dict.fromkeys(LISTS, 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("佐藤 美咲", "佐"),
        ("佐藤", "佐"),
        ("Chloe Clarke", "CC"),
        ("Jean van der Berg", "JB"),
        ("support@aoba.example", "S"),
        ("michael", "M"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_a_holder_is_one_letter_or_two(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_the_window_s_title_says_what_presses_most() -> None:
    voice = voice_of(VIEWER, "ja", "Asia/Tokyo", NOW)
    counts = {"mentions": 0, "overdue": 2, "unclaimed": 5, "mine": 7, "held": 3}
    assert overview(voice, Queue(NOW, counts)).title == "期限切れ 2 · 対応の一覧"
    assert overview(voice, Queue(NOW, NONE | {"held": 3})).title == "対応の一覧"


def test_mentions_are_counted_only_when_there_are_any() -> None:
    voice = voice_of(VIEWER, "en", "Asia/Tokyo", NOW)
    assert [count.title for count in overview(voice, Queue(NOW, NONE)).counts] == [
        "Overview", "Overdue", "Unclaimed", "Mine", "On hold",
    ]  # fmt: skip
    assert overview(voice, Queue(NOW, NONE | {"mentions": 1})).counts[1][1:3] == ("For you", 1)
    assert one_list(voice, QueuePage(NOW, NONE), "mentions", "").counts[1].here


def test_the_agent_s_own_choice_of_language_comes_first_then_the_browser_s() -> None:
    assert voice_of(VIEWER, "", "", NOW).language == "ja"
    assert voice_of(VIEWER, "en", "", NOW).language == "en"


def test_the_calm_sentence_is_not_said_while_somebody_waits() -> None:
    voice = voice_of(VIEWER, "en", "", NOW)
    assert overview(voice, Queue(NOW, NONE | {"held": 3})).calm == "No customer is waiting for us right now."
    assert overview(voice, Queue(NOW, NONE | {"unclaimed": 1})).calm == ""

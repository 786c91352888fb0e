"""The waiting room: who is told what, and when; without a server and without waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.store.feed import Entry, News
from server.web.live import Live
from server.web.waiting import CHANGED, PANES_EACH, PER_SECOND, UNCHANGED, Memory, Room

LONG = 60.0


class Feeds:
    """Stands for the store's feeds, where nothing is waited for."""

    def __init__(self) -> None:
        self.news: Mapping[str, News] = {}
        self.number = 0
        self.asked: list[tuple[str, ...]] = []

    def read(self, workspaces: Collection[str], seconds: float) -> Mapping[str, News]:
        self.asked.append(tuple(workspaces))
        return {name: new for name, new in self.news.items() if name in workspaces}

    def newest(self, workspace: str) -> int:
        return self.number


class Place:
    """A room in which time passes when the test says so, and nothing happens beside it."""

    def __init__(self, places: int = 100) -> None:
        self.now = 1000.0
        self.feeds = Feeds()
        self.counts: Counter[str] = Counter()
        self.heard: dict[str, list[bytes]] = {}
        self.room = Room(
            places,
            self.feeds,
            lambda: self.now,
            lambda: 0.5,
            lambda name: self.counts.update([name]),
            lambda _work: lambda: None,
        )
        self.number = 0

    def comes(
        self, pane: str, conversation: str = "c1", *, viewer: str = "sato", number: int | None = None
    ) -> bytes | None:
        """A pane asks; what it is told at once."""
        live = Live("aoba", viewer, conversation, self.number if number is None else number, 0)
        return self.room.ask(live, pane, lambda: self._reply(pane))

    def _reply(self, pane: str) -> Callable[[int, Sequence[tuple[str, str]], bytes], None]:
        return lambda _status, _headers, body: self.heard.setdefault(pane, []).append(body)

    def begins(self, number: int = 0, *entries: Entry, rewound: bool = False) -> None:
        self.number = entries[-1].number if entries else number
        self.room.take({"aoba": News(entries, number, rewound)})

    def happens(self, conversation: str = "c1", what: str = "state", by: str = "suzuki") -> None:
        self.number += 1
        self.room.take({"aoba": News((Entry(self.number, conversation, what, by),))})

    def passes(self, seconds: float) -> None:
        """Let time pass, as the room's second thread does."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 0.05)
            self.room.answer_due()


@pytest.fixture
def place() -> Place:
    made = Place()
    made.begins()
    return made


def test_a_change_wakes_whoever_shows_that_conversation_at_once_and_nobody_else(place: Place) -> None:
    assert place.comes("a") is place.comes("b", viewer="ito") is place.comes("c", "c2") is None
    place.happens("c1")
    assert place.heard == {"a": [CHANGED], "b": [CHANGED]}
    assert len(place.room) == 1


def test_what_changed_before_it_was_drawn_does_not_wake(place: Place) -> None:
    place.happens("c1")
    place.comes("a")
    place.room.take({"aoba": News(())})
    assert place.heard == {}


def test_what_changed_between_drawing_and_asking_is_told_at_once(place: Place) -> None:
    place.happens("c1")
    assert place.comes("a", number=0) == CHANGED
    assert len(place.room) == 0


def test_ones_own_coming_does_not_wake_ones_own_pane_but_ones_own_change_does(place: Place) -> None:
    place.comes("a")
    place.comes("b", viewer="ito")
    place.happens("c1", "presence", by="sato")
    assert place.heard == {"b": [CHANGED]}
    place.happens("c1", "note", by="sato")
    place.passes(1.1)
    assert place.heard == {"b": [CHANGED], "a": [CHANGED]}


def test_the_pane_one_clicks_in_has_the_answer_before_it_is_told_of_ones_own_change(place: Place) -> None:
    place.comes("clicked")
    place.comes("other client")
    place.happens("c1", "state", by="sato")
    place.passes(0.3)
    place.comes("clicked")  # with the token of the click's answer
    place.passes(1)
    assert place.heard == {"clicked": [UNCHANGED], "other client": [CHANGED]}


def test_a_colleagues_change_does_not_wait_behind_ones_own(place: Place) -> None:
    place.comes("a")
    place.happens("c1", "state", by="sato")
    place.happens("c1", "note", by="ito")
    assert place.heard == {"a": [CHANGED]}
    place.passes(5)
    assert place.heard == {"a": [CHANGED]}


def test_in_vain_is_an_answer_too_before_a_proxy_gives_up(place: Place) -> None:
    place.comes("a")
    place.passes(44)
    assert place.heard == {}
    place.passes(12)
    assert place.heard == {"a": [UNCHANGED]}
    assert len(place.room) == 0


def test_a_newer_request_of_a_pane_ends_the_older_one(place: Place) -> None:
    place.comes("a", "c1")
    place.comes("a", "c2")
    assert place.heard == {"a": [UNCHANGED]}
    assert len(place.room) == 1
    place.happens("c1")
    place.happens("c2")
    assert place.heard == {"a": [UNCHANGED, CHANGED]}


def test_a_pane_of_the_same_name_is_another_agents_own(place: Place) -> None:
    place.comes("a", viewer="sato")
    place.comes("a", viewer="ito")
    assert len(place.room) == 2


def test_one_agent_cannot_take_all_places(place: Place) -> None:
    for number in range(PANES_EACH + 3):
        place.comes(f"p{number}")
    assert len(place.room) == PANES_EACH
    assert place.heard == {f"p{number}": [b'{"changed":false,"wait":15.0}'] for number in range(3)}


def test_who_finds_no_place_asks_again_and_is_told_what_is_known() -> None:
    place = Place(places=1)
    place.begins()
    assert place.comes("a") is None
    assert place.comes("b", viewer="ito") == b""
    place.happens("c2")
    assert place.comes("c", "c2", viewer="ito", number=0) == CHANGED
    assert place.counts["panes.not_held"] == 1
    # A newer request of the pane that waits takes its own place.
    assert place.comes("a") is None


def test_a_server_that_holds_no_requests_reads_when_asked_and_not_for_every_question() -> None:
    place = Place()
    live = Live("aoba", "sato", "c1", 0, 0)
    place.feeds.news = {"aoba": News((), 0)}
    assert place.room.ask(live, "a", None) == place.room.ask(live, "a", None) == b""
    assert place.feeds.asked == [("aoba",)]
    place.now += 2
    place.feeds.news = {"aoba": News((Entry(1, "c1", "state", "suzuki"),))}
    assert place.room.ask(live, "a", None) == CHANGED


def test_the_queue_changes_a_second_later_and_once_for_many_changes(place: Place) -> None:
    place.comes("q", "")
    place.happens("c1", "state")
    place.happens("c2", "note")
    place.passes(0.9)
    assert place.heard == {}
    place.passes(1)
    assert place.heard == {"q": [CHANGED]}


def test_somebodys_coming_does_not_change_the_queue(place: Place) -> None:
    place.comes("q", "")
    place.happens("c1", "presence")
    place.passes(10)
    assert place.heard == {}


def test_queues_are_sent_to_look_again_one_after_another_so_that_they_do_not_come_together() -> None:
    place = Place(places=1000)
    place.begins()
    for number in range(1000):
        place.comes("q", "", viewer=f"v{number}")
    place.happens()
    place.passes(1 + 2.5)
    told = len(place.heard["q"])
    assert 150 <= told <= 2.5 * PER_SECOND
    place.passes(10)
    assert place.heard["q"] == [CHANGED] * 1000


def test_a_queue_that_changed_meanwhile_waits_for_its_turn(place: Place) -> None:
    place.happens()
    assert place.comes("q", "", number=0) is None
    assert place.heard == {}
    place.passes(2)
    assert place.heard == {"q": [CHANGED]}


def test_the_first_look_at_a_workspace_judges_whoever_waits_there_already() -> None:
    place = Place()
    place.comes("known", "c1", number=5)
    place.comes("changed", "c2", number=5)
    place.comes("too old", "c3", number=2)
    place.begins(4, Entry(5, "c1", "state", "ito"), Entry(6, "c2", "state", "ito"))
    place.passes(1)
    assert place.heard == {"changed": [CHANGED], "too old": [CHANGED]}


def test_a_gap_counts_as_a_change_of_everything(place: Place) -> None:
    place.comes("a")
    place.comes("b", "c2")
    place.begins(50, Entry(51, "c9", "state", "ito"))
    place.passes(1)
    assert place.heard == {"a": [CHANGED], "b": [CHANGED]}
    assert place.comes("c", "c3", number=49) == CHANGED
    assert place.comes("c", "c3", number=50) is None


def test_a_store_that_was_put_back_counts_as_a_change_of_everything(place: Place) -> None:
    place.begins(100)
    place.comes("a")
    place.begins(60, rewound=True)
    place.passes(1)
    assert place.heard == {"a": [CHANGED]}
    assert place.counts["feeds.rewound"] == 1
    # Others come back later with what they saw in the store's other life.
    place.feeds.number = 60
    assert place.comes("b", number=90) == CHANGED
    assert place.comes("q", "", number=90) == CHANGED


def test_whoever_is_a_moment_ahead_of_the_reader_waits(place: Place) -> None:
    place.feeds.number = 1
    assert place.comes("a", number=1) is None
    place.happens("c1")
    assert place.heard == {}
    place.happens("c1")
    assert place.heard == {"a": [CHANGED]}


def test_at_the_end_everybody_is_let_go_and_nobody_comes_in(place: Place) -> None:
    place.comes("a")
    place.comes("q", "")
    place.room.close()
    assert [said.startswith(b'{"changed":false,"wait":') for said in (*place.heard["a"], *place.heard["q"])] == [
        True,
        True,
    ]
    assert len(place.room) == 0
    assert place.comes("b") == b""


def test_one_pane_that_cannot_be_told_keeps_no_other_from_hearing(place: Place) -> None:
    def breaks(_status: int, _headers: object, _body: bytes) -> None:
        raise OSError

    place.room.ask(Live("aoba", "ito", "c1", 0, 0), "broken", lambda: breaks)
    place.comes("a")
    place.happens()
    assert place.heard == {"a": [CHANGED]}
    assert place.counts["problems.fault"] == 1


people = st.sampled_from(["sato", "suzuki", "ito"])
happenings = st.lists(
    st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["state", "note", "presence"]), people), max_size=20
)


@given(
    begins=st.integers(0, 5),
    happened=happenings,
    most=st.integers(1, 4),
    viewer=people,
    conversation=st.sampled_from(["", "c1", "c2", "c3", "c4"]),
    number=st.integers(0, 25),
)
def test_what_is_remembered_never_hides_a_change_and_with_room_enough_invents_none(
    begins: int, happened: list[tuple[str, str, str]], most: int, viewer: str, conversation: str, number: int
) -> None:
    entries = [Entry(begins + 1 + at, *one) for at, one in enumerate(happened)]
    memory = Memory(begins, most)
    for entry in entries:
        memory.note(entry)

    def concerns(entry: Entry) -> bool:
        if not conversation:
            return entry.what != "presence"
        return entry.conversation == conversation and not (entry.what == "presence" and entry.by == viewer)

    changed = number < begins or any(entry.number > number and concerns(entry) for entry in entries)
    said = memory.has_changed(Live("aoba", viewer, conversation, number, 0))
    assert said or not changed
    if most >= 3:
        assert said == changed

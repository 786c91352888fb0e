"""Every benchmark in a tiny size: that it runs, and that what it says about correctness holds. Nothing about time."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import redis

from server.store.embedded import Embedded
from tests.bench.__main__ import run
from tests.bench.figures import Figure, Goal, row, write
from tests.bench.imports import mails
from tests.bench.proxy import between
from tests.bench.scales import BENCHES, TINY

pytestmark = pytest.mark.slow

EXACT: Mapping[str, Mapping[str, float]] = {
    "round_trips": {"open.round_trips": 1, "action.round_trips": 1},
    "race": {"claim.race.rounds_with_one_winner": TINY.race[1], "claim.race.persons": TINY.race[0]},
    "crash": {"crash.lost": 0, "crash.duplicated": 0, "crash.kills": TINY.crash[1]},
}


# The three of growth differ in what they fill the store with.
@pytest.mark.parametrize("name", [name for name in BENCHES if name not in {"growth.conversations", "growth.thread"}])
def test_a_benchmark_gives_its_figures_and_finds_nothing_wrong(name: str) -> None:
    figures = {figure.name: figure.value for figure in run(TINY, name)}
    assert len(figures) > 1
    assert all(value >= 0 for value in figures.values())
    assert EXACT.get(name, {}).items() <= figures.items()


def test_a_turn_is_all_that_is_sent_before_an_answer(
    valkey: Embedded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.mktemp("p")) / "s"
    with between(path, valkey.url) as proxy, redis.Redis.from_url(proxy.url) as client:
        client.get("a")
        client.mget(["a", "b"])
        with client.pipeline(transaction=False) as pipe:
            pipe.get("a")
            pipe.get("b")
            pipe.execute()
        assert proxy.turns() == [("GET",), ("MGET",), ("GET", "GET")]
        assert proxy.turns() == []


def test_generated_mails_differ_in_their_ids_and_keep_their_bytes_otherwise() -> None:
    one, *_, another = mails(200)
    assert one.partition(b"\r\n\r\n")[2] or one.partition(b"\n\n")[2]
    ids = [line for raw in mails(400) for line in raw.splitlines() if line.lower().startswith(b"message-id:")]
    assert len(set(ids)) == len(ids)
    assert another != one


def test_a_goal_says_whether_it_is_met() -> None:
    assert [Goal(relation, 2).is_met_by(2.1) for relation in ("<=", ">=", "==")] == [False, True, False]
    assert row(Figure("crash.lost", 0, "changes")).endswith("== 0   met")
    assert row(Figure("open.cpu_over_floor", 2.4, "times")).endswith("<= 2   MISSED")


def test_figures_are_written_as_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    write([Figure("a", 1.23456, "ms"), Figure("b", 2, "times")], path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"name": "a", "value": 1.2346, "unit": "ms"},
        {"name": "b", "value": 2, "unit": "times"},
    ]

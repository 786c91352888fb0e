"""Every benchmark in a tiny size: that it runs, and that what it says about correctness holds. Nothing about time."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import redis

from server.commands import SAMPLES
from server.mail.parse import parse
from server.store.embedded import Embedded
from tests.bench.__main__ import run
from tests.bench.clients import Client
from tests.bench.crash import Kept, Work, _balance
from tests.bench.figures import Figure, Goal, high, row, write
from tests.bench.imports import mails
from tests.bench.proxy import between
from tests.bench.scales import BENCHES, TINY

pytestmark = pytest.mark.slow

EXACT: Mapping[str, Mapping[str, float]] = {
    "round_trips": {"open.round_trips": 1, "action.round_trips": 1},
    "race": {"claim.race.rounds_with_one_winner": TINY.race[1], "claim.race.persons": TINY.race[0]},
    "crm": {"crm.single_flight_lookups": 1, "crm.open.dead_calls": 0},
    "changes": {"changes.delay.missed": 0},
    "crash": {"crash.lost": 0, "crash.duplicated": 0, "crash.kills": TINY.crash[1]},
}


# Those of growth differ in what they fill the store with.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.browser] if name == "pane" else [])
        for name in BENCHES
        if name not in {"growth.history", "growth.thread"}
    ],
)
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


def test_the_balance_after_a_crash_finds_what_is_missing_and_what_is_there_twice() -> None:
    nobody = cast("Client", SimpleNamespace())
    work = Work(nobody, "件名", notes=["a", "b"], taken=2, released=1)
    whole = Kept(Counter({"a": 1, "b": 1}), Counter({"claimed": 2, "released": 1, "noted": 2, "merged": 1}))
    assert _balance(work, whole) == (0, 0)
    assert _balance(work, replace(whole, notes=Counter({"a": 1}))) == (1, 0)
    assert _balance(work, replace(whole, notes=Counter({"a": 2, "b": 1, "c": 1}))) == (0, 2)
    assert _balance(work, replace(whole, happened=Counter({"claimed": 1, "released": 2, "noted": 2}))) == (1, 1)


def test_generated_mails_differ_in_their_ids_from_one_round_of_the_samples_to_the_next() -> None:
    samples = len(list(Path(str(SAMPLES / "mailbox" / "shared")).glob("*.eml")))
    found = list(mails(3 * samples))
    rounds = [{one.message_id for one in map(parse, found[at : at + samples])} for at in (0, samples, 2 * samples)]
    assert rounds[0].isdisjoint(rounds[1])
    assert rounds[1].isdisjoint(rounds[2])
    assert len(rounds[0]) == len(rounds[1])


def test_a_goal_says_whether_it_is_met() -> None:
    assert [Goal(relation, 2).is_met_by(2.1) for relation in ("<=", ">=", "==")] == [False, True, False]
    assert row(Figure("crash.lost", 0, "changes")).endswith("== 0   met")
    assert row(Figure("open.cpu_over_floor", 2.4, "times")).endswith("<= 2   MISSED")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert high(range(200)) == 198
    assert high(range(15), 90) == 13
    assert high([3.0, 1.0], 90) == 3


def test_figures_are_written_as_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    write([Figure("a", 1.23456, "ms"), Figure("b", 2, "times")], path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"name": "a", "value": 1.2346, "unit": "ms"},
        {"name": "b", "value": 2, "unit": "times"},
    ]

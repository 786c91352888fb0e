"""The benchmarks by name, and how large a run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.bench import answers, changes, crash, crm, growth, imports, opening, pane, race, round_trips
from tests.bench.figures import Figure
from tests.bench.world import World


@dataclass(frozen=True, slots=True)
class Scale:
    """How often and how much."""

    opens: int  # requests a round, of each side
    rounds: int  # alternations between two sides
    race: tuple[int, int]  # persons, rounds
    conversations: tuple[int, int]
    history: tuple[int, int]
    crm: tuple[int, int, int]  # agents, customers, opens
    mails: tuple[int, int]
    crash: tuple[int, int]  # acknowledged changes, kills
    panes: tuple[int, int, int]  # waiting panes, seconds of idling, changes
    cards: int  # first ones of a pane


FULL: Final = Scale(
    opens=400,
    rounds=11,
    race=(200, 20),
    conversations=(1_000, 100_000),
    history=(10, 10_000),
    crm=(50, 200, 1_000),
    mails=(2_000, 20_000),
    crash=(10_000, 20),
    panes=(2_000, 15, 40),
    cards=15,
)
QUICK: Final = Scale(
    opens=200,
    rounds=5,
    race=(200, 4),
    conversations=(1_000, 10_000),
    history=(10, 2_000),
    crm=(50, 200, 1_000),
    mails=(500, 2_000),
    crash=(1_000, 8),
    panes=(2_000, 6, 20),
    cards=5,
)
TINY: Final = Scale(
    opens=10,
    rounds=1,
    race=(12, 2),
    conversations=(10, 30),
    history=(3, 20),
    crm=(4, 6, 30),
    mails=(20, 40),
    crash=(120, 4),
    panes=(60, 1, 4),
    cards=1,
)
"""Of the tests: enough to see that every benchmark still does what it says."""

BENCHES: Final[Mapping[str, Callable[[World, Scale], Iterator[Figure]]]] = {
    "round_trips": lambda world, _: round_trips.measure(world),
    "open": lambda world, scale: opening.measure(world, opens=scale.opens, rounds=scale.rounds),
    "answers": lambda world, scale: answers.measure(world, opens=scale.opens, rounds=scale.rounds),
    "crm": lambda world, scale: crm.measure(world, agents=scale.crm[0], customers=scale.crm[1], opens=scale.crm[2]),
    "race": lambda world, scale: race.measure(world, persons=scale.race[0], rounds=scale.race[1]),
    "growth.history": lambda world, scale: growth.history(world, scale.history, scale.opens // 2, scale.rounds),
    "growth.thread": lambda world, scale: growth.thread(world, scale.history, scale.opens // 2, scale.rounds),
    "growth.conversations": lambda world, scale: growth.conversations(
        world, scale.conversations, scale.opens // 2, scale.rounds
    ),
    "import": lambda world, scale: imports.measure(world, few=scale.mails[0], many=scale.mails[1]),
    "changes": lambda world, scale: changes.measure(
        world,
        panes=scale.panes[0],
        seconds=scale.panes[1],
        changes=scale.panes[2],
        opens=scale.opens * scale.rounds // 2,
    ),
    "pane": lambda world, scale: pane.measure(world, opens=scale.cards),
    "crash": lambda world, scale: crash.measure(world, acknowledged=scale.crash[0], kills=scale.crash[1]),
}

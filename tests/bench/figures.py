"""A figure, what it is held against, and how a run's figures are written down."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must be: at most, at least or exactly this."""

    relation: str  # "<=", ">=", "=="
    value: float

    def is_met_by(self, value: float) -> bool:
        match self.relation:
            case "<=":
                return value <= self.value
            case ">=":
                return value >= self.value
            case _:
                return value == self.value


GOALS: Final = {
    "open.round_trips": Goal("==", 1),
    "action.round_trips": Goal("==", 1),
    "open.cpu_over_floor": Goal("<=", 2.0),
    "open.suggested.cpu_over_floor": Goal("<=", 2.0),
    "replies.rank_ms_1000": Goal("<=", 2),
    "replies.embed_cpu_ms": Goal("<=", 40),
    "replies.check_ms_1000": Goal("<=", 3),
    "crm.lookups_per_1000_opens": Goal("<=", 210),
    "crm.single_flight_lookups": Goal("==", 1),
    "crm.open.dead_extra_ms": Goal("<=", 5),
    "claim.race.rounds_with_one_winner": Goal("==", 20),
    "open.growth.conversations": Goal("<=", 1.2),
    "open.growth.history": Goal("<=", 1.2),
    "queue.growth": Goal("<=", 1.2),
    "import.per_second": Goal(">=", 170),
    "changes.idle_cpu_percent": Goal("<=", 5),
    "changes.idle_mb": Goal("<=", 200),
    "changes.open_p99_ratio": Goal("<=", 1.5),
    "changes.delay.p99_ms": Goal("<=", 2000),
    "changes.delay.missed": Goal("==", 0),
    "pane.kb": Goal("<=", 200),
    "crash.lost": Goal("==", 0),
    "crash.duplicated": Goal("==", 0),
}
"""Of a whole run; a quick one has fewer rounds."""


def write(figures: Iterable[Figure], path: Path) -> None:
    """Write one JSON object a line, in place of what an earlier run wrote."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"name": one.name, "value": round(one.value, 4), "unit": one.unit}) for one in figures]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def row(figure: Figure) -> str:
    """Return a line of the table."""
    value = f"{figure.value:,.0f}" if figure.value == int(figure.value) else f"{figure.value:,.3f}"
    goal = GOALS.get(figure.name)
    verdict = ""
    if goal:
        verdict = f"{goal.relation} {goal.value:g}   {'met' if goal.is_met_by(figure.value) else 'MISSED'}"
    return f"{figure.name:<36} {value:>12} {figure.unit:<18} {verdict}".rstrip()


def middle(values: Sequence[float]) -> float:
    """Return the median; ratios of single rounds are noisy, their median is not."""
    return statistics.median(values)


def high(values: Sequence[float], percent: int = 99) -> float:
    """Return this percentile."""
    return sorted(values)[len(values) * percent // 100]

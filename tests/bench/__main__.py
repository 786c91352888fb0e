"""`python -m tests.bench [--quick] [--only PREFIX]`: run the benchmarks, print a table, write var/bench.json."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from tests.bench.figures import Figure, row, write
from tests.bench.scales import BENCHES, FULL, QUICK, Scale
from tests.bench.world import ROOT, world

OUTPUT: Final = ROOT / "var" / "bench.json"


def main() -> None:
    """Measure; figures appear as soon as they are known."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="PREFIX", help=f"run only some of {', '.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller fillings")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load before {load:.1f}")
    figures = []
    for figure in run(QUICK if chosen.quick else FULL, chosen.only):
        print(row(figure), flush=True)
        figures.append(figure)
    write(figures, OUTPUT)


def run(scale: Scale, only: str) -> Iterator[Figure]:
    """Run the benchmarks whose name begins with `only`, each in a world of its own."""
    for name, bench in BENCHES.items():
        if name.startswith(only):
            begun = time.monotonic()
            with ExitStack() as ending:
                yield from bench(ending.enter_context(world()), scale)
            yield Figure(f"seconds.{name}", time.monotonic() - begun, "s")


if __name__ == "__main__":
    main()

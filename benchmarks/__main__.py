"""``python -m benchmarks``: measure, and write ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse

from benchmarks.report import write
from benchmarks.results import run


def main() -> None:
    """Measure all cases."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each side of each case counts (default: 7)")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error(f"--rounds must be at least 1, got {rounds}")
    write(run(rounds), rounds)


main()

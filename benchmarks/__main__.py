"""``python -m benchmarks``: measure, and write ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse

from benchmarks import deployment
from benchmarks.report import write
from benchmarks.results import run


def main() -> None:
    """Measure all cases."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each side of each case counts (default: 7)")
    parser.add_argument("--deployment", action="store_true", help="measure the deployment on one machine alone")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    if rounds < 1:
        parser.error(f"--rounds must be at least 1, got {rounds}")
    if not arguments.deployment:
        write(run(rounds), rounds)
    deployment.write(deployment.run(rounds), rounds)


main()

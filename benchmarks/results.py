"""The costs of all cases, and what follows from them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import Progress

from benchmarks.cases import ASSEMBLY, SIDES, WORKERS, Case, Side, cases, environment
from benchmarks.measurement import Cost, measure, median
from ecs_workloads.checks import read_assembly, summarize


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The costs of one case on both sides.

    Args:
        case: What was run.
        costs: Medians over all rounds, by side.
        resources: Resources in the assembly, by side; empty where there is none.
        services: ECS services in the assembly, by side; empty where there is none.
    """

    case: Case
    costs: Mapping[Side, Cost]
    resources: Mapping[Side, int]
    services: Mapping[Side, int]


def run(rounds: int) -> list[Comparison]:
    """Run all cases ``rounds`` times, the two sides in turn."""
    everything = cases()
    with Progress() as progress:
        task = progress.add_task("measuring", total=len(everything) * (rounds + 1) * len(SIDES))

        def one(case: Case) -> Comparison:
            costs: dict[Side, list[Cost]] = {side: [] for side in SIDES}
            resources: dict[Side, int] = {}
            services: dict[Side, int] = {}
            # The first round warms the caches and does not count.
            for number in range(rounds + 1):
                for side in SIDES:
                    with _folder() as assembly:
                        command = [str(assembly) if word == ASSEMBLY else word for word in case.commands[side]]
                        cost = measure(command, environment(assembly))
                        if number:
                            costs[side].append(cost)
                        if case.assembles:
                            counted = summarize(read_assembly(assembly))
                            resources[side] = sum(row.resources for row in counted)
                            services[side] = sum(row.services for row in counted)
                    progress.advance(task)
            medians: dict[Side, Cost] = {side: median(costs[side]) for side in SIDES}
            return Comparison(case=case, costs=medians, resources=resources, services=services)

        return [one(case) for case in everything]


def each_further_worker(comparisons: list[Comparison], side: Side) -> Cost:
    """Return what one worker more costs: the slope of the straight line through all numbers of workers."""
    rows = [one for one in comparisons if one.case.name.endswith("workers")]
    wall, cpu, peak = (
        float(np.polyfit(WORKERS, [getattr(row.costs[side], part) for row in rows], 1)[0])
        for part in ("wall", "cpu", "peak")
    )
    return Cost(wall=wall, cpu=cpu, peak=peak)


@contextmanager
def _folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ecs-workloads-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)

"""The page ``docs/benchmarks.md`` and its plot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

from benchmarks.cases import ROOT, SIDES, WORKERS
from benchmarks.machine import describe_machine
from benchmarks.results import Comparison, each_further_worker

_PAGE = ROOT / "docs" / "benchmarks.md"
_PLOT = ROOT / "docs" / "benchmarks.svg"
_NAMES = {"library": "ecs-workloads", "patterns": "aws_ecs_patterns"}
_LONGEST_WORKER_IN_MS = 30
_LARGEST_WORKER_IN_MIB = 1.5


def write(comparisons: list[Comparison], rounds: int) -> None:
    """Write page and plot."""
    _PAGE.write_text("\n".join(_lines(comparisons, rounds)) + "\n", encoding="utf-8")
    _draw(comparisons)


def _lines(comparisons: list[Comparison], rounds: int) -> Iterator[str]:
    yield from (
        "# Benchmarks",
        "",
        "What it costs to synthesise with this library, beside `aws_ecs_patterns`. `make bench` writes this page.",
        "",
        "Each row is whole processes, with all that they start, the two sides in turn, under the same feature flags,",
        f"without validation on either side: the median of {rounds} rounds after one that does not count. The other",
        "side makes less: no web firewall, no logs of the load balancer, no alarms, no dashboard. So time is given per",
        "resource too.",
        "",
        f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, {describe_machine()}.",
        "",
        "| what | side | wall, s | CPU, s | peak, MiB | resources | services | ms per resource | ms per service |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    )
    for one in comparisons:
        for side in SIDES:
            cost = one.costs[side]
            counts = ["", "", "", ""]
            if one.resources:
                counts = [
                    str(one.resources[side]),
                    str(one.services[side]),
                    f"{1000 * cost.wall / one.resources[side]:.1f}",
                    f"{1000 * cost.wall / one.services[side]:.0f}",
                ]
            cells = [one.case.name, _NAMES[side], f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak:.0f}", *counts]
            yield f"| {' | '.join(cells)} |"
    yield from ("", "As ratios, this library to the other:", "", "| what | wall | CPU | peak | wall per resource |")
    yield "|---|--:|--:|--:|--:|"
    for one in comparisons:
        ours, theirs = one.costs["library"], one.costs["patterns"]
        per_resource = ""
        if one.resources:
            ratio = (ours.wall / one.resources["library"]) / (theirs.wall / one.resources["patterns"])
            per_resource = f"{ratio:.2f}"
        cells = [
            one.case.name,
            f"{ours.wall / theirs.wall:.2f}",
            f"{ours.cpu / theirs.cpu:.2f}",
            f"{ours.peak / theirs.peak:.2f}",
            per_resource,
        ]
        yield f"| {' | '.join(cells)} |"
    yield from ("", "## Each further worker", "")
    yield f"The slope of the line through {', '.join(map(str, WORKERS))} workers, at most 20 in a stack."
    yield f"The aim is {_LONGEST_WORKER_IN_MS} ms and {_LARGEST_WORKER_IN_MIB} MiB."
    yield from ("", "| side | wall, ms | CPU, ms | memory, MiB |", "|---|--:|--:|--:|")
    for side in SIDES:
        slope = each_further_worker(comparisons, side)
        yield f"| {_NAMES[side]} | {1000 * slope.wall:.1f} | {1000 * slope.cpu:.1f} | {slope.peak:.2f} |"
    yield from ("", "![wall time and memory by number of workers](benchmarks.svg)")


def _draw(comparisons: list[Comparison]) -> None:
    rows = [one for one in comparisons if one.case.name.endswith("workers")]
    figure, (time, memory) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for side in SIDES:
        time.plot(WORKERS, [row.costs[side].wall for row in rows], marker="o", label=_NAMES[side])
        memory.plot(WORKERS, [row.costs[side].peak for row in rows], marker="o", label=_NAMES[side])
    for axes, label in ((time, "wall time, s"), (memory, "peak memory, MiB")):
        axes.set_xlabel("workers")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.3)
    time.legend()
    figure.savefig(_PLOT, metadata={"Date": None})  # pyright: ignore[reportUnknownMemberType]  # its types are partial

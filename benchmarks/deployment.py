"""What it takes to bring the dev environment up on this machine, and its part of ``docs/benchmarks.md``."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import ROOT
from benchmarks.machine import describe_machine
from benchmarks.measurement import Cost, measure, median
from ecs_workloads.checks import read_assembly, summarize

PAGE = ROOT / "docs" / "benchmarks.md"
_HEADING = "## A deployment on one machine"
_APP = f"{sys.executable} {ROOT / 'app.py'}"
_COMMAND = [sys.executable, "-c", "from ecs_workloads.cli import app; app()", "local"]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What one way to bring the environment up took.

    Args:
        name: What was run.
        cost: The median over all rounds.
        aim: The longest time that it should take, in seconds.
        resources: Resources in the assembly.
    """

    name: str
    cost: Cost
    aim: int
    resources: int


def run(rounds: int) -> list[Deployment]:
    """Bring the environment up and down ``rounds`` times, after once that fills the caches."""
    folder = Path(tempfile.mkdtemp(prefix="ecs-workloads-bench-"))
    try:
        assembly = folder / "assembly"
        _synthesize(assembly)
        resources = sum(row.resources for row in summarize(read_assembly(assembly)))
        from_assembly = _costs(folder, ["--app", str(assembly)], rounds)
        whole = _costs(folder, ["--app", _APP, "--context", "environments=dev"], rounds)
    finally:
        shutil.rmtree(folder)
    return [
        Deployment(name="assembly to steady", cost=from_assembly, aim=10, resources=resources),
        Deployment(name="`make up`", cost=whole, aim=25, resources=resources),
    ]


def _synthesize(assembly: Path) -> None:
    options = ["--output", str(assembly), "--quiet", "--no-notices", "--context", "environments=dev"]
    command = [str(ROOT / "node_modules/.bin/cdk"), "synth", "**", "--app", _APP, *options]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - ours


def _costs(folder: Path, arguments: Sequence[str], rounds: int) -> Cost:
    costs: list[Cost] = []
    for number in range(rounds + 1):
        project = folder / "project"
        project.mkdir()
        shutil.copy(ROOT / "cdk.json", project)
        command = [*_COMMAND, "up", "--project", str(project), *arguments]
        try:
            cost = measure(command, {"PATH": os.pathsep.join([str(ROOT / "node_modules/.bin"), os.environ["PATH"]])})
        finally:
            subprocess.run([*_COMMAND, "down", "--project", str(project)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
            shutil.rmtree(project)
        costs += [cost] if number else []
    return median(costs)


def write(deployments: Sequence[Deployment], rounds: int) -> None:
    """Write the part of the page anew; the rest of it stays."""
    before = PAGE.read_text(encoding="utf-8").partition(f"\n{_HEADING}\n")[0]
    PAGE.write_text(before + "\n" + "\n".join(_lines(deployments, rounds)) + "\n", encoding="utf-8")


def _lines(deployments: Sequence[Deployment], rounds: int) -> Iterator[str]:
    yield from (
        _HEADING,
        "",
        "The dev environment of the sample shop, brought up from nothing by `ecs-workloads local up`: target,",
        "bootstrap, deployment by the CDK command line, until every service is steady. Packages are installed, and",
        "images come from the cache. The first row begins with a synthesised assembly, the second with the app, as",
        "`make up` does.",
        f"{'One round' if rounds == 1 else f'The median of {rounds} rounds'} after one that does not count.",
        "",
        f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, {describe_machine()},",
        f"at a load of {os.getloadavg()[2]:.1f} over the last quarter of an hour: on an idle machine it is below 2.",
        "",
        "| what | wall, s | aim, s | resources | ms per resource |",
        "|---|--:|--:|--:|--:|",
    )
    for one in deployments:
        each = 1000 * one.cost.wall / one.resources
        yield f"| {one.name} | {one.cost.wall:.1f} | {one.aim} | {one.resources} | {each:.0f} |"

"""What is run: the same thing made with this library and with ``aws_ecs_patterns``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
#: Stands in a command for the folder of its assembly.
ASSEMBLY = "<assembly>"
WORKERS = (10, 50, 150)
Side = Literal["library", "patterns"]
SIDES: Sequence[Side] = ("library", "patterns")

_FLAGS = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
_IMPORTS = {
    "library": "from ecs_workloads import AppServer, ContainerCluster, SqsQueue, WebServer, Worker",
    "patterns": "from aws_cdk import aws_ec2, aws_ecs, aws_ecs_patterns, aws_sqs",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One comparison.

    Args:
        name: What is compared.
        commands: What is run, for each side.
        assembles: Whether the command writes a cloud assembly, whose resources are counted.
    """

    name: str
    commands: Mapping[Side, Sequence[str]]
    assembles: bool = True


def environment(assembly: Path) -> dict[str, str]:
    """Return the variables under which every command runs: the same feature flags, and where the assembly goes."""
    return {
        "CDK_CONTEXT_JSON": json.dumps(_FLAGS),
        "CDK_OUTDIR": str(assembly),
        "CDK_VALIDATION": "false",
        "PYTHONPATH": str(ROOT),
    }


def cases() -> list[Case]:
    """Return all comparisons, in the order of the page."""
    return [
        Case(name="environment", commands={side: _app(side, "environment") for side in SIDES}),
        *(
            Case(name=f"{number} workers", commands={side: _app(side, str(number)) for side in SIDES})
            for number in WORKERS
        ),
        Case(
            name="import",
            commands={side: [sys.executable, "-c", _IMPORTS[side]] for side in SIDES},
            assembles=False,
        ),
        Case(name="cdk synth", commands={side: _cdk_synth(side) for side in SIDES}),
        Case(name="ten tests", commands={side: _tests(side) for side in SIDES}, assembles=False),
    ]


def _app(side: Side, what: str) -> list[str]:
    return [sys.executable, f"benchmarks/apps/{side}.py", what]


def _cdk_synth(side: Side) -> list[str]:
    program = " ".join(_app(side, "environment"))
    options = ["--app", program, "--output", ASSEMBLY, "--quiet", "--no-notices", "--no-version-reporting"]
    return ["node_modules/.bin/cdk", "synth", "**", *options]


def _tests(side: Side) -> list[str]:
    options = ["-q", "-c", "/dev/null", "--rootdir", "benchmarks/user_tests", "-p", "no:cacheprovider"]
    # The kit's plugin is for users of the library; the other side goes without.
    options += ["-p", "no:ecs_workloads"] if side == "patterns" else []
    return [sys.executable, "-m", "pytest", *options, f"benchmarks/user_tests/test_{side}.py"]

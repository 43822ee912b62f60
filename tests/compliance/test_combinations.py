"""A thousand random valid combinations synthesise and break no rule of CloudFormation: fewer on a user's machine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.stacks.assemblies import ROOT

# Shards, since the kernel of jsii frees nothing before its process ends.
SHARDS = (1, 2, 3, 4)
COUNT = 260 if "CI" in os.environ else 20


@pytest.fixture(scope="module")
def templates() -> dict[int, set[str]]:
    """Return what each shard has made, filled by one test after the other."""
    return {}


@pytest.mark.parametrize("seed", SHARDS)
def test_random_combinations_break_no_rule(seed: int, templates: dict[int, set[str]]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    run = subprocess.run(
        [sys.executable, "-m", "tests.compliance.combinations", str(COUNT), str(seed)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-6000:]
    made = run.stdout.split()
    assert len(set(made)) == len(made) == COUNT
    templates[seed] = set(made)


def test_the_shards_repeat_each_other_hardly(templates: dict[int, set[str]]) -> None:
    if len(templates) < len(SHARDS):
        pytest.skip("needs all shards")
    assert len(set[str]().union(*templates.values())) >= 0.87 * len(SHARDS) * COUNT

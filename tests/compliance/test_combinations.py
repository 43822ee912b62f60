"""A thousand random valid combinations synthesise and break no rule of CloudFormation: fewer on a user's machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks.assemblies import ROOT

# Shards, since the kernel of jsii frees nothing before its process ends.
SHARDS = (1, 2, 3, 4)
COUNT = 260 if "CI" in os.environ else 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with what the shards have made so far, so that none makes it again."""
    file = tmp_path_factory.mktemp("combinations") / "made.txt"
    file.touch()
    return file


@pytest.mark.parametrize("seed", SHARDS)
def test_random_combinations_break_no_rule(seed: int, made: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    before = made.read_text(encoding="ascii").split()
    run = subprocess.run(
        [sys.executable, "-m", "tests.compliance.combinations", str(COUNT), str(seed), str(made)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-6000:]
    new = run.stdout.split()
    assert len({*before, *new}) == len(before) + COUNT
    made.write_text("\n".join([*before, *new]), encoding="ascii")

"""A thousand random valid combinations synthesise and break no rule of CloudFormation: fewer on a user's machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.stacks.assemblies import ROOT

# Shards, since the kernel of jsii frees nothing before its process ends.
SHARDS = (1, 2, 3, 4)
COUNT = 280 if "CI" in os.environ else 20


@pytest.mark.parametrize("seed", SHARDS)
def test_random_combinations_break_no_rule(seed: int) -> None:
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
    tried = re.fullmatch(r"(\d+) combinations, (\d+) templates", run.stdout.splitlines()[-1])
    assert tried is not None
    assert int(tried[1]) >= COUNT
    assert int(tried[2]) >= 0.85 * COUNT

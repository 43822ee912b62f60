"""One reviewed snapshot for each environment. ``make snapshots`` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from ecs_workloads.testing import TemplateSnapshot
from stacks.environments import ENVIRONMENTS, Environment
from tests.stacks.assemblies import templates


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_templates(environment: Environment, snapshot: SnapshotAssertion) -> None:
    assert templates(environment) == snapshot(extension_class=TemplateSnapshot)


def test_there_is_one_snapshot_for_each_environment() -> None:
    folder = Path(__file__).parent / "__snapshots__" / "test_snapshots"
    names = {file.stem for file in folder.iterdir()}
    assert names == {f"test_templates[{environment.name}]" for environment in ENVIRONMENTS}

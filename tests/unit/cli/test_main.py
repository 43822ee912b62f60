"""Tests of the command line."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from ecs_workloads.cli import app
from stacks.environments import DEV
from tests.stacks.assemblies import synthesize


def test_summary_shows_a_line_for_each_environment() -> None:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["summary", str(Path(synthesize(DEV).directory))])

    assert result.exit_code == 0
    assert "shop-dev-Application" in result.output
    assert "Assembly: /" in result.output


def test_summary_fails_where_nothing_was_synthesised(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["summary", str(tmp_path)])

    assert result.exit_code == 1
    assert "run 'cdk synth' first" in result.output

"""Tests of the command line."""

from __future__ import annotations

import re
from pathlib import Path

import aws_cdk as cdk
from typer.testing import CliRunner

from ecs_workloads.cli import app as command
from stacks.deployment import Deployment
from stacks.environments import DEV
from tests.stacks.assemblies import feature_flags


def test_summary_shows_a_line_for_each_environment(tmp_path: Path) -> None:
    app = cdk.App(context=feature_flags(), outdir=str(tmp_path), analytics_reporting=False)
    Deployment(app, "shop-dev", environment=DEV)
    app.synth()

    result = CliRunner().invoke(command, ["summary", str(tmp_path)])

    assert result.exit_code == 0
    assert re.search(r"│ shop-dev +│ +5 │ +\d+ │ +3 │ Application +│ +\d+ │", result.output)
    assert f"Assembly: {tmp_path}" in result.output


def test_summary_fails_where_nothing_was_synthesised(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["summary", str(tmp_path)])

    assert result.exit_code == 1
    assert "run 'cdk synth' first" in result.output

"""Tests of what is read out of a cloud assembly."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from ecs_workloads.checks import read_assembly, summarize


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    sqs.Queue(cdk.Stack(app, "Alone"), "Queue")
    stage = cdk.Stage(app, "Dev")
    small, large = cdk.Stack(stage, "Small"), cdk.Stack(stage, "Large")
    sqs.Queue(small, "Queue")
    for index in range(50):
        sqs.Queue(large, f"Queue{index}")
        if index < 40:
            cdk.CfnOutput(large, f"Output{index}", value="x")
    app.synth()
    return tmp_path


def test_stacks_of_stages_are_found(assembly: Path) -> None:
    stacks = {(stack.environment, stack.stack_name) for stack in read_assembly(assembly)}
    assert stacks == {("Alone", "Alone"), ("Dev", "Dev-Small"), ("Dev", "Dev-Large")}


def test_the_nearest_limit_counts(assembly: Path) -> None:
    percent = {stack.stack_name: stack.percent_of_limits for stack in read_assembly(assembly)}
    assert percent["Dev-Large"] == pytest.approx(20)  # 40 of 200 outputs, against 50 of 500 resources


def test_an_environment_is_summed_up(assembly: Path) -> None:
    dev = next(row for row in summarize(read_assembly(assembly)) if row.environment == "Dev")
    assert (dev.stacks, dev.resources, dev.services, dev.largest_stack) == (2, 51, 0, "Dev-Large")


def test_fails_where_nothing_was_synthesised(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no cloud assembly; run 'cdk synth' first"):
        read_assembly(tmp_path)

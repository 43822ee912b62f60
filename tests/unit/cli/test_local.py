"""Tests of ``ecs-workloads local`` where no target can run; ``tests/local`` has those of what it does."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from ecs_workloads.cli import app as command


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("ecs_workloads.local.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dockerfile_parse", None)

    result = CliRunner().invoke(command, ["local", "status"])

    assert result.exit_code == 1
    assert result.stderr == "error: dockerfile_parse is not installed; say pip install 'ecs-workloads[cli,local]'\n"


def test_a_port_that_is_none_is_a_mistake_of_use() -> None:
    result = CliRunner().invoke(command, ["local", "up", "--port", "70000"])

    assert result.exit_code == 2

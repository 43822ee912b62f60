"""Targets of the tests. Every one is taken down, whatever came of the test."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from ecs_workloads.local import LocalError, _namespaces
from tests.local.echo_app import add_all, synthesize
from tests.local.project import Project


@pytest.fixture(scope="session", autouse=True)
def _namespaces_are_allowed() -> None:
    try:
        _namespaces.check()
    except LocalError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    """Return a project without a target."""
    project = Project(tmp_path / "project")
    yield project
    project.run("down")


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Project, Path, dict[str, Any]]]:
    """Return a project with the echo service, two tasks of it, with its assembly and the service as ``up`` shows it.

    There are a listener for HTTPS, a job, a schedule that runs it each minute, and a task of two containers.
    """
    folder = tmp_path_factory.mktemp("echo")
    assembly = synthesize(folder / "assembly", count=2, extra=add_all)
    project = Project(folder / "project")
    try:
        yield project, assembly, project.up(assembly)[0]
    finally:
        project.run("down")

"""What starting and ending a target leaves behind: nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest

from tests.local.echo_app import synthesize
from tests.local.project import Project, facts, is_open, wait_until

Served = tuple[Project, dict[str, Any]]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Served, Served]]:
    """Return two projects whose targets run side by side, each with its service."""
    folder = tmp_path_factory.mktemp("two")
    projects = (Project(folder / "first"), Project(folder / "second"))
    try:
        first, second = (
            (project, project.up(synthesize(folder / f"of-{name}", variables={"GREETING": name}))[0])
            for project, name in zip(projects, ("first", "second"), strict=True)
        )
        yield first, second
    finally:
        for project in projects:
            project.run("down")


def test_two_targets_run_side_by_side(two: tuple[Served, Served]) -> None:
    (first, of_first), (second, of_second) = two

    assert (facts(of_first)["GREETING"], facts(of_second)["GREETING"]) == ("first", "second")
    for project, service in two:
        assert [each["addresses"] for each in project.services()] == [service["addresses"]]
        assert any("echo.py" in each for each in project.processes())
    assert not set(first.process_ids()) & set(second.process_ids())


def test_down_leaves_no_process_port_or_file(two: tuple[Served, Served]) -> None:
    (project, service), (_, other) = two

    done = project.run("down")

    assert (done.returncode, done.stdout) == (0, "Removed.\n")
    assert project.processes() == []
    assert not is_open(service["addresses"][0])
    assert not is_open(f"127.0.0.1:{project.port}")
    assert list(project.folder.iterdir()) == []
    assert facts(other)["GREETING"] == "second"


def test_a_killed_supervisor_leaves_no_process(two: tuple[Served, Served]) -> None:
    project, service = two[1]

    os.kill(project.record()["pid"], signal.SIGKILL)

    wait_until(lambda: project.processes() == [])
    assert not is_open(service["addresses"][0])
    assert not is_open(f"127.0.0.1:{project.port}")
    assert "no local target runs" in project.run("status").stderr


def test_down_without_a_target_says_so(project: Project) -> None:
    done = project.run("down")

    assert (done.returncode, done.stdout) == (0, "Nothing runs here.\n")


@pytest.mark.parametrize("verb", ["status", "logs", "run-task", "open"])
def test_asking_without_a_target_fails(project: Project, verb: str) -> None:
    done = project.run(verb, *(["web"] if verb in {"logs", "run-task"} else []))

    assert done.returncode == 1
    assert done.stderr.startswith("error: no local target runs")
    assert done.stderr.count("\n") == 1

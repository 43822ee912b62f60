"""What starting and ending a target leaves behind: nothing."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.local.echo_app import synthesize
from tests.local.project import Project, facts, wait_until


def is_open(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_down_leaves_no_process_port_or_file(project: Project, tmp_path: Path) -> None:
    service = project.up(synthesize(tmp_path / "assembly"))[0]
    assert any("echo.py" in each for each in project.processes())

    done = project.run("down")

    assert (done.returncode, done.stdout) == (0, "Removed.\n")
    assert project.processes() == []
    assert not is_open(service["addresses"][0])
    assert not is_open(f"127.0.0.1:{project.port}")
    assert list(project.folder.iterdir()) == []


def test_a_killed_target_leaves_no_process(project: Project, tmp_path: Path) -> None:
    service = project.up(synthesize(tmp_path / "assembly"))[0]

    os.kill(project.record()["pid"], signal.SIGKILL)

    wait_until(lambda: project.processes() == [])
    assert not is_open(service["addresses"][0])
    assert "no local target runs" in project.run("status").stderr


def test_two_targets_run_side_by_side(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    first = project.up(synthesize(tmp_path / "first", variables={"GREETING": "first"}))[0]
    try:
        second = other.up(synthesize(tmp_path / "second", variables={"GREETING": "second"}))[0]

        assert (facts(first)["GREETING"], facts(second)["GREETING"]) == ("first", "second")
    finally:
        other.run("down")
    assert facts(first)["GREETING"] == "first"


def test_a_program_gets_sigterm_when_its_task_is_not_wanted(project: Project, tmp_path: Path) -> None:
    project.up(synthesize(tmp_path / "assembly"))
    scaled = synthesize(tmp_path / "none", count=0)

    project.up(scaled)

    assert "stopping in order" in project.run("logs", "service").stdout


def test_down_without_a_target_says_so(project: Project) -> None:
    done = project.run("down")

    assert (done.returncode, done.stdout) == (0, "Nothing runs here.\n")


@pytest.mark.parametrize("verb", ["status", "logs"])
def test_asking_without_a_target_fails(project: Project, verb: str) -> None:
    done = project.run(verb, *(["web"] if verb == "logs" else []))

    assert done.returncode == 1
    assert done.stderr.startswith("error: no local target runs")

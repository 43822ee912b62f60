"""The target of a user who is not root: the same, in a user namespace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.local.echo_app import synthesize
from tests.local.project import SYSTEM_PYTHON, Project, facts

_USER = 61234  # of nobody on this machine


def _can_run() -> bool:
    """Return whether another user can import, by the system's Python, what is installed for that of the tests."""
    if os.geteuid() != 0:
        return False
    asked = subprocess.run(
        [SYSTEM_PYTHON, "-c", "import sys, ensurepip, ecs_workloads.local, pyroute2; print(*sys.version_info[:2])"],
        env={"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=_USER,
    )
    return asked.stdout.split() == [str(part) for part in sys.version_info[:2]]


pytestmark = pytest.mark.skipif(
    not _can_run(), reason="needs root, who drops its rights, and a repository and Python that other users can read"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Project, dict[str, Any]]]:
    """Return a project of another user, and its service."""
    # The folders of pytest let nobody else in.
    home = Path(tempfile.mkdtemp(prefix="ecs-workloads-user-", dir="/tmp"))
    assembly = shutil.copytree(synthesize(tmp_path_factory.mktemp("user") / "assembly"), home / "assembly")
    project = Project(home / "project", user=_USER)
    for path in (home, *home.rglob("*")):
        os.chown(path, _USER, _USER)
    try:
        yield project, project.up(assembly)[0]
    finally:
        project.run("down")
        shutil.rmtree(home)


def test_a_service_answers(served: tuple[Project, dict[str, Any]]) -> None:
    known = facts(served[1])

    assert (known["GREETING"], known["folder"]) == ("hello", "/srv")


def test_every_process_is_the_users(served: tuple[Project, dict[str, Any]]) -> None:
    owners = {Path(f"/proc/{number}").stat().st_uid for number in served[0].process_ids()}

    assert owners == {_USER}


def test_the_root_of_a_task_is_read_only(served: tuple[Project, dict[str, Any]]) -> None:
    assert facts(served[1], "/write")["written"]["/srv"] == "Read-only file system"


def test_down_leaves_nothing(served: tuple[Project, dict[str, Any]]) -> None:
    project = served[0]

    done = project.run("down")

    assert (done.returncode, done.stdout) == (0, "Removed.\n")
    assert project.processes() == []
    assert not project.state.exists()

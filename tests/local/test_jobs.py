"""Tasks that run once, by hand or by a schedule."""

from __future__ import annotations

import time
from pathlib import Path

from tests.local.echo_app import add_job, add_schedule, synthesize
from tests.local.project import Project


def test_a_task_run_by_hand_shows_its_output_and_its_exit_code(project: Project, tmp_path: Path) -> None:
    project.up(synthesize(tmp_path / "assembly", extra=add_job))

    done = project.run("run-task", "night")

    assert (done.returncode, done.stdout) == (7, "the job ran\n")
    assert "Essential container in task exited: job with exit code 7" in done.stderr


def test_a_task_definition_that_does_not_exist_is_named(project: Project, tmp_path: Path) -> None:
    project.up(synthesize(tmp_path / "assembly", extra=add_job))

    done = project.run("run-task", "daily")

    assert done.returncode == 1
    assert "no task definition has a name like 'daily'; there is: " in done.stderr
    assert "nightly" in done.stderr


def test_a_schedule_runs_its_task(project: Project, tmp_path: Path) -> None:
    project.up(synthesize(tmp_path / "assembly", extra=add_schedule))
    end = time.monotonic() + 100

    while "the job ran" not in project.run("logs", "family:nightly").stdout:
        assert time.monotonic() < end, "the schedule did not fire"
        time.sleep(1)

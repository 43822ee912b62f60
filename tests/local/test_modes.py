"""The two lesser modes, forced: what they can do, what they refuse, and that they say so."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs

from ecs_workloads.local import LocalError, _namespaces
from ecs_workloads.local._mode import Mode, choose
from tests.local.echo_app import add_job, synthesize
from tests.local.project import Project, facts, path_without_namespaces, wait_until


def _refuse() -> None:
    raise LocalError("no permission for namespaces")


def _without_volumes(stack: cdk.Stack) -> None:
    definition = stack.node.find_child("Task").node.default_child
    assert isinstance(definition, ecs.CfnTaskDefinition)
    definition.add_property_deletion_override("Volumes")
    definition.add_property_deletion_override("ContainerDefinitions.0.MountPoints")


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an assembly whose service has one task and no volume."""
    return synthesize(tmp_path_factory.mktemp("one") / "assembly", extra=_without_volumes)


@pytest.fixture(scope="module")
def loopback(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Generator[Project]:
    """Return a project with a target on a machine that refuses namespaces."""
    folder = tmp_path_factory.mktemp("loopback")
    project = Project(folder / "project")
    try:
        project.up(assembly, PATH=path_without_namespaces(folder))
        yield project
    finally:
        project.run("down")


def test_a_machine_with_namespaces_uses_them() -> None:
    assert choose(None) is Mode.NAMESPACES


def test_a_machine_that_refuses_namespaces_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_namespaces, "check", _refuse)

    assert choose(None) is Mode.LOOPBACK
    with pytest.raises(LocalError, match="no permission for namespaces"):
        choose("namespaces")


def test_another_system_simulates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert choose(None) is Mode.SIMULATED
    with pytest.raises(LocalError, match="loopback mode runs on Linux, this machine is darwin"):
        choose("loopback")


def test_an_unknown_mode_is_refused(project: Project, assembly: Path) -> None:
    done = project.run("up", "--app", str(assembly), "--mode", "docker")

    assert done.returncode == 1
    assert "--mode must be one of namespaces, loopback, simulated, got 'docker'" in done.stderr


def test_loopback_runs_a_program_at_an_address_of_its_own_and_says_its_limits(loopback: Project) -> None:
    said = json.loads(loopback.run("status", "--json").stdout)

    known = facts(said["services"][0])

    assert (said["mode"], said["services"][0]["healthy"]) == ("loopback", 1)
    assert "names of Service Connect do not resolve" in said["label"]
    assert said["label"] in loopback.run("status").stdout
    assert known["TASK_IP"].startswith("127.")
    assert known["TASK_IP"] == said["services"][0]["tasks"][0]["address"]
    assert known["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{loopback.port}"


def test_a_running_target_keeps_its_mode(loopback: Project, assembly: Path) -> None:
    done = loopback.run("up", "--app", str(assembly), "--mode", "simulated")

    assert done.returncode == 1
    assert "the target runs in mode loopback, not simulated; take it down first" in done.stderr


def test_loopback_refuses_a_service_of_several_tasks_by_name(loopback: Project, tmp_path: Path) -> None:
    done = loopback.run("up", "--app", str(synthesize(tmp_path / "assembly", count=2)))

    assert done.returncode == 1
    assert "a service has one task in loopback mode; Echo/Service" in done.stderr
    assert "wants 2 (" in done.stderr


def test_loopback_refuses_volumes(loopback: Project, tmp_path: Path) -> None:
    done = loopback.run("up", "--app", str(synthesize(tmp_path / "assembly", name="Other")))

    assert done.returncode == 1
    assert "no volume can be mounted in loopback mode; Other/Task" in done.stderr


def test_a_killed_target_in_loopback_mode_leaves_no_process(loopback: Project) -> None:
    assert any("echo.py" in each for each in loopback.processes())

    os.kill(loopback.record()["pid"], signal.SIGKILL)

    wait_until(lambda: loopback.processes() == [])


def test_simulated_mode_deploys_without_a_program_and_says_so(project: Project, tmp_path: Path) -> None:
    assembly = synthesize(tmp_path / "assembly", count=2, extra=add_job)
    done = project.run("up", "--app", str(assembly), "--mode", "simulated", "--json")

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    project.port = int(project.record()["port"])
    service = said["services"][0]
    assert (said["mode"], service["desired"], service["running"], service["healthy"]) == ("simulated", 2, 2, None)
    assert "no program runs" in said["label"]
    assert "Simulated mode: no program runs" in done.stderr
    assert not any("echo.py" in each for each in project.processes())
    status = project.run("status")
    assert (status.returncode, "simulated" in status.stdout) == (0, True)
    job = project.run("run-task", "nightly")
    assert (job.returncode, "no task runs in simulated mode; nightly was not run" in job.stderr) == (1, True)

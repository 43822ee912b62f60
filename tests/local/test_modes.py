"""The two lesser modes, forced: what they can do, what they refuse, and that they say so."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads.local import LocalError, _namespaces
from ecs_workloads.local._loopback_container import variables_of
from ecs_workloads.local._loopback_network import LoopbackNetwork
from ecs_workloads.local._mode import Mode, choose
from ecs_workloads.local._names import Names
from ecs_workloads.local._sandbox import Sandbox
from tests.local.echo_app import PROGRAM, add_disk, add_job, synthesize
from tests.local.project import Project, facts, path_without_namespaces, wait_until


def _refuse() -> None:
    raise LocalError("no permission for namespaces")


def _add_back(stack: cdk.Stack) -> None:
    """Add a second service, which the first one asks by its name of Service Connect."""
    cluster = cast("ecs.Cluster", stack.node.find_child("Cluster"))
    cluster.add_default_cloud_map_namespace(name="echo.local", use_for_service_connect=True)
    definition = ecs.FargateTaskDefinition(stack, "BackTask")
    definition.add_container(
        "echo",
        image=ecs.ContainerImage.from_asset(str(PROGRAM)),
        environment={"GREETING": "back"},
        port_mappings=[ecs.PortMapping(container_port=8080, name="http")],
    )
    back = ecs.FargateService(
        stack,
        "Back",
        cluster=cluster,
        task_definition=definition,
        desired_count=1,
        min_healthy_percent=100,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        service_connect_configuration=ecs.ServiceConnectProps(
            services=[ecs.ServiceConnectService(port_mapping_name="http")]
        ),
    )
    front = cast("ecs.FargateService", stack.node.find_child("Service"))
    front.enable_service_connect()
    front.node.add_dependency(back)


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an assembly with two services of one task; the first has a scratch volume and asks the other."""
    variables = {"BACK": "http://http.echo.local:8080/", "SCRATCH": "/scratch"}
    return synthesize(tmp_path_factory.mktemp("one") / "assembly", variables=variables, extra=_add_back)


@pytest.fixture(scope="module")
def loopback(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Generator[Project]:
    """Return a project with a target on a machine that refuses namespaces."""
    folder = tmp_path_factory.mktemp("loopback")
    project = Project(folder / "project")
    try:
        done = project.run("up", "--app", str(assembly), PATH=path_without_namespaces(folder))
        assert done.returncode == 0, done.stderr
        assert "Not in a better mode: no permission for namespaces (unshare failed: Operation" in done.stdout
        project.port = int(project.record()["port"])
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
    front = _front(loopback)

    known = facts(front)

    assert (said["mode"], [each["healthy"] for each in said["services"]]) == ("loopback", [1, 1])
    assert "one to a service; names of Service Connect are known in variables alone" in said["label"]
    assert said["label"] in loopback.run("status").stdout
    assert known["TASK_IP"].startswith("127.")
    assert known["TASK_IP"] == front["tasks"][0]["address"]
    assert known["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{loopback.port}"


def _front(project: Project) -> dict[str, Any]:
    return next(each for each in project.services() if each["addresses"][0].startswith("http://"))


def test_loopback_knows_names_of_service_connect_in_variables(loopback: Project) -> None:
    known = facts(_front(loopback), "/back")

    assert (known["GREETING"], known["back"]["GREETING"]) == ("hello", "back")
    assert known["TASK_IP"] != known["back"]["TASK_IP"]


def test_loopback_knows_the_path_of_a_scratch_volume_in_variables(loopback: Project) -> None:
    assert facts(_front(loopback), "/write")["written"]["/scratch"] == "written"


def test_loopback_keeps_temporary_files_in_a_volume_at_tmp() -> None:
    volumes = [("/state/tmp", "/tmp", False)]
    sandbox = Sandbox(
        staging="/", image="/image", interpreter="/usr", command=[], environment={"KEPT": "/tmp/a"}, volumes=volumes
    )

    assert variables_of(sandbox) == {"TMPDIR": "/state/tmp", "KEPT": "/state/tmp/a", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("http://app:8000/path", "http://ADDRESS:8000/path"),
        ("amqp://user@app", "amqp://user@ADDRESS"),
        ("app:8000", "ADDRESS:8000"),
        ("http://app.other:8000", "http://app.other:8000"),
        ("http://web/app:8000", "http://web/app:8000"),
        ("app", "app"),
    ],
)
def test_a_name_becomes_an_address_where_it_is_a_host(text: str, resolved: str, tmp_path: Path) -> None:
    names = Names(LoopbackNetwork(0x1234), tmp_path)

    names.know("shop", "app")

    assert names.resolved("shop", text) == resolved.replace("ADDRESS", "127.18.52.200")
    assert names.resolved("another", text) == text


def test_a_running_target_keeps_its_mode(loopback: Project, assembly: Path) -> None:
    done = loopback.run("up", "--app", str(assembly), "--mode", "simulated")

    assert done.returncode == 1
    assert "the target runs in mode loopback, not simulated; take it down first" in done.stderr


def test_loopback_refuses_a_service_of_several_tasks_by_name(loopback: Project, tmp_path: Path) -> None:
    done = loopback.run("up", "--app", str(synthesize(tmp_path / "assembly", count=2)))

    assert done.returncode == 1
    assert "a service has one task in loopback mode; Echo/Service" in done.stderr
    assert "wants 2 (" in done.stderr


def test_loopback_refuses_volumes_that_last_by_name(loopback: Project, tmp_path: Path) -> None:
    done = loopback.run("up", "--app", str(synthesize(tmp_path / "assembly", name="Other", extra=add_disk)))

    assert done.returncode == 1
    assert "loopback mode has scratch volumes alone, no EFS and no EBS; Other/Task" in done.stderr


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

"""Bad input ends in one line and exit code 1, and leaves nothing running."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda

from ecs_workloads.local import LocalError
from ecs_workloads.local._client import unsteady
from ecs_workloads.local._mode import Mode
from ecs_workloads.local._settings import local_images
from tests.local.echo_app import synthesize
from tests.local.project import Project, free_port, is_open, path_without_namespaces

MOUNT, UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""


def one_line(project: Project, *arguments: str, **variables: str) -> str:
    """Run ``up`` and return the one line with which it failed. Nothing of it runs any more."""
    project.port = project.port or free_port()
    done = project.run("up", "--port", str(project.port), *arguments, **variables)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert project.processes() == []
    return done.stderr


def refused(project: Project, *arguments: str, **variables: str) -> str:
    """Return the same; besides, nobody listens any more, and there is no file."""
    line = one_line(project, *arguments, **variables)
    assert not is_open(f"127.0.0.1:{project.port}")
    assert not project.state.exists()
    return line


def test_an_unsupported_resource_type_is_named_before_anything_is_created(project: Project, tmp_path: Path) -> None:
    assembly = synthesize(
        tmp_path / "assembly", extra=lambda stack: cdk.CfnResource(stack, "Fleet", type="AWS::GameLift::Fleet")
    )

    line = refused(project, "--app", str(assembly))

    assert "cannot create AWS::GameLift::Fleet (Echo/Fleet)" in line


def test_an_image_without_a_local_command_is_named(project: Project, tmp_path: Path) -> None:
    image = ecs.ContainerImage.from_registry("example.com/shop:1.4.2")
    assembly = synthesize(tmp_path / "assembly", image=image)

    assert "no local command for image example.com/shop:1.4.2" in refused(project, "--app", str(assembly))


def test_a_taken_port_is_named(project: Project, tmp_path: Path) -> None:
    assembly = synthesize(tmp_path / "assembly")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        project.port = taken.getsockname()[1]

        line = one_line(project, "--app", str(assembly))

    assert f"port {project.port} of 127.0.0.1 is taken" in line
    assert not project.state.exists()


def test_an_app_that_fails_says_why(project: Project) -> None:
    (project.folder / "app.py").write_text("raise SystemExit('the app is broken')\n", encoding="utf-8")

    line = refused(project, "--app", "python app.py")

    assert "cdk synth failed" in line
    assert "the app is broken" in line


def test_a_missing_command_line_of_cdk_is_named(project: Project, tmp_path: Path) -> None:
    assembly = synthesize(tmp_path / "assembly")

    line = refused(project, "--app", str(assembly), PATH="/usr/bin:/bin:/usr/sbin:/sbin")

    assert "the CDK command line is missing" in line


def test_a_folder_of_another_version_is_refused_and_kept(project: Project, tmp_path: Path) -> None:
    project.state.mkdir()
    record = project.state / "target.json"
    record.write_text(json.dumps({"format": 99}), encoding="utf-8")

    line = one_line(project, "--app", str(synthesize(tmp_path / "assembly")))

    assert f"{project.state} is of version 99, this program writes version 1" in line
    assert not is_open(f"127.0.0.1:{project.port}")
    assert json.loads(record.read_text(encoding="utf-8")) == {"format": 99}


def test_a_machine_that_refuses_namespaces_is_told_apart(project: Project, tmp_path: Path) -> None:
    assembly = synthesize(tmp_path / "assembly")

    line = refused(project, "--app", str(assembly), "--mode", "namespaces", PATH=path_without_namespaces(tmp_path))

    assert "no permission for namespaces (unshare failed: Operation not permitted)" in line


def test_a_folder_that_cannot_be_written_is_named(project: Project, tmp_path: Path) -> None:
    project.state.write_text("a file, not a folder", encoding="utf-8")

    line = one_line(project, "--app", str(synthesize(tmp_path / "assembly")))

    assert line.startswith(f"error: cannot write {project.state}")
    assert not is_open(f"127.0.0.1:{project.port}")
    project.state.unlink()


def test_a_wrong_image_folder_is_refused(project: Project, tmp_path: Path) -> None:
    (project.folder / "ecs-workloads.toml").write_text(
        '[local.images]\n"example.com/shop" = "nowhere"\n', encoding="utf-8"
    )

    line = refused(project, "--app", str(synthesize(tmp_path / "assembly")))

    assert "[local.images] example.com/shop must be a folder with a Dockerfile, got 'nowhere'" in line


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("7", " must be a table, got 7"),
        ("{}", " must be a folder with a Dockerfile, got None"),
        (
            '{ folder = ".", root = "." }',
            " must have nothing but root, entry-point, command, environment, user, got folder",
        ),
        ('{ folder = ".", contexts = { code = "nowhere" } }', " contexts code must be a folder, got 'nowhere'"),
        ('{ folder = ".", contexts = "code" }', " contexts must be a table, got 'code'"),
        ('{ root = "nowhere" }', " root must be a folder, got 'nowhere'"),
        ('{ root = ".", command = "run" }', " command must be a list of words, got 'run'"),
        ('{ root = ".", entry-point = [1] }', " entry-point must be a list of words, got [1]"),
        ('{ root = ".", environment = { SIZE = 1 } }', " SIZE must be text, got 1"),
        ('{ root = ".", user = 999 }', " user must be text, got 999"),
    ],
)
def test_what_stands_for_an_image_is_checked(tmp_path: Path, said: str, message: str) -> None:
    (tmp_path / "Dockerfile").touch()
    (tmp_path / "ecs-workloads.toml").write_text(f'[local.images]\n"example.com/shop" = {said}\n', encoding="utf-8")

    with pytest.raises(LocalError) as raised:
        local_images(tmp_path)

    assert str(raised.value) == f"{tmp_path / 'ecs-workloads.toml'}: [local.images] example.com/shop{message}"


def test_a_root_is_refused_in_loopback_mode(tmp_path: Path) -> None:
    said = '[local.images]\n"example.com/shop" = { root = "." }\n'
    (tmp_path / "ecs-workloads.toml").write_text(said, encoding="utf-8")
    found = local_images(tmp_path)["example.com/shop"]

    with pytest.raises(
        LocalError, match=f"example.com/shop is the root {tmp_path}, which tasks cannot have in loopback"
    ):
        found.make("example.com/shop", Mode.LOOPBACK)


def test_a_custom_resource_whose_function_fails_says_why(project: Project, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "assembly"), analytics_reporting=False)
    stack = cdk.Stack(app, "Custom")
    code = aws_lambda.Code.from_inline("def handler(event, context):\n    raise RuntimeError('told to fail')\n")
    function = aws_lambda.Function(
        stack, "Function", runtime=aws_lambda.Runtime.PYTHON_3_13, handler="index.handler", code=code
    )
    cdk.CustomResource(stack, "Resource", resource_type="Custom::Broken", service_token=function.function_arn)
    app.synth()

    line = refused(project, "--app", str(tmp_path / "assembly"))

    assert "cdk deploy failed: Custom: Resource (Custom::Broken): its function failed: told to fail" in line


def test_a_program_that_fails_takes_its_stack_back(project: Project, tmp_path: Path) -> None:
    assembly = synthesize(tmp_path / "assembly", variables={"FAIL": "yes"})

    line = refused(project, "--app", str(assembly))

    assert "cdk deploy failed: Echo: Service" in line
    assert "ECS Deployment Circuit Breaker was triggered" in line
    assert "saying: told to fail" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk has to be mounted")
@pytest.mark.parametrize("size", ["4k", "16k"])
def test_a_full_disk_ends_in_one_line(project: Project, tmp_path: Path, size: str) -> None:
    assembly = synthesize(tmp_path / "assembly")
    project.state.mkdir()
    subprocess.run([MOUNT, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(project.state)], check=True)
    try:
        line = one_line(project, "--app", str(assembly))
        left = list(project.state.iterdir())
    finally:
        subprocess.run([UMOUNT, str(project.state)], check=True)

    assert "o space " in line
    assert f"cannot write {project.state}" in line
    assert not is_open(f"127.0.0.1:{project.port}")
    assert left == []


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (Mode.NAMESPACES, ["Web has 1 healthy of 2 tasks", "Worker has 0 healthy of 1 tasks"]),
        (Mode.SIMULATED, ["Worker has 0 running of 1 tasks"]),
    ],
)
def test_a_service_with_fewer_tasks_than_it_wants_is_not_steady(mode: Mode, said: list[str]) -> None:
    services: list[dict[str, object]] = [
        {"name": "Web", "desired": 2, "running": 2, "healthy": 1},
        {"name": "App", "desired": 1, "running": 2, "healthy": 1},
        {"name": "Worker", "desired": 1, "running": 0, "healthy": 0},
        {"name": "Idle", "desired": 0, "running": 0, "healthy": 0},
    ]

    assert unsteady(services, mode) == said

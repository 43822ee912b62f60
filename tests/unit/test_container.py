"""Tests of `Container`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import Container, ScratchVolume, WritablePath

SCRATCH = ScratchVolume(name="data", container_path="/data", image_declares_volume=True)
IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"port": 0}, "port must be from 1 to 65535, got 0"),
        ({"port": 70000}, "port must be from 1 to 65535, got 70000"),
        ({"cpu": 300}, r"cpu must be one of 256, 512, .*, got 300"),
        ({"cpu": 256, "memory_limit_mib": 4096}, r"from 512 to 2048 .*, got 4096 \(nearest: 2048\)"),
        ({"cpu": 1024, "memory_limit_mib": 2500}, r"got 2500 \(nearest: 2048\)"),
        ({"user": "root"}, "user must not be root, got 'root'"),
        ({"user": "0:0"}, "user must not be root, got '0:0'"),
        ({"user": ""}, "user must not be root, got ''"),
        ({"stop_timeout": timedelta(seconds=121)}, "stop_timeout must be from 2 seconds to 120 seconds, got 121"),
        ({"stop_timeout": timedelta(seconds=1)}, "stop_timeout must be from 2 seconds"),
        ({"stop_timeout": timedelta(seconds=2.5)}, "stop_timeout must be a whole number of seconds, got 2.5"),
        ({"command": "python worker.py"}, "command must be a list of words, got 'python worker.py'"),
        ({"entry_point": "sh"}, "entry_point must be a list of words, got 'sh'"),
        ({"environment": {"MY-NAME": "x"}}, "a variable's name must be letters, digits and underscores, got 'MY-NAME'"),
        ({"environment": {"AWS_SECRET_ACCESS_KEY": "x"}}, "AWS_SECRET_ACCESS_KEY must not be set: use the task role"),
        ({"writable_paths": [WritablePath(container_path="/data", size_mib=512)]}, "take 512 MiB out of"),
        ({"writable_paths": [WritablePath(container_path="/a"), WritablePath(container_path="/a")]}, "a path twice"),
        ({"volumes": [SCRATCH, replace(SCRATCH, name="other")]}, r"a path twice, got \['/tmp', '/data', '/data'\]"),
        ({"volumes": [SCRATCH, replace(SCRATCH, container_path="/b")]}, r"have one name, got \['data', 'data'\]"),
        ({"working_directory": "srv"}, "working_directory must be an absolute path, got 'srv'"),
        ({"ephemeral_storage_gib": 20}, "ephemeral_storage_gib must be from 21 to 200, got 20"),
        ({"ephemeral_storage_gib": 201}, "ephemeral_storage_gib must be from 21 to 200, got 201"),
        ({"start_timeout": timedelta(seconds=1)}, "start_timeout must be from 2 seconds to 120 seconds, got 1"),
        ({"start_timeout": timedelta(seconds=121)}, "start_timeout must be from 2 seconds to 120 seconds, got 121"),
        ({"restart_attempt_period": timedelta(seconds=59)}, "must be from 60 seconds to 1800 seconds, got 59"),
        ({"restart_attempt_period": timedelta(seconds=1801)}, "must be from 60 seconds to 1800 seconds, got 1801"),
        ({"restart_ignored_exit_codes": [0]}, "restart_ignored_exit_codes need a restart_attempt_period"),
        (
            {"restart_attempt_period": timedelta(minutes=5), "restart_ignored_exit_codes": [256]},
            "restart_ignored_exit_codes must be from 0 to 255, got 256",
        ),
        (
            {"restart_attempt_period": timedelta(minutes=5), "restart_ignored_exit_codes": [-1]},
            "restart_ignored_exit_codes must be from 0 to 255, got -1",
        ),
        (
            {"ulimits": [ecs.Ulimit(name=ecs.UlimitName.CORE, soft_limit=1, hard_limit=1)]},
            "Fargate changes no ulimit but NOFILE, got CORE",
        ),
        (
            {"ulimits": [ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=2, hard_limit=1)]},
            "a ulimit needs 0 < soft_limit <= hard_limit, got 2 and 1",
        ),
        (
            {"ulimits": [ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=0, hard_limit=1)]},
            "a ulimit needs 0 < soft_limit <= hard_limit, got 0 and 1",
        ),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Container(image=IMAGE, **arguments)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("AKIA" + "ABCDEFGHIJKLMNOP", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("postgres://shop:hunter2@db.internal/shop", "a URL with a password"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("xoxb-" + "1234567890", "a Slack token"),
        ("eyJhbGciOiJIUzI1" + ".eyJzdWIiOiIxMjM0" + ".x", "a JSON web token"),
    ],
)
def test_refuses_an_open_variable_that_looks_like_a_secret(value: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"the value of SETTING looks like {what}: pass it in secrets"):
        Container(image=IMAGE, environment={"SETTING": value})


@pytest.mark.parametrize(
    "value", ["amqp://broker.internal:5672/%2F", "https://shop.example.com/a:b@c", "user@example.com", ""]
)
def test_takes_an_open_variable_that_is_no_secret(value: str) -> None:
    Container(image=IMAGE, environment={"SETTING": value})


def test_refuses_a_name_in_place_of_an_image() -> None:
    image: Any = "nginx"
    with pytest.raises(TypeError, match=r"image must be an ecs.ContainerImage, .*, got 'nginx'"):
        Container(image=image)


def test_refuses_a_value_that_is_no_string() -> None:
    environment: Any = {"WORKERS": 4}
    with pytest.raises(TypeError, match="environment variable 'WORKERS' must be a string, got 4"):
        Container(image=IMAGE, environment=environment)


def test_refuses_a_variable_that_is_open_and_secret(stack: cdk.Stack) -> None:
    secret = ecs.Secret.from_secrets_manager(secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "token"))
    with pytest.raises(ValueError, match="TOKEN are set in both environment and secrets"):
        Container(image=IMAGE, environment={"TOKEN": "x"}, secrets={"TOKEN": secret})


@pytest.mark.parametrize(
    ("cpu", "sizes"),
    [
        (256, [512, 1024, 2048]),
        (512, [*range(1024, 4097, 1024)]),
        (1024, [*range(2048, 8193, 1024)]),
        (2048, [*range(4096, 16385, 1024)]),
        (4096, [*range(8192, 30721, 1024)]),
        (8192, [*range(16384, 61441, 4096)]),
        (16384, [*range(32768, 122881, 8192)]),
    ],
)
def test_takes_the_task_sizes_of_fargate_and_no_other(cpu: int, sizes: list[int]) -> None:
    def takes(memory: int) -> bool:
        try:
            Container(image=IMAGE, cpu=cpu, memory_limit_mib=memory)
        except ValueError:
            return False
        return True

    assert [memory for memory in range(512, 131073, 512) if takes(memory)] == sizes


def test_the_smallest_task_is_the_default() -> None:
    container = Container(image=IMAGE)

    assert (container.cpu, container.memory_limit_mib) == (256, 512)
    assert WritablePath(container_path="/cache").size_mib == 64


def test_a_token_passes_where_a_number_is_checked(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Port", type="Number")
    port: Any = parameter.value_as_number
    assert Container(image=IMAGE, port=port).port == port


def test_with_environment_returns_a_copy() -> None:
    container = Container(image=IMAGE, environment={"A": "1"})
    assert container.with_environment({"B": "2"}).environment == {"A": "1", "B": "2"}
    assert container.environment == {"A": "1"}


def test_with_environment_refuses_a_variable_that_is_set() -> None:
    with pytest.raises(ValueError, match="environment variable 'A' is already set"):
        Container(image=IMAGE, environment={"A": "1"}).with_environment({"A": "1"})


def test_with_secrets_refuses_a_variable_that_is_set(stack: cdk.Stack) -> None:
    secret = ecs.Secret.from_secrets_manager(secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "token"))
    with pytest.raises(ValueError, match="environment variable 'A' is already set"):
        Container(image=IMAGE, environment={"A": "1"}).with_secrets({"A": secret})


@pytest.mark.parametrize("path", ["tmp", "", "/a:b"])
def test_a_writable_path_is_absolute(path: str) -> None:
    with pytest.raises(ValueError, match="container_path must be an absolute path"):
        WritablePath(container_path=path)


def test_a_secret_is_passed_by_reference() -> None:
    secrets: Any = {"PASSWORD": "hunter2"}

    with pytest.raises(TypeError, match="secret variable 'PASSWORD' must be an ecs.Secret, not a value, got 'hunter2'"):
        Container(image=IMAGE, secrets=secrets)


def test_sizes_known_only_at_deployment_pass() -> None:
    token: Any = cdk.Token.as_number(cdk.Fn.ref("Size"))

    container = Container(
        image=IMAGE,
        cpu=token,
        memory_limit_mib=token,
        port=token,
        ephemeral_storage_gib=token,
        writable_paths=[WritablePath(container_path="/cache", size_mib=token)],
    )

    assert container.port == token

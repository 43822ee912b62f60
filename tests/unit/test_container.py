"""Tests of `Container`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import aws_ecs as ecs

from ecs_workloads import Container, ScratchVolume, WritablePath

SCRATCH = ScratchVolume(name="data", container_path="/data", image_declares_volume=True)
IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cpu": 1024, "memory_limit_mib": 2500}, r"got 2500 \(nearest: 2048\)"),
        ({"user": "root"}, "user must not be root, got 'root'"),
        ({"user": ""}, "user must not be root, got ''"),
        ({"entry_point": "sh"}, "entry_point must be a list of words, got 'sh'"),
        ({"volumes": [SCRATCH, replace(SCRATCH, name="other")]}, r"a path twice, got \['/tmp', '/data', '/data'\]"),
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


def test_takes_the_smallest_limit_of_open_files() -> None:
    Container(image=IMAGE, ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1, hard_limit=1)])


def test_the_smallest_task_is_the_default() -> None:
    container = Container(image=IMAGE)

    assert (container.cpu, container.memory_limit_mib) == (256, 512)
    assert WritablePath(container_path="/cache").size_mib == 64


def test_with_environment_returns_a_copy() -> None:
    container = Container(image=IMAGE, environment={"A": "1"})
    assert container.with_environment({"B": "2"}).environment == {"A": "1", "B": "2"}
    assert container.environment == {"A": "1"}


@pytest.mark.parametrize("path", ["", "/a:b"])
def test_a_writable_path_is_absolute(path: str) -> None:
    with pytest.raises(ValueError, match="container_path must be an absolute path"):
        WritablePath(container_path=path)


def test_a_time_is_a_timedelta() -> None:
    seconds: Any = 30

    with pytest.raises(TypeError, match="Container: stop_timeout must be a datetime.timedelta, got 30"):
        Container(image=IMAGE, stop_timeout=seconds)

"""Rules of what runs in a task, and of where its image comes from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs

from ecs_workloads import ScratchVolume, WritablePath
from ecs_workloads._checks import in_words
from tests.unit.bad_input.row import FRACTION, Agent, Row

_EXIT_CODE = "restart_ignored_exit_codes must be from 0 to 255, got"
_PERIOD = timedelta(minutes=5)
_STORAGE = "ephemeral_storage_gib must be from 21 to 200, got"
_STOP = "stop_timeout must be from 2 seconds to 2 minutes, got"


def _volume(container_path: str) -> ScratchVolume:
    return ScratchVolume(name="data", container_path=container_path, image_declares_volume=True)


def _times(argument: str, low: timedelta, high: timedelta) -> list[Row]:
    def row(what: str, value: timedelta, message: str) -> Row:
        name = f"{argument} {what}"
        return Row(name, "Container", f"{argument} must be {message}", lambda at: at.container(**{argument: value}))

    bounds = f"from {in_words(low)} to {in_words(high)}, got"
    below, above = low - timedelta(seconds=1), high + timedelta(seconds=1)
    return [
        row("too short", below, f"{bounds} {in_words(below)}"),
        row("too long", above, f"{bounds} {in_words(above)}"),
        row("of half seconds", low + FRACTION, f"a whole number of seconds, got {low.seconds}.5"),
    ]


def _health(wrong: str, message: str, **arguments: Any) -> list[Row]:
    """Return rows of a health check that ECS does not take, of the program and of a sidecar."""

    def check() -> ecs.HealthCheck:
        defaults: dict[str, Any] = {"command": ["CMD", "healthy"]}
        return ecs.HealthCheck(**{**defaults, **arguments})

    return [
        Row(wrong, "Container", f"health_check.{message}", lambda at: at.container(health_check=check())),
        Row(
            f"{wrong}, of a sidecar",
            "Stack/App, container 'agent'",
            f"health_check.{message}",
            lambda at: at.app(sidecars=[Agent(health_check=check())]),
            leaves=True,
        ),
    ]


ROWS = (
    Row("cpu of no task size", "Container", "cpu must be one of 256, 512, 1024,", lambda at: at.container(cpu=300)),
    Row(
        "memory that does not go with cpu",
        "Container",
        "with cpu=256, memory_limit_mib must be from 512 to 2048 in Fargate's steps, got 4096 (nearest: "
        "memory_limit_mib=2048, or cpu=512 with memory_limit_mib=4096)",
        lambda at: at.container(cpu=256, memory_limit_mib=4096),
    ),
    Row(
        "folders that fill the memory",
        "Container",
        "writable_paths take 512 MiB out of memory_limit_mib=512",
        lambda at: at.container(writable_paths=[WritablePath(container_path="/a", size_mib=512)]),
    ),
    Row(
        "one folder twice",
        "Container",
        "writable_paths and volumes name a path twice, got ['/a', '/a']",
        lambda at: at.container(writable_paths=[WritablePath(container_path="/a")] * 2),
    ),
    Row(
        "two volumes with one name",
        "Container",
        "two volumes have one name, got ['data', 'data']",
        lambda at: at.container(volumes=[_volume("/a"), _volume("/b")]),
    ),
    Row(
        "a working directory without a root",
        "Container",
        "working_directory must be an absolute path, got 'srv'",
        lambda at: at.container(working_directory="srv"),
    ),
    Row("20 GiB", "Container", f"{_STORAGE} 20", lambda at: at.container(ephemeral_storage_gib=20)),
    Row("201 GiB", "Container", f"{_STORAGE} 201", lambda at: at.container(ephemeral_storage_gib=201)),
    *_times("start_timeout", timedelta(seconds=2), timedelta(seconds=120)),
    *_times("restart_attempt_period", timedelta(minutes=1), timedelta(minutes=30)),
    *_health("health in one text", "command must be a list, such as ['CMD', 'curl',", command="healthy"),
    *_health("no command for the health", "command must not be empty", command=[]),
    *_health(
        "health every second",
        "interval must be from 5 seconds to 5 minutes, got 1 second",
        interval=cdk.Duration.seconds(1),
    ),
    *_health(
        "health within two minutes",
        "timeout must be from 2 seconds to 1 minute, got 2 minutes",
        timeout=cdk.Duration.minutes(2),
    ),
    *_health(
        "health after half a second",
        "start_period must be a whole number of seconds, got 0.5",
        start_period=cdk.Duration.millis(500),
    ),
    *_health("sick at the zeroth failure", "retries must be from 1 to 10, got 0", retries=0),
    *_health("sick at the eleventh failure", "retries must be from 1 to 10, got 11", retries=11),
    Row(
        "exit codes of what is never restarted",
        "Container",
        "restart_ignored_exit_codes need a restart_attempt_period, without which nothing is restarted",
        lambda at: at.container(restart_ignored_exit_codes=[0]),
    ),
    Row(
        "a negative exit code",
        "Container",
        f"{_EXIT_CODE} -1",
        lambda at: at.container(restart_attempt_period=_PERIOD, restart_ignored_exit_codes=[-1]),
    ),
    Row(
        "exit code 256",
        "Container",
        f"{_EXIT_CODE} 256",
        lambda at: at.container(restart_attempt_period=_PERIOD, restart_ignored_exit_codes=[256]),
    ),
    Row(
        "a limit that Fargate does not change",
        "Container",
        "Fargate changes no ulimit but NOFILE, got CORE",
        lambda at: at.container(ulimits=[ecs.Ulimit(name=ecs.UlimitName.CORE, soft_limit=1, hard_limit=1)]),
    ),
    Row(
        "open files, twice",
        "Container",
        "ulimits must name NOFILE once, got 2 of them",
        lambda at: at.container(ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1, hard_limit=1)] * 2),
    ),
    Row(
        "no open file",
        "Container",
        "a ulimit needs 0 < soft_limit <= hard_limit, got 0 and 1",
        lambda at: at.container(ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=0, hard_limit=1)]),
    ),
    Row(
        "a soft limit above the hard one",
        "Container",
        "a ulimit needs 0 < soft_limit <= hard_limit, got 2 and 1",
        lambda at: at.container(ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=2, hard_limit=1)]),
    ),
    Row(
        "a variable's name with a hyphen",
        "Container",
        "a variable's name must be letters, digits and underscores, got 'MY-NAME'",
        lambda at: at.container(environment={"MY-NAME": "x"}),
    ),
    Row(
        "a long-lived key",
        "Container",
        "AWS_SECRET_ACCESS_KEY must not be set: use the task role",
        lambda at: at.container(environment={"AWS_SECRET_ACCESS_KEY": "x"}),
    ),
    Row(
        "a secret in an open variable",
        "Container",
        "the value of DATABASE looks like a URL with a password: pass it in secrets",
        lambda at: at.container(environment={"DATABASE": "postgres://shop:hunter2@db.internal/shop"}),
    ),
    Row(
        "an open variable called like a secret",
        "Container",
        "DB_PASSWORD is called like a secret: pass it in secrets, or name it in not_secret if anybody may know it",
        lambda at: at.container(environment={"DB_PASSWORD": "hunter2"}),
    ),
    Row(
        "a secret that is none and is not there",
        "Container",
        "not_secret must name variables of environment, got 'PASWORD' (did you mean 'PASSWORD'?)",
        lambda at: at.container(environment={"PASSWORD": ""}, not_secret=["PASWORD"]),
    ),
    Row(
        "an image of today",
        "Stack/App",
        "the image must have a version or a digest, and not latest, got 'example.com/shop'",
        lambda at: at.app(container=at.served(image=ecs.ContainerImage.from_registry("example.com/shop"))),
        leaves=True,
    ),
    Row(
        "a variable that is open and secret",
        "Container",
        "LEVEL are set in both environment and secrets",
        lambda at: at.container(
            environment={"LEVEL": "x"}, secrets={"LEVEL": ecs.Secret.from_secrets_manager(at.secret)}
        ),
    ),
    Row("port 0", "Container", "port must be from 1 to 65535, got 0", lambda at: at.container(port=0)),
    Row("port 70000", "Container", "port must be from 1 to 65535, got 70000", lambda at: at.container(port=70000)),
    Row("a stop of 1 second", "Container", f"{_STOP} 1", lambda at: at.container(stop_timeout=timedelta(seconds=1))),
    Row(
        "a stop of 121 seconds",
        "Container",
        f"{_STOP} 121",
        lambda at: at.container(stop_timeout=timedelta(seconds=121)),
    ),
    Row(
        "a stop of half seconds",
        "Container",
        "stop_timeout must be a whole number of seconds, got 2.5",
        lambda at: at.container(stop_timeout=timedelta(seconds=2) + FRACTION),
    ),
    Row("a container of root", "Container", "user must not be root, got '0:0'", lambda at: at.container(user="0:0")),
    Row(
        "an open variable set again",
        "Container",
        "environment variable 'A' is already set",
        lambda at: at.container(environment={"A": "1"}).with_environment({"A": "2"}),
    ),
    Row(
        "a secret variable set again",
        "Container",
        "environment variable 'A' is already set",
        lambda at: at.container(environment={"A": "1"}).with_secrets({"A": ecs.Secret.from_secrets_manager(at.secret)}),
    ),
    Row(
        "a folder without a root",
        "WritablePath",
        "container_path must be an absolute path, got 'tmp'",
        lambda _: WritablePath(container_path="tmp"),
    ),
    Row(
        "a folder without room",
        "WritablePath",
        "size_mib must be from 1 to 122880, got 0",
        lambda _: WritablePath(container_path="/a", size_mib=0),
    ),
    Row(
        "a folder larger than any task",
        "WritablePath",
        "size_mib must be from 1 to 122880, got 122881",
        lambda _: WritablePath(container_path="/a", size_mib=122_881),
    ),
)

"""Rules of what runs in a task, and of where its image comes from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_cdk import aws_ecs as ecs

from ecs_workloads import WritablePath
from tests.unit.bad_input.row import FRACTION, Row

_STOP = "stop_timeout must be from 2 seconds to 120 seconds, got"
_UNTAGGED = "untagged_retention must be from 86400 seconds to 315360000 seconds, got"
_NO_TEXT: Any = 4

ROWS = (
    Row(
        "an image that is a name",
        "Container",
        "image must be an ecs.ContainerImage, such as ecs.ContainerImage.from_registry(...), got 'nginx'",
        lambda at: at.container(image="nginx"),
        TypeError,
    ),
    Row("cpu of no task size", "Container", "cpu must be one of 256, 512, 1024,", lambda at: at.container(cpu=300)),
    Row(
        "memory that does not go with cpu",
        "Container",
        "with cpu=256, memory_limit_mib must be from 512 to 2048 in Fargate's steps, got 4096 (nearest: 2048)",
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
        "a variable that is a number",
        "Container",
        "environment variable 'WORKERS' must be a string, got 4",
        lambda at: at.container(environment={"WORKERS": _NO_TEXT}),
        TypeError,
    ),
    Row(
        "a variable that is open and secret",
        "Container",
        "TOKEN are set in both environment and secrets",
        lambda at: at.container(
            environment={"TOKEN": "x"}, secrets={"TOKEN": ecs.Secret.from_secrets_manager(at.secret)}
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
        "a command that is one text",
        "Container",
        "command must be a list of words, got 'python worker.py'",
        lambda at: at.container(command="python worker.py"),
    ),
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
        "a repository in capitals",
        "Stack/Images",
        "repository_name must be 2 to 256 lower-case letters, digits and single separators",
        lambda at: at.repository(repository_name="Shop/Web"),
    ),
    Row(
        "no build kept",
        "Stack/Images",
        "build_images must be from 1 to 10000, got 0",
        lambda at: at.repository(build_images=0),
    ),
    Row(
        "too many builds kept",
        "Stack/Images",
        "build_images must be from 1 to 10000, got 10001",
        lambda at: at.repository(build_images=10_001),
    ),
    Row(
        "untagged images gone within the day",
        "Stack/Images",
        f"{_UNTAGGED} 3600",
        lambda at: at.repository(untagged_retention=timedelta(hours=1)),
    ),
    Row(
        "untagged images kept for eleven years",
        "Stack/Images",
        f"{_UNTAGGED} 346896000",
        lambda at: at.repository(untagged_retention=timedelta(days=4015)),
    ),
    Row(
        "untagged images kept for half seconds",
        "Stack/Images",
        "untagged_retention must be a whole number of seconds, got 86400.5",
        lambda at: at.repository(untagged_retention=timedelta(days=1) + FRACTION),
    ),
    Row(
        "untagged images kept for half days",
        "Stack/Images",
        "untagged_retention must be whole days, got 1 day, 12:00:00",
        lambda at: at.repository(untagged_retention=timedelta(days=1.5)),
    ),
    Row(
        "five patterns of releases",
        "Stack/Images",
        "release_tag_patterns must be at most 4, got",
        lambda at: at.repository(release_tag_patterns=["1.*", "2.*", "3.*", "4.*", "5.*"]),
    ),
    Row(
        "a pattern that no tag can match",
        "Stack/Images",
        "release_tag_patterns must be a tag, with * for anything, got 'a b'",
        lambda at: at.repository(release_tag_patterns=["a b"]),
    ),
    Row(
        "an account of three digits",
        "Stack/Images",
        "pull_account_ids must be 12 digits each, got '123'",
        lambda at: at.repository(pull_account_ids=["123"]),
    ),
    Row(
        "the latest image",
        "Stack/Images",
        "name a release or a digest, got 'latest'",
        lambda at: at.repository().image("latest"),
        leaves=True,
    ),
)

"""What runs in a task: one image, how to start it, and what it may touch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aws_cdk import Token
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from ecs_workloads._checks import check_name, check_range, check_time, check_type, require

_SUBJECT = "Container"
_GIB = 1024
# Task sizes that Fargate accepts: CPU units to the smallest, the largest and the step of memory in MiB.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_FARGATE_MEMORY = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
# What a secret looks like, wherever it stands.
_SECRET_VALUES = {
    "an AWS access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a URL with a password": r"^[a-z][a-z0-9+.-]*://[^/@:\s]*:[^/@\s]+@",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
}
# Set by ECS itself or a sign of long-lived keys (Security Hub ECS.8).
_FORBIDDEN_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA")


@dataclass(frozen=True, kw_only=True)
class WritablePath:
    """A folder that the process may write although the root file system is read-only.

    It is a tmpfs: it starts empty in each task, every user of the container may write it, and what is in it
    counts against the memory of the task.

    Args:
        container_path: Absolute path inside the container.
        size_mib: Largest size, in MiB, from 1.

    Raises:
        ValueError: The path is not absolute, or the size is below 1.
    """

    container_path: str
    size_mib: int = 64

    def __post_init__(self) -> None:
        check_name("WritablePath", "container_path", self.container_path, r"/[^:\0]+", "an absolute path")
        require(self.size_mib >= 1, "WritablePath", f"size_mib must be at least 1, got {self.size_mib}")


_DEFAULT_WRITABLE_PATHS = (WritablePath(container_path="/tmp"),)  # noqa: S108 - a path inside the container


@dataclass(frozen=True, kw_only=True)
class Container:
    """The main container of a tier, hardened, and independent of the tier that uses it.

    It runs as a non-root user without Linux capabilities, on a read-only root file system, under an init
    process that reaps children and forwards signals. Its output goes to a log group of the tier without
    ever blocking the process, and is kept for a finite time.

    Args:
        image: What to run: ``ecs.ContainerImage.from_registry``, ``from_ecr_repository`` or ``from_asset``.
        port: TCP port on which the process listens, 1 to 65535. Defaults to none: the process serves nothing.
        entry_point: Replaces the image's ``ENTRYPOINT``. Defaults to the image's own.
        command: Replaces the image's ``CMD``. Defaults to the image's own.
        environment: Variables that anybody who reads the template may know.
        secrets: Variables whose values come from Secrets Manager or SSM when a task starts.
        cpu: CPU units of the task, 1024 being one vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
        memory_limit_mib: Memory of the task in MiB. Which values go with which ``cpu`` is Fargate's table.
        cpu_architecture: Architecture for which the image was built. Defaults to ``X86_64``.
        user: ``uid``, ``uid:gid`` or a name in the image; not root. Defaults to ``1000:1000``.
        health_check: Command by which ECS tells a live task from a hung one. Defaults to none: a load
            balancer's own check, where there is one, decides alone.
        stop_timeout: Time from SIGTERM to SIGKILL, 2 to 120 seconds. Defaults to a value that the tier
            derives from its longest request or message.
        writable_paths: Folders that the process may write. Defaults to 64 MiB at ``/tmp``.
        log_retention: How long log events are kept. Defaults to one month.

    Raises:
        ValueError: A value is out of its range, an open variable looks like a secret, the pair of ``cpu`` and
            ``memory_limit_mib`` is none of Fargate's, a variable is set twice, or the user is root.
        TypeError: ``image`` is not an ``ecs.ContainerImage``, or a variable's value is not a string.
    """

    image: ecs.ContainerImage
    port: int | None = None
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, ecs.Secret] = field(default_factory=dict[str, ecs.Secret])
    cpu: int = 256
    memory_limit_mib: int = 512
    cpu_architecture: ecs.CpuArchitecture | None = None
    user: str = "1000:1000"
    health_check: ecs.HealthCheck | None = None
    stop_timeout: timedelta | None = None
    writable_paths: Sequence[WritablePath] = _DEFAULT_WRITABLE_PATHS
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH

    def __post_init__(self) -> None:
        check_type(
            _SUBJECT,
            "image",
            self.image,
            ecs.ContainerImage,
            "an ecs.ContainerImage, such as ecs.ContainerImage.from_registry(...)",
        )
        self._check_size()
        self._check_variables()
        if self.port is not None:
            check_range(_SUBJECT, "port", self.port, 1, 65535)
        if self.stop_timeout is not None:
            check_time(_SUBJECT, "stop_timeout", self.stop_timeout, timedelta(seconds=2), timedelta(seconds=120))
        name = self.user.split(":", maxsplit=1)[0]
        require(name not in ("", "0", "root"), _SUBJECT, f"user must not be root, got {self.user!r}")
        for field_name in ("command", "entry_point"):
            value: object = getattr(self, field_name)
            require(not isinstance(value, str), _SUBJECT, f"{field_name} must be a list of words, got {value!r}")

    def with_environment(self, variables: Mapping[str, str]) -> Container:
        """Return a copy with more variables.

        Raises:
            ValueError: A variable is already set.
        """
        for name in variables:
            require(not self.defines(name), _SUBJECT, f"environment variable {name!r} is already set")
        return replace(self, environment={**self.environment, **variables})

    def with_secrets(self, variables: Mapping[str, ecs.Secret]) -> Container:
        """Return a copy with more secret variables.

        Raises:
            ValueError: A variable is already set.
        """
        for name in variables:
            require(not self.defines(name), _SUBJECT, f"environment variable {name!r} is already set")
        return replace(self, secrets={**self.secrets, **variables})

    def defines(self, name: str) -> bool:
        """Tell whether the variable ``name`` is set, openly or as a secret."""
        return name in self.environment or name in self.secrets

    def _check_size(self) -> None:
        if Token.is_unresolved(self.cpu) or Token.is_unresolved(self.memory_limit_mib):
            return
        require(
            self.cpu in _FARGATE_MEMORY,
            _SUBJECT,
            f"cpu must be one of {', '.join(map(str, _FARGATE_MEMORY))}, got {self.cpu}",
        )
        allowed = _FARGATE_MEMORY[self.cpu]
        nearest = min(allowed, key=lambda memory: abs(memory - self.memory_limit_mib))
        require(
            self.memory_limit_mib in allowed,
            _SUBJECT,
            f"with cpu={self.cpu}, memory_limit_mib must be from {allowed[0]} to {allowed[-1]} "
            f"in Fargate's steps, got {self.memory_limit_mib} (nearest: {nearest})",
        )
        scratch = sum(path.size_mib for path in self.writable_paths)
        require(
            scratch < self.memory_limit_mib,
            _SUBJECT,
            f"writable_paths take {scratch} MiB out of memory_limit_mib={self.memory_limit_mib}",
        )
        paths = [path.container_path for path in self.writable_paths]
        require(len(set(paths)) == len(paths), _SUBJECT, f"writable_paths name a path twice, got {paths}")

    def _check_variables(self) -> None:
        for name in (*self.environment, *self.secrets):
            check_name(
                _SUBJECT, "a variable's name", name, r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and underscores"
            )
            require(name not in _FORBIDDEN_VARIABLES, _SUBJECT, f"{name} must not be set: use the task role")
        for name, value in self.environment.items():
            secret = next((what for what, pattern in _SECRET_VALUES.items() if re.search(pattern, str(value))), None)
            require(
                secret is None,
                _SUBJECT,
                f"the value of {name} looks like {secret}: pass it in secrets, where it comes from Secrets Manager",
            )
            check_type(_SUBJECT, f"environment variable {name!r}", value, str, "a string")
        clash = sorted(self.environment.keys() & self.secrets.keys())
        require(not clash, _SUBJECT, f"{', '.join(clash)} are set in both environment and secrets")

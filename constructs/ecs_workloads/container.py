"""What runs in a task: one image, how to start it, and what it may touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_path, check_range, check_time, is_token, require
from ecs_workloads._fargate_sizes import check_fargate_size
from ecs_workloads._health_check import check_health_check
from ecs_workloads._variables import check_variables
from ecs_workloads.ebs_volume import EbsVolume
from ecs_workloads.extensible_task import check_user
from ecs_workloads.volume import Volume
from ecs_workloads.writable_path import WritablePath

_SUBJECT = "Container"
_DEFAULT_WRITABLE_PATHS = (WritablePath(container_path="/tmp"),)  # noqa: S108 - a path inside the container


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class Container:
    """The main container of a tier, hardened, and independent of the tier that uses it.

    It runs as a non-root user without Linux capabilities, on a read-only root file system, under an init
    process that reaps children and forwards signals. Its output goes to a log group of the tier without
    ever blocking the process, and is kept for a month unless you say otherwise.

    Args:
        image: What to run: ``ecs.ContainerImage.from_registry``, ``from_ecr_repository`` or ``from_asset``.
        port: TCP port on which the process listens, 1 to 65535. Defaults to none: the process serves nothing.
        entry_point: Replaces the image's ``ENTRYPOINT``. Defaults to the image's own.
        command: Replaces the image's ``CMD``. Defaults to the image's own.
        working_directory: Absolute path in which the process starts. Defaults to the image's own.
        environment: Variables that anybody who reads the template may know.
        not_secret: Names of variables in ``environment`` that are called or look like a secret and are none, such as
            ``ALLOW_EMPTY_PASSWORD``. Defaults to none: names that end in ``PASSWORD``, ``SECRET``, ``TOKEN``,
            ``API_KEY``, ``CREDENTIALS`` and the like are refused there, and so are values such as keys of AWS and
            Stripe, tokens of GitHub and Slack, and URLs with a password.
        secrets: Variables whose values come from Secrets Manager or SSM when a task starts.
        cpu: CPU units of the task, 1024 being one vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
        memory_limit_mib: Memory of the task in MiB. Which values go with which ``cpu`` is Fargate's table.
        cpu_architecture: Architecture for which the image was built. Defaults to ``X86_64``.
        user: ``uid``, ``uid:gid`` or a name in the image; not root. Defaults to ``1000:1000``.
        health_check: Command by which ECS tells a live task from a hung one, with an ``interval`` of 5 to 300 seconds,
            a ``timeout`` of 2 to 60 seconds, 1 to 10 ``retries`` and a ``start_period`` of up to 300 seconds. Defaults
            to none: a load balancer's own check, where there is one, decides alone.
        start_timeout: Time for which ECS waits for the containers on which this one depends, 2 to 120 seconds.
            Defaults to Fargate's 3 minutes.
        stop_timeout: Time from SIGTERM to SIGKILL, 2 to 120 seconds. Defaults to a value that the tier
            derives from its longest request or message.
        restart_attempt_period: Makes ECS start the container again in the same task when it fails after it ran
            for at least so long, one to 30 minutes. Defaults to none: ECS replaces the task, and other tasks go on.
        restart_ignored_exit_codes: Exit codes after which it is not started again, 0 to 255 each.
        ulimits: Limits of the process. Fargate knows ``NOFILE``, open files, alone. Defaults to its 65535.
        writable_paths: Folders that the process may write. Defaults to 64 MiB at ``/tmp``.
        volumes: Folders from outside the image: `EfsVolume`, `EbsVolume`, `ScratchVolume`. Defaults to none.
        ephemeral_storage_gib: Size of the task's disk, for the image and scratch volumes, 21 to 200 GiB.
            Defaults to Fargate's 20.
        log_retention: How long log events are kept; with ``INFINITE`` they are never deleted. Defaults to one month.

    Raises:
        ValueError: A value is out of its range, an open variable looks like a secret, the pair of ``cpu`` and
            ``memory_limit_mib`` is none of Fargate's, a variable is set twice, or the user is root.
        TypeError: An argument is of another kind.
    """

    image: ecs.ContainerImage
    port: int | None = None
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    working_directory: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    not_secret: Sequence[str] = ()
    secrets: Mapping[str, ecs.Secret] = field(default_factory=dict[str, ecs.Secret])
    cpu: int = 256
    memory_limit_mib: int = 512
    cpu_architecture: ecs.CpuArchitecture | None = None
    user: str = "1000:1000"
    health_check: ecs.HealthCheck | None = None
    start_timeout: timedelta | None = None
    stop_timeout: timedelta | None = None
    restart_attempt_period: timedelta | None = None
    restart_ignored_exit_codes: Sequence[int] = ()
    ulimits: Sequence[ecs.Ulimit] = ()
    writable_paths: Sequence[WritablePath] = _DEFAULT_WRITABLE_PATHS
    volumes: Sequence[Volume] = ()
    ephemeral_storage_gib: int | None = None
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH

    def __post_init__(self) -> None:
        self._check_memory()
        self._check_folders()
        self._check_times()
        self._check_ulimits()
        check_variables(_SUBJECT, self.environment, self.secrets, self.not_secret)
        if self.port is not None:
            check_range(_SUBJECT, "port", self.port, 1, 65535)
        check_user(_SUBJECT, self.user)
        check_health_check(_SUBJECT, self.health_check)

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

    def _check_memory(self) -> None:
        check_fargate_size(_SUBJECT, self.cpu, self.memory_limit_mib)
        in_memory = [path.size_mib for path in self.writable_paths]
        if not any(is_token(size) for size in (self.memory_limit_mib, *in_memory)):
            require(
                sum(in_memory) < self.memory_limit_mib,
                _SUBJECT,
                f"writable_paths take {sum(in_memory)} MiB out of memory_limit_mib={self.memory_limit_mib}",
            )
        if self.ephemeral_storage_gib is not None:
            check_range(_SUBJECT, "ephemeral_storage_gib", self.ephemeral_storage_gib, 21, 200)

    def _check_folders(self) -> None:
        paths = [path.container_path for path in self.writable_paths]
        paths += [volume.container_path for volume in self.volumes]
        folders = {path.rstrip("/") for path in paths}
        require(len(folders) == len(paths), _SUBJECT, f"writable_paths and volumes name a path twice, got {paths}")
        disks = [volume.name for volume in self.volumes if isinstance(volume, EbsVolume)]
        require(len(disks) <= 1, _SUBJECT, f"a service can have one EbsVolume, got {', '.join(disks)}")
        names = [volume.name for volume in self.volumes]
        require(len(set(names)) == len(names), _SUBJECT, f"two volumes have one name, got {names}")
        if self.working_directory is not None:
            check_path(_SUBJECT, "working_directory", self.working_directory)

    def _check_times(self) -> None:
        shortest, longest = timedelta(seconds=2), timedelta(seconds=120)
        if self.stop_timeout is not None:
            check_time(_SUBJECT, "stop_timeout", self.stop_timeout, shortest, longest)
        if self.start_timeout is not None:
            check_time(_SUBJECT, "start_timeout", self.start_timeout, shortest, longest)
        period = self.restart_attempt_period
        if period is not None:
            check_time(_SUBJECT, "restart_attempt_period", period, timedelta(minutes=1), timedelta(minutes=30))
        require(
            period is not None or not self.restart_ignored_exit_codes,
            _SUBJECT,
            "restart_ignored_exit_codes need a restart_attempt_period, without which nothing is restarted",
        )
        for code in self.restart_ignored_exit_codes:
            check_range(_SUBJECT, "restart_ignored_exit_codes", code, 0, 255)

    def _check_ulimits(self) -> None:
        require(len(self.ulimits) <= 1, _SUBJECT, f"ulimits must name NOFILE once, got {len(self.ulimits)} of them")
        for ulimit in self.ulimits:
            require(
                ulimit.name == ecs.UlimitName.NOFILE,
                _SUBJECT,
                f"Fargate changes no ulimit but NOFILE, got {ulimit.name.name}",
            )
            if is_token(ulimit.soft_limit) or is_token(ulimit.hard_limit):
                continue
            require(
                0 < ulimit.soft_limit <= ulimit.hard_limit,
                _SUBJECT,
                f"a ulimit needs 0 < soft_limit <= hard_limit, got {ulimit.soft_limit:g} and {ulimit.hard_limit:g}",
            )

"""A task definition that is open to more containers and volumes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from aws_cdk import Size
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import duration, is_token, require
from ecs_workloads._container_order import ContainerOrder
from ecs_workloads._health_check import check_health_check
from ecs_workloads._image_name import check_image
from ecs_workloads._variables import check_variables
from ecs_workloads.writable_path import WritablePath

# AWS's advice for non-blocking mode: with less, a burst of output is dropped.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
_LOG_BUFFER = Size.mebibytes(25)
_STARTED = ecs.ContainerDependencyCondition.START
SIDECAR_STOP_TIMEOUT = timedelta(seconds=30)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class ExtensibleTask:
    """What a `Sidecar` or a `Volume` may look at and change.

    Args:
        path: Construct path of the tier, for error messages.
        scope: Where further constructs belong.
        task_definition: The task definition, with the task role to which permissions are added.
        container: The main container.
        service: The ECS service, with the network access of the tasks.
        log_group: Where the containers of the task write.
        memory_limit_mib: Memory of the whole task in MiB.
        variables: Names of the variables that the main container has already.

    Raises:
        TypeError: An argument is of another kind.
    """

    path: str
    scope: Construct
    task_definition: ecs.FargateTaskDefinition
    container: ecs.ContainerDefinition
    service: ecs.FargateService
    log_group: logs.ILogGroup
    memory_limit_mib: int
    variables: Collection[str]

    @cached_property
    def _claimed_mib(self) -> list[int]:
        return []

    @cached_property
    def _order(self) -> ContainerOrder:
        return ContainerOrder()

    def add_container(
        self,
        name: str,
        *,
        image: ecs.ContainerImage,
        user: str,
        memory_limit_mib: int,
        entry_point: Sequence[str] = (),
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        not_secret: Sequence[str] = (),
        secrets: Mapping[str, ecs.Secret] | None = None,
        health_check: ecs.HealthCheck | None = None,
        writable_paths: Sequence[WritablePath] = (),
        essential: bool = False,
        ends: bool = False,
        depends_on: Mapping[str, ecs.ContainerDependencyCondition] | None = None,
        condition: ecs.ContainerDependencyCondition | None = _STARTED,
    ) -> ecs.ContainerDefinition:
        """Add a container beside the main one, as hardened as that one is.

        Args:
            name: Name of the container, unique in the task.
            image: What to run, with its version or digest.
            user: ``uid``, ``uid:gid`` or a name in the image; not root.
            memory_limit_mib: Memory at which the container is killed, in MiB, from 6. It is taken out of the
                task's.
            entry_point: Replaces the image's ``ENTRYPOINT``. Defaults to the image's own.
            command: Replaces the image's ``CMD``. Defaults to the image's own.
            environment: Variables that anybody who reads the template may know.
            not_secret: Names of variables in ``environment`` that are called or look like a secret and are none.
            secrets: Variables whose values come from Secrets Manager or SSM when a task starts.
            health_check: Command by which ECS tells a live container from a hung one, with the times that a `Container`
                takes.
            writable_paths: Folders that the process may write.
            essential: Whether the task stops when this container does. Defaults to no: it is started again.
            ends: Whether the program does its work and ends, as a migration does, and is not started again. Defaults
                to no.
            depends_on: Other containers of the task after which this one starts, by name, each with what it waits
                for: ``START``, ``HEALTHY``, or of one that ``ends`` ``COMPLETE`` or ``SUCCESS``. It stops before
                them. The program is called ``main``. Defaults to none.
            condition: What the main container waits for before it starts; it then also stops before this one.
                ``None`` for no order.

        Raises:
            ValueError: The name is taken or is no name, the user is root, the memory is out of its range or more
                than the task has, the image has no version, an open variable looks like a secret, or a container
                ends without which the task is nothing.
            TypeError: An argument is of another kind.
        """
        subject = self.check_sidecar(name, user=user, memory_limit_mib=memory_limit_mib)
        variables, secret_variables = dict(environment or {}), dict(secrets or {})
        check_variables(subject, variables, secret_variables, not_secret)
        check_health_check(subject, health_check)
        require(not (ends and essential), subject, "ends and essential: the task would stop as soon as it has begun")
        container = self.task_definition.add_container(
            name,
            image=image,
            user=user,
            memory_limit_mib=memory_limit_mib,
            entry_point=list(entry_point) or None,
            command=list(command) or None,
            environment=variables or None,
            secrets=secret_variables or None,
            readonly_root_filesystem=True,
            linux_parameters=linux_parameters(self.scope, name, writable_paths),
            health_check=health_check,
            essential=essential,
            enable_restart_policy=True if not (essential or ends) else None,
            stop_timeout=duration(SIDECAR_STOP_TIMEOUT),
            logging=log_driver(self.log_group, name),
        )
        check_image(subject, image, container)
        self._order.add(name, depends_on or {})
        if condition is not None:
            self._order.add(self.container.container_name, {name: condition})
        return container

    def order_containers(self) -> None:
        """Let each container wait for what it depends on; the tier calls this once all of them are there.

        Raises:
            ValueError: A container waits for one that the task has not, for the health of one without
                ``health_check``, for the end of one that does not end, or for itself.
        """
        self._order.apply(self.path, self.task_definition)

    def add_environment(self, name: str, value: str) -> None:
        """Set a variable of the main container.

        Raises:
            ValueError: The program's container sets it itself.
        """
        require(name not in self.variables, self.path, f"environment variable {name!r} is already set")
        self.container.add_environment(name, value)

    def log_driver(self, stream_prefix: str) -> ecs.LogDriver:
        """Return a log driver that writes to the log group of the tier and never blocks the process."""
        return log_driver(self.log_group, stream_prefix)

    def linux_parameters(self, name: str, writable_paths: Sequence[WritablePath] = ()) -> ecs.LinuxParameters:
        """Return what every container of ours has: no capability, an init process, and folders in memory."""
        return linux_parameters(self.scope, name, writable_paths)

    def check_sidecar(self, name: str, *, user: str, memory_limit_mib: int) -> str:
        """Refuse what `add_container` refuses of these, and return words that name the container in errors.

        Raises:
            ValueError: The name is taken or is no name, the user is root, or the memory is out of its range.
        """
        subject = f"{self.path}, container {name!r}"
        # It becomes a construct id, so it may be no token.
        require(
            re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name) is not None,
            subject,
            f"name must be letters, digits, hyphens and underscores, got {name!r}",
        )
        require(self.task_definition.find_container(name) is None, subject, "the task has a container of that name")
        check_user(subject, user)
        if not is_token(memory_limit_mib) and not is_token(self.memory_limit_mib):
            left = self.memory_limit_mib - sum(self._claimed_mib)
            require(
                6 <= memory_limit_mib < left,  # noqa: PLR2004 - the least that ECS accepts
                subject,
                f"memory_limit_mib must be from 6 and below the {left} MiB that the task has left, "
                f"got {memory_limit_mib}",
            )
            self._claimed_mib.append(memory_limit_mib)
        return subject


def check_user(subject: str, user: str) -> None:
    """Refuse root, by name or by any way to write 0, and what is no user."""
    name = user.partition(":")[0]
    require(re.fullmatch(r"[+-]?0+|root|", name) is None, subject, f"user must not be root, got {user!r}")


def log_driver(log_group: logs.ILogGroup, stream_prefix: str) -> ecs.LogDriver:
    """Return a log driver that never blocks the process."""
    return ecs.LogDrivers.aws_logs(
        stream_prefix=stream_prefix,
        log_group=log_group,
        mode=ecs.AwsLogDriverMode.NON_BLOCKING,
        max_buffer_size=_LOG_BUFFER,
    )


def linux_parameters(scope: Construct, name: str, writable_paths: Sequence[WritablePath]) -> ecs.LinuxParameters:
    """Return no capability, an init process, and folders in memory."""
    parameters = ecs.LinuxParameters(scope, f"{name}-linux-parameters", init_process_enabled=True)
    parameters.drop_capabilities(ecs.Capability.ALL)
    for path in writable_paths:
        parameters.add_tmpfs(ecs.Tmpfs(container_path=path.container_path, size=path.size_mib))
    return parameters

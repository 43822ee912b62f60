"""The output of a program, routed to where a team keeps its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import duration, require
from ecs_workloads._image_name import check_image
from ecs_workloads.extensible_task import SIDECAR_STOP_TIMEOUT, ExtensibleTask
from ecs_workloads.writable_path import WritablePath

_NAME = "log-router"
_USER = "1000:1000"
_WRITABLE = (WritablePath(container_path="/tmp"),)  # noqa: S108 - a path inside the container


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class FluentBit:
    """AWS for Fluent Bit beside the program: what it prints goes to the output that ``options`` name (FireLens).

    It starts before the program and stops after it; if it fails the task is replaced, since else what the
    program prints would be lost. What Fluent Bit itself prints goes to the log group of the tier. It runs as a
    user without rights, which FireLens supports since 2025 (amazon-ecs-agent#4697).

    Args:
        image: Fluent Bit, such as ``public.ecr.aws/aws-observability/aws-for-fluent-bit``, with its version or
            digest.
        options: The output, as its page in Fluent Bit's manual has it, beginning with ``Name``.
        secret_options: Options whose values come from Secrets Manager or SSM when a task starts.
        policy_statements: Permissions that the output needs. Defaults to none.
        memory_limit_mib: Memory at which it is killed, in MiB, out of the task's.

    Raises:
        ValueError: ``options`` name no output, or the memory is out of its range.
        TypeError: An argument is of another kind.
    """

    image: ecs.ContainerImage
    options: Mapping[str, str]
    secret_options: Mapping[str, ecs.Secret] = field(default_factory=dict[str, ecs.Secret])
    policy_statements: Sequence[iam.PolicyStatement] = ()
    memory_limit_mib: int = 128

    def __post_init__(self) -> None:
        require("Name" in self.options, "FluentBit", f"options must name the output, got {sorted(self.options)}")

    def log_driver(self) -> ecs.LogDriver:
        """Return the log driver of the program's container."""
        return ecs.LogDrivers.firelens(options=dict(self.options), secret_options=dict(self.secret_options) or None)

    def bind(self, task: ExtensibleTask) -> None:
        """Add the log router to ``task``."""
        task.check_sidecar(_NAME, user=_USER, memory_limit_mib=self.memory_limit_mib)
        router = task.task_definition.add_firelens_log_router(
            _NAME,
            image=self.image,
            user=_USER,
            memory_limit_mib=self.memory_limit_mib,
            firelens_config=ecs.FirelensConfig(type=ecs.FirelensLogRouterType.FLUENTBIT),
            essential=True,
            readonly_root_filesystem=True,
            linux_parameters=task.linux_parameters(_NAME, _WRITABLE),
            stop_timeout=duration(SIDECAR_STOP_TIMEOUT),
            logging=task.log_driver(_NAME),
        )
        check_image(f"{task.path}, container {_NAME!r}", self.image, router)
        for statement in self.policy_statements:
            task.task_definition.add_to_task_role_policy(statement)

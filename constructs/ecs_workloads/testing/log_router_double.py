"""A sidecar that takes the output of the program, and leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs

from ecs_workloads.extensible_task import ExtensibleTask

# One of the drivers that Fargate has, and the only one that needs neither a log group nor a container.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html
_DRIVER = "splunk"
_OPTIONS = {"splunk-url": "https://logs.test", "splunk-token": "none"}


class LogRouterDouble:
    """A sidecar with the seam `RoutesLogs`: the main container logs by its driver, and no container is added."""

    def __init__(self) -> None:
        self._tasks: list[ExtensibleTask] = []

    @property
    def tasks(self) -> Sequence[ExtensibleTask]:
        """What the sidecar was attached to, in that order, with its main container and task definition."""
        return tuple(self._tasks)

    def log_driver(self) -> ecs.LogDriver:
        """Return a driver that goes with Fargate, to ``https://logs.test``."""
        return ecs.GenericLogDriver(log_driver=_DRIVER, options=_OPTIONS)

    def bind(self, task: ExtensibleTask) -> None:
        """Keep ``task``."""
        self._tasks.append(task)

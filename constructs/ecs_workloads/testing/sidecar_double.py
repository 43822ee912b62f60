"""A sidecar that only watches."""

from __future__ import annotations

from collections.abc import Sequence

from ecs_workloads.extensible_task import ExtensibleTask


class SidecarDouble:
    """A sidecar that adds no container and keeps the tasks that it was given."""

    def __init__(self) -> None:
        self._tasks: list[ExtensibleTask] = []

    @property
    def tasks(self) -> Sequence[ExtensibleTask]:
        """What the sidecar was attached to, in that order, with its main container and task definition."""
        return tuple(self._tasks)

    def bind(self, task: ExtensibleTask) -> None:
        """Keep ``task``."""
        self._tasks.append(task)

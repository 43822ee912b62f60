"""A volume that only watches."""

from __future__ import annotations

from collections.abc import Sequence

from ecs_workloads.extensible_task import ExtensibleTask
from ecs_workloads.volume import check_volume


class VolumeDouble:
    """A volume that mounts nothing and keeps the tasks that it was given.

    Args:
        name: Name of the volume, unique in the task.
        container_path: Absolute path inside the main container.

    Raises:
        ValueError: A value is out of its range, as a real volume's would be.
    """

    def __init__(self, name: str = "data", *, container_path: str = "/data") -> None:
        check_volume(f"VolumeDouble {name!r}", name, container_path)
        self._name, self._container_path = name, container_path
        self._tasks: list[ExtensibleTask] = []

    @property
    def name(self) -> str:
        """Name of the volume."""
        return self._name

    @property
    def container_path(self) -> str:
        """Where the main container would find it."""
        return self._container_path

    @property
    def tasks(self) -> Sequence[ExtensibleTask]:
        """What the volume was added to, in that order, with its main container and task definition."""
        return tuple(self._tasks)

    def bind(self, task: ExtensibleTask) -> None:
        """Keep ``task``."""
        self._tasks.append(task)

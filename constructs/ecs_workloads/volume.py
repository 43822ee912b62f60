"""A folder that a container gets from outside its image."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import check_name, check_path
from ecs_workloads.extensible_task import ExtensibleTask


@runtime_checkable
class Volume(Protocol):
    """A folder of the main container: `ScratchVolume`, `EfsVolume`, `EbsVolume`, or one of your own."""

    @property
    def name(self) -> str:
        """Name of the volume, unique in the task."""
        ...

    @property
    def container_path(self) -> str:
        """Where the main container finds it."""
        ...

    def bind(self, task: ExtensibleTask) -> None:
        """Add the volume to ``task``, and mount it in the main container."""
        ...


def check_volume(subject: str, name: str, container_path: str) -> None:
    """Refuse a name that ECS does not take, and a path that is not absolute."""
    check_name(subject, "name", name, r"[A-Za-z0-9_-]{1,255}", "letters, digits, hyphens and underscores")
    check_path(subject, "container_path", container_path)


def mount(task: ExtensibleTask, name: str, container_path: str, *, read_only: bool = False) -> None:
    """Mount a volume of the task in its main container."""
    task.container.add_mount_points(
        ecs.MountPoint(container_path=container_path, source_volume=name, read_only=read_only)
    )

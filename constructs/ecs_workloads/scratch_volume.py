"""Room on disk that lives as long as one task."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import require
from ecs_workloads.extensible_task import ExtensibleTask
from ecs_workloads.volume import check_volume, mount


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class ScratchVolume:
    """A folder on the disk of the task, empty when it starts, which its containers may share.

    It takes no memory, unlike a `WritablePath`. Fargate gives it to root, so that a program without rights can
    write it only where its image has ``VOLUME`` for the same path, owned by its user: the folder is then copied
    with its owner. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html

    Args:
        name: Name of the volume, unique in the task.
        container_path: Absolute path inside the main container.
        image_declares_volume: That the image has ``VOLUME`` for this path, owned by the container's user.

    Raises:
        ValueError: A value is out of its range, or nobody says that the image declares the path.
        TypeError: An argument is of another kind.
    """

    name: str
    container_path: str
    image_declares_volume: bool = False

    def __post_init__(self) -> None:
        subject = f"ScratchVolume {self.name!r}"
        check_volume(subject, self.name, self.container_path)
        require(
            self.image_declares_volume,
            subject,
            f"Fargate gives {self.container_path!r} to root, and the program could not write it: use a WritablePath, "
            "or put VOLUME for the path into the image, owned by its user, and say image_declares_volume=True",
        )

    def bind(self, task: ExtensibleTask) -> None:
        """Add the folder to ``task``."""
        task.task_definition.add_volume(name=self.name)
        mount(task, self.name, self.container_path)

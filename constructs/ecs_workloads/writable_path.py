"""A folder in memory that a read-only container may write."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_path, check_range


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class WritablePath:
    """A folder that the process may write although the root file system is read-only.

    It is a tmpfs: it starts empty in each task, every user of the container may write it, and what is in it
    counts against the memory of the task.

    Args:
        container_path: Absolute path inside the container.
        size_mib: Largest size, in MiB, from 1 to 122880.

    Raises:
        ValueError: The path is not absolute, or the size is out of its range.
        TypeError: An argument is of another kind.
    """

    container_path: str
    size_mib: int = 64

    def __post_init__(self) -> None:
        check_path("WritablePath", "container_path", self.container_path)
        check_range("WritablePath", "size_mib", self.size_mib, 1, 122_880)

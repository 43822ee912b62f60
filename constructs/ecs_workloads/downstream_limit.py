"""What something behind a tier can bear."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_range, require


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class DownstreamLimit:
    """Connections that a database, a broker or another service accepts from all tasks of a tier together.

    A deployment runs the new tasks beside the old ones, so that twice as many connect for a while. A number that only
    the deployment knows is held against nothing.

    Args:
        name: What it is, for error messages.
        connections: Connections that it accepts from this tier, from 1 to 1 000 000.
        connections_per_task: Connections that one task opens, such as the size of its pool, from 1 to 100 000.

    Raises:
        ValueError: A value is out of its range.
        TypeError: An argument is of another kind.
    """

    name: str
    connections: int
    connections_per_task: int = 1

    def __post_init__(self) -> None:
        require(self.name.strip() != "", "DownstreamLimit", f"name must be some words, got {self.name!r}")
        subject = f"DownstreamLimit {self.name!r}"
        check_range(subject, "connections", self.connections, 1, 1_000_000)
        check_range(subject, "connections_per_task", self.connections_per_task, 1, 100_000)

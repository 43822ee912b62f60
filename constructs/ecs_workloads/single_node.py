"""A broker that keeps what it confirmed, and is away at times."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads._argument_kinds import checks_arguments


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class SingleNode:
    """The grade of a `RabbitMqBroker` with one node, whose data lies on EFS and outlives every task.

    Durable, not highly available: a deployment or a failed task stops it for up to a few minutes, in which programs
    must retry. A quorum queue on one node has one copy.

    Args:
        accept_one_copy: That one copy of each message is enough, also where the stack has termination protection.
            Defaults to no: such a stack needs a `NodeCluster`.

    Raises:
        TypeError: An argument is of another kind.
    """

    accept_one_copy: bool = False

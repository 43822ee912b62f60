"""How many tasks run, and what makes that number change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import is_token, require
from ecs_workloads.downstream_limit import DownstreamLimit
from ecs_workloads.message_queue import MessageQueue


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class ScalableService:
    """What a scaling policy may look at and change.

    Args:
        path: Construct path of the tier, for error messages.
        tasks: The scalable task count, to which a policy attaches itself.
        service: The ECS service whose tasks are counted.
        min_capacity: Fewest tasks that the tier runs at any time of day, those of a `Scheduled` included.
        target_group: Target group that sends requests to the tasks, if the tier has one.
        queue: Queue from which the tasks take their work, if the tier has one.

    Raises:
        TypeError: An argument is of another kind.
    """

    path: str
    tasks: ecs.ScalableTaskCount
    service: ecs.BaseService
    min_capacity: int
    target_group: elbv2.ApplicationTargetGroup | None = None
    queue: MessageQueue | None = None


@runtime_checkable
class ScalingPolicy(Protocol):
    """One reason to add or remove tasks. Implement it to scale on a metric of your own."""

    def bind(self, service: ScalableService) -> None:
        """Attach this policy to the task count of ``service``."""
        ...


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Bounds of the task count, and the policies that move it between them.

    Where several policies are given, the one that wants most tasks wins, and tasks are removed only when
    all of them agree.

    Args:
        min_capacity: Fewest tasks, from 0. Defaults to what the tier has without any `Scaling`: 2 for a web or app
            server, 1 for a worker. With 0, some policy must be able to start a first task: `BacklogPerTask`,
            `Scheduled` or one of your own; a tier refuses CPU, memory, requests and arrivals alone.
        max_capacity: Most tasks, from 1 and not below ``min_capacity``. Defaults to 1, which only a worker, or a tier
            with ``min_capacity=1``, may have: policies then move nothing.
        zone_redundant: Whether fewer tasks than there are zones are refused at any time, so that the loss of a zone
            leaves others. Defaults to no.
        downstream: What the tasks connect to, and how many connections it accepts: a ``max_capacity`` that would open
            more is refused, unless the tier is suspended. Defaults to nothing.
        policies: What moves the count. Defaults to the tier's own choice: average CPU for a web or app
            server, and for a worker whose queue has no metrics. A worker whose queue has metrics asks for
            a `BacklogPerTask`, since only its user knows how long a message takes.

    Raises:
        ValueError: The bounds do not fit each other, or there is an empty list of policies.
        TypeError: An argument is of another kind.
    """

    min_capacity: int | None = None
    max_capacity: int = 1
    policies: Sequence[ScalingPolicy] | None = None
    zone_redundant: bool = False
    downstream: Sequence[DownstreamLimit] = ()

    def __post_init__(self) -> None:
        low, high = self.min_capacity, self.max_capacity
        if is_token(high):
            return
        require(high >= 1, "Scaling", f"max_capacity must be at least 1, got {high}")
        # What the tier's own minimum must fit, the tier checks.
        if low is None or is_token(low):
            return
        require(0 <= low <= high, "Scaling", f"need 0 <= min_capacity <= max_capacity, got {low} and {high}")
        require(
            self.policies is None or len(self.policies) > 0 or low == high,
            "Scaling",
            f"nothing would move the count between {low} and {high}: policies must not be empty",
        )

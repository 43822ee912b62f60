"""The number of tasks of one tier, with the tier's own choice where its user made none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecs_workloads._checks import is_token, require
from ecs_workloads.scaling import Scaling, ScalingPolicy
from ecs_workloads.scheduled import Scheduled


@dataclass(frozen=True, kw_only=True)
class TaskBounds:
    """Between how many tasks a tier runs, and what moves the number."""

    min_capacity: int
    max_capacity: int
    policies: Sequence[ScalingPolicy]

    @property
    def scheduled(self) -> list[Scheduled]:
        """The policies that move the bounds themselves."""
        return [policy for policy in self.policies if isinstance(policy, Scheduled)]

    @property
    def lows(self) -> list[int]:
        """Each minimum that is in force at some time of day."""
        scheduled = [action.min_capacity for action in self.scheduled if action.min_capacity is not None]
        return [self.min_capacity, *scheduled]

    @property
    def highs(self) -> list[int]:
        """Each maximum that is in force at some time of day."""
        scheduled = [action.max_capacity for action in self.scheduled if action.max_capacity is not None]
        return [self.max_capacity, *scheduled]

    @property
    def fewest(self) -> int:
        """Fewest tasks at any time of day; below 0 where only the deployment knows: a token is a negative number."""
        return min(self.lows)


def check_scaling(path: str, scaling: Scaling, *, min_capacity: int, policies: Sequence[ScalingPolicy]) -> TaskBounds:
    """Return the bounds of the tier at ``path``, which has a minimum and policies of its own; refuse an empty range."""
    if scaling.min_capacity is not None:
        min_capacity = scaling.min_capacity
    elif not is_token(scaling.max_capacity):
        require(
            min_capacity <= scaling.max_capacity,
            path,
            f"scaling has max_capacity={scaling.max_capacity}, below the {min_capacity} tasks that this tier runs by "
            "default: say a min_capacity too, or a higher max_capacity",
        )
        require(
            scaling.policies is None or len(scaling.policies) > 0 or min_capacity == scaling.max_capacity,
            path,
            f"nothing would move the count between {min_capacity} and {scaling.max_capacity}: policies of scaling must "
            "not be empty",
        )
    return TaskBounds(
        min_capacity=min_capacity,
        max_capacity=scaling.max_capacity,
        policies=policies if scaling.policies is None else scaling.policies,
    )

"""Scaling on requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_cooldowns, check_range, duration
from ecs_workloads.scaling import ScalableService


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class RequestsPerTarget:
    """Keep the requests that each task of a web server gets near a target.

    Args:
        requests_per_minute: Requests for one task in one minute, from 1 to 1000000. A good value is 0.7 times
            what one task served in a load test within its latency goal.
        scale_out_cooldown: Time after adding tasks before more are added, up to one hour.
        scale_in_cooldown: Time after removing tasks before more are removed, up to one hour.

    Raises:
        ValueError: A value is out of its range, or the tier has no load balancer.
        TypeError: An argument is of another kind.
    """

    requests_per_minute: int
    scale_out_cooldown: timedelta = timedelta(minutes=1)
    scale_in_cooldown: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        check_range("RequestsPerTarget", "requests_per_minute", self.requests_per_minute, 1, 1_000_000)
        check_cooldowns("RequestsPerTarget", self.scale_out_cooldown, self.scale_in_cooldown)

    def bind(self, service: ScalableService) -> None:
        """Attach this policy to the task count of ``service``."""
        target_group = service.target_group
        if target_group is None:
            raise ValueError(f"{service.path}: RequestsPerTarget needs a tier behind a load balancer")
        service.tasks.scale_on_request_count(
            "RequestsPerTarget",
            requests_per_target=self.requests_per_minute,
            target_group=target_group,
            scale_out_cooldown=duration(self.scale_out_cooldown),
            scale_in_cooldown=duration(self.scale_in_cooldown),
        )

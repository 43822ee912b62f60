"""Scaling on CPU."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_cooldowns, check_range, duration
from ecs_workloads.scaling import ScalableService


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class TargetCpu:
    """Keep the average CPU utilization of the tasks near a target.

    Args:
        target_utilization_percent: Target in percent of the task's CPU, 10 to 90. Defaults to 60: enough room
            for the minutes until new tasks serve.
        scale_out_cooldown: Time after adding tasks before more are added, up to one hour.
        scale_in_cooldown: Time after removing tasks before more are removed, up to one hour.

    Raises:
        ValueError: A value is out of its range.
        TypeError: An argument is of another kind.
    """

    target_utilization_percent: int = 60
    scale_out_cooldown: timedelta = timedelta(minutes=1)
    scale_in_cooldown: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        check_range("TargetCpu", "target_utilization_percent", self.target_utilization_percent, 10, 90)
        check_cooldowns("TargetCpu", self.scale_out_cooldown, self.scale_in_cooldown)

    def bind(self, service: ScalableService) -> None:
        """Attach this policy to the task count of ``service``."""
        service.tasks.scale_on_cpu_utilization(
            "TargetCpu",
            target_utilization_percent=self.target_utilization_percent,
            scale_out_cooldown=duration(self.scale_out_cooldown),
            scale_in_cooldown=duration(self.scale_in_cooldown),
        )

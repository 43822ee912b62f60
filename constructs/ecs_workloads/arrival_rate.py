"""Scaling on the work that arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_cooldowns, check_known_range, check_processing_time, check_range
from ecs_workloads._metric_math import RUNNING_OR_ONE, track_expression
from ecs_workloads._running_tasks import metric_running_tasks
from ecs_workloads.message_queue import MeasuresArrivals
from ecs_workloads.scaling import ScalableService


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class ArrivalRate:
    """Keep the tasks busy to a given share with the messages that arrive. Use it beside `BacklogPerTask`.

    While a queue keeps up, its backlog is near zero, and a policy on the backlog alone removes the very tasks
    that keep it so; then the backlog grows, and they come back. This policy holds them. The utilization is
    ``100 * arrivals per second * processing_time / (running tasks * messages_at_once)``.

    Args:
        processing_time: Mean time that one message takes, from one millisecond to 12 hours.
        messages_at_once: Messages that one task works on at the same time, 1 to 10000.
        target_utilization_percent: Target in percent of what the tasks can work off, 10 to 90. Defaults to 75.
        scale_out_cooldown: Time after adding tasks before more are added, up to one hour.
        scale_in_cooldown: Time after removing tasks before more are removed, up to one hour.

    Raises:
        ValueError: A value is out of its range, or the tier's queue does not measure what arrives.
        TypeError: An argument is of another kind.
    """

    processing_time: timedelta
    messages_at_once: int = 1
    target_utilization_percent: int = 75
    scale_out_cooldown: timedelta = timedelta(minutes=1)
    scale_in_cooldown: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        check_processing_time("ArrivalRate", self.processing_time)
        check_known_range(
            "ArrivalRate", "messages_at_once", self.messages_at_once, 1, 10_000, why="the metric is computed from it"
        )
        check_range("ArrivalRate", "target_utilization_percent", self.target_utilization_percent, 10, 90)
        check_cooldowns("ArrivalRate", self.scale_out_cooldown, self.scale_in_cooldown)

    def bind(self, service: ScalableService) -> None:
        """Attach this policy to the task count of ``service``."""
        queue = service.queue
        if not isinstance(queue, MeasuresArrivals):
            raise ValueError(  # noqa: TRY004 - the value is of the right type and lacks a metric
                f"{service.path}: ArrivalRate needs a tier whose queue has metric_messages_sent(), as SqsQueue has"
            )
        percent_of_one_task = 100 * self.processing_time.total_seconds() / 60 / self.messages_at_once
        track_expression(
            service,
            "ArrivalRate",
            expression=f"FILL(sent, 0) * {percent_of_one_task:.9g} / {RUNNING_OR_ONE}",
            label="Percent of what the running tasks can work off",
            metrics={"sent": queue.metric_messages_sent(), "running": metric_running_tasks(service.service)},
            target_value=self.target_utilization_percent,
            scale_out_cooldown=self.scale_out_cooldown,
            scale_in_cooldown=self.scale_in_cooldown,
        )

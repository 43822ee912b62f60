"""Scaling by the clock."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as appscaling

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, is_token, require, suggestion
from ecs_workloads._schedule import check_schedule
from ecs_workloads.scaling import ScalableService


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """Move the bounds of the task count at a time of day; other policies then work within the new bounds.

    Args:
        name: Name of the action, PascalCase, unique within the tier; it becomes part of a logical id.
        schedule: ``cron(minutes hours day-of-month month day-of-week year)`` with a ``?`` in one of the two days,
            ``rate(...)`` or ``at(...)``, as Application Auto Scaling writes it.
        min_capacity: Fewest tasks from then on. Defaults to no change.
        max_capacity: Most tasks from then on. Defaults to no change.
        time_zone: IANA name of the zone in which ``schedule`` is read.

    Raises:
        ValueError: The schedule cannot be read or never comes, the zone is unknown, neither bound is given, or they do
            not fit each other.
        TypeError: An argument is of another kind.
    """

    name: str
    schedule: str
    min_capacity: int | None = None
    max_capacity: int | None = None
    time_zone: str = "Etc/UTC"

    def __post_init__(self) -> None:
        subject = f"Scheduled {self.name!r}"
        check_name(subject, "name", self.name, r"[A-Z][A-Za-z0-9]*", "PascalCase letters and digits")
        check_schedule(subject, self.schedule)
        known = zoneinfo.available_timezones()
        require(
            is_token(self.time_zone) or self.time_zone in known,
            subject,
            f"time_zone must be an IANA name, got {self.time_zone!r}{suggestion(self.time_zone, known)}",
        )
        low, high = self.min_capacity, self.max_capacity
        require(low is not None or high is not None, subject, "needs min_capacity, max_capacity or both")
        if is_token(low) or is_token(high):
            return
        require(
            (low is None or low >= 0) and (high is None or high >= (low or 0)),
            subject,
            f"need 0 <= min_capacity <= max_capacity, got {low} and {high}",
        )

    def bind(self, service: ScalableService) -> None:
        """Attach this action to the task count of ``service``."""
        service.tasks.scale_on_schedule(
            self.name,
            schedule=appscaling.Schedule.expression(self.schedule),
            min_capacity=self.min_capacity,
            max_capacity=self.max_capacity,
            time_zone=cdk.TimeZone.of(self.time_zone),
        )

"""The command by which ECS tells a live container from a hung one."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import check_range, check_time, require


def check_health_check(subject: str, health_check: ecs.HealthCheck | None) -> None:
    """Refuse a health check that ECS does not take; what only the deployment knows passes.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    """
    if health_check is None:
        return
    command: object = health_check.command
    require(
        not isinstance(command, str),
        subject,
        f"health_check.command must be a list, such as ['CMD', 'curl', '-f', 'http://localhost/'], got {command!r}",
    )
    require(bool(command), subject, "health_check.command must not be empty")
    for name, value, low, high in (
        ("interval", health_check.interval, 5, 300),
        ("timeout", health_check.timeout, 2, 60),
        ("start_period", health_check.start_period, 0, 300),
    ):
        if value is not None and not value.is_unresolved():
            seconds = timedelta(seconds=value.to_seconds(integral=False))
            check_time(subject, f"health_check.{name}", seconds, timedelta(seconds=low), timedelta(seconds=high))
    if health_check.retries is not None:
        check_range(subject, "health_check.retries", health_check.retries, 1, 10)

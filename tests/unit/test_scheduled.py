"""Tests of `Scheduled`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, Scaling, Scheduled
from tests.templates import HEALTHY, properties


def test_moves_the_bounds_at_a_time_of_day(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    morning = Scheduled(
        name="Morning",
        schedule="cron(0 8 ? * MON-FRI *)",
        min_capacity=4,
        max_capacity=6,
        time_zone="America/Port-au-Prince",
    )
    AppServer(
        stack,
        "App",
        cluster=cluster,
        container=replace(container, port=8000, health_check=HEALTHY),
        dns_name="app",
        scaling=Scaling(min_capacity=1, max_capacity=8, policies=(morning,)),
    )

    [action] = properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["ScheduledActions"]
    assert action == {
        "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 6},
        "Schedule": "cron(0 8 ? * MON-FRI *)",
        "ScheduledActionName": "Morning",
        "Timezone": "America/Port-au-Prince",
    }


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 8 * * ? *)",
        "cron(0/15 8-18,20 ? JAN-MAR MON,WED-FRI 2026-2030)",
        "cron(*/5 00 L * ? *)",
        "cron(59 23 15W 12 ? 2199)",
        "cron(0 0 31 1 ? 1970)",
        "cron(0 9 ? * 6L *)",
        "cron(0 9 ? * 2#1 *)",
        "cron(0 0 29 FEB ? *)",
        "cron(0 0 30 2,11 ? *)",
        "cron(0 0 31 APR,MAY ? *)",
        "cron(0 0 31 9-10 ? *)",
        "cron(0 0 1,31 2 ? *)",
        "cron(0 0 */30 2 ? *)",
        "cron(0 0 L 02 ? *)",
        "cron(0 0 ? 2 7#5 *)",
        "rate(1 hour)",
        "rate(5 minutes)",
        "rate(10 days)",
        "at(2026-12-24T18:00:00)",
    ],
)
def test_takes_each_form_of_schedule(schedule: str) -> None:
    Scheduled(name="Any", schedule=schedule, max_capacity=1)


def test_the_most_tasks_may_be_none() -> None:
    assert Scheduled(name="Night", schedule="rate(1 hour)", max_capacity=0).max_capacity == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": "0 8 * * *"}, r"schedule must be cron\(...\) with six fields"),
        ({"schedule": "rate(0)"}, r"schedule must be as rate\(1 hour\)"),
        ({"schedule": "at(2026-12-24)"}, r"schedule must be as at\(2026-12-24T18:00:00\)"),
        ({"schedule": "cron(60 8 ? * * *)"}, "minutes of the schedule must be 0 to 59, got '60'"),
        ({"schedule": "cron(0 8 32 * ? *)"}, r"day-of-month of the schedule must be 1 to 31, L, W or \?, got '32'"),
        ({"schedule": "cron(0 8 1 13 ? *)"}, "month of the schedule must be 1 to 12 or JAN to DEC, got '13'"),
        ({"schedule": "cron(0 8 ? * 8 *)"}, r"day-of-week of the schedule must be 1 to 7, SUN to SAT, L, # or \?, got"),
        ({"schedule": "cron(0 8 ? * MON 26)"}, "year of the schedule must be 1970 to 2199, got '26'"),
        ({"schedule": "cron(0 8 * * MON-FRI *)"}, r"\(did you mean 'cron\(0 8 \? \* MON-FRI \*\)'\?\)"),
        ({"schedule": "cron(0 8 1 * * *)"}, r"\(did you mean 'cron\(0 8 1 \* \? \*\)'\?\)"),
        ({"schedule": "cron(0 8 ? * ? *)"}, r"\(did you mean 'cron\(0 8 \* \* \? \*\)'\?\)"),
        ({"schedule": "cron(0 8 1 * MON *)"}, "got 'cron.*': say them in two schedules"),
        ({"schedule": "cron(0 8 30 FEB ? *)"}, "schedule never comes: no such month has such a day, got 'cron"),
        ({"schedule": "cron(0 8 31 02 ? *)"}, "schedule never comes"),
        ({"schedule": "cron(0 8 31W 4,JUN,09,11 ? *)"}, "schedule never comes"),
        ({"schedule": "cron(0 8  ? * MON)"}, "day-of-month of the schedule must be 1 to 31"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"name": "Morning", "schedule": "rate(1 hour)", "min_capacity": 4, **changes}
    with pytest.raises(ValueError, match=message):
        Scheduled(**arguments)

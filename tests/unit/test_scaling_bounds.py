"""Tests of what the bounds of a task count must fit: zones, schedules, and what is behind the tier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import Container, DownstreamLimit, Scaling, Scheduled, TargetCpu, WebServer
from tests.templates import properties

MakeWeb = Callable[..., WebServer]
DATABASE = DownstreamLimit(name="orders database", connections=100, connections_per_task=5)


def noon(*, min_capacity: int | None = None, max_capacity: int | None = None) -> Scheduled:
    return Scheduled(name="Noon", schedule="cron(0 12 * * ? *)", min_capacity=min_capacity, max_capacity=max_capacity)


@pytest.fixture
def make(stack: cdk.Stack, container: Container) -> MakeWeb:
    def web_server(scaling: Scaling, *, zones: int = 3, **arguments: Any) -> WebServer:
        vpc = ec2.Vpc(stack, "Vpc", availability_zones=["a", "b", "c"][:zones])
        return WebServer(
            stack,
            "Web",
            cluster=ecs.Cluster(stack, "Cluster", vpc=vpc),
            container=replace(container, port=8080),
            protocol=elbv2.ApplicationProtocol.HTTP,
            scaling=scaling,
            **arguments,
        )

    return web_server


def test_a_task_in_each_zone_is_enough(stack: cdk.Stack, make: MakeWeb) -> None:
    make(Scaling(min_capacity=3, max_capacity=4, zone_redundant=True))

    assert properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["MinCapacity"] == 3


def test_zones_are_those_of_the_chosen_subnets(make: MakeWeb) -> None:
    make(
        Scaling(min_capacity=2, max_capacity=4, zone_redundant=True),
        vpc_subnets=ec2.SubnetSelection(availability_zones=["a", "b"]),
    )


def test_zones_that_nobody_knows_are_not_counted(stack: cdk.Stack, make: MakeWeb) -> None:
    subnet = ec2.Subnet.from_subnet_id(stack, "Theirs", "subnet-1")

    with pytest.raises(ValueError, match=r"^Stack/Web: zone_redundant needs .* ec2.Subnet.from_subnet_attributes\("):
        make(
            Scaling(min_capacity=2, max_capacity=4, zone_redundant=True),
            vpc_subnets=ec2.SubnetSelection(subnets=[subnet]),
        )


def test_a_schedule_may_not_leave_a_zone_without_task(make: MakeWeb) -> None:
    with pytest.raises(ValueError, match="zone_redundant needs a task in each of the 3 zones .* are 1"):
        make(Scaling(min_capacity=3, max_capacity=4, zone_redundant=True, policies=(TargetCpu(), noon(min_capacity=1))))


def test_as_many_tasks_as_the_database_bears_during_a_deployment(stack: cdk.Stack, make: MakeWeb) -> None:
    make(Scaling(min_capacity=2, max_capacity=10, downstream=[DATABASE]))

    assert properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["MaxCapacity"] == 10


def test_a_schedule_counts_against_the_database_too(make: MakeWeb) -> None:
    scaling = Scaling(max_capacity=4, downstream=[DATABASE], policies=(TargetCpu(), noon(max_capacity=20)))

    with pytest.raises(ValueError, match="20 tasks, .* up to 200 connections"):
        make(scaling)


def test_bounds_known_only_at_deployment_pass(make: MakeWeb) -> None:
    most: Any = cdk.Token.as_number(cdk.Fn.ref("Most"))

    make(Scaling(max_capacity=most, downstream=[DATABASE], zone_redundant=True))


def test_actions_that_move_both_bounds_fit_whatever_is_in_force(make: MakeWeb) -> None:
    night = replace(noon(min_capacity=0, max_capacity=0), name="Night")
    day = replace(noon(min_capacity=2, max_capacity=4), name="Day")

    make(Scaling(min_capacity=2, max_capacity=4, policies=(TargetCpu(), night, day)))


def test_a_morning_may_not_raise_the_min_alone_when_the_night_stops_the_tier(make: MakeWeb) -> None:
    night = replace(noon(min_capacity=0, max_capacity=0), name="Night")
    day = replace(noon(min_capacity=2), name="Day")

    with pytest.raises(ValueError, match="'Day' raises min_capacity to 2 while max_capacity may be 0"):
        make(Scaling(min_capacity=2, max_capacity=4, policies=(TargetCpu(), night, day)))


def test_a_suspended_tier_connects_to_nothing(stack: cdk.Stack, make: MakeWeb) -> None:
    make(Scaling(min_capacity=2, max_capacity=11, downstream=[DATABASE]), suspended=True)

    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 0


def test_a_max_of_the_user_leaves_the_min_of_the_tier(stack: cdk.Stack, make: MakeWeb) -> None:
    make(Scaling(max_capacity=6))

    target = properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")["PolicyType"] == "TargetTrackingScaling"


def test_an_action_may_move_both_bounds(make: MakeWeb) -> None:
    make(Scaling(min_capacity=2, max_capacity=4, policies=(TargetCpu(), noon(min_capacity=10, max_capacity=20))))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"connections_per_task": 0}, "connections_per_task must be from 1 to 100000, got 0"),
        ({"connections_per_task": 100_001}, "connections_per_task must be from 1 to 100000, got 100001"),
    ],
)
def test_a_limit_refuses(arguments: dict[str, Any], message: str) -> None:
    defaults: dict[str, Any] = {"name": "db", "connections": 10}

    with pytest.raises(ValueError, match=message):
        DownstreamLimit(**{**defaults, **arguments})

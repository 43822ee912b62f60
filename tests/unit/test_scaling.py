"""Tests of `Scaling`, and of a policy that comes from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, ScalableService, Scaling
from tests.templates import HEALTHY, properties


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_capacity": 3, "max_capacity": 2}, "need 0 <= min_capacity <= max_capacity, got 3 and 2"),
        ({"min_capacity": -1, "max_capacity": 2}, "need 0 <= min_capacity <= max_capacity, got -1 and 2"),
        ({"min_capacity": 0, "max_capacity": 0}, "max_capacity must be at least 1, got 0"),
        ({"min_capacity": 1, "max_capacity": 2, "policies": ()}, "nothing would move the count between 1 and 2"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scaling(**arguments)


def test_tokens_pass_where_numbers_are_checked(stack: cdk.Stack) -> None:
    count: Any = cdk.CfnParameter(stack, "Count", type="Number").value_as_number
    Scaling(min_capacity=count, max_capacity=4)


def test_a_fixed_count_needs_no_policy() -> None:
    Scaling(min_capacity=2, max_capacity=2, policies=())


def test_values_can_be_compared() -> None:
    assert Scaling(min_capacity=1, max_capacity=2) == Scaling(min_capacity=1, max_capacity=2)


@dataclass(frozen=True)
class Connections:
    """A policy of a user, who imports only the type that it is given."""

    def bind(self, service: ScalableService) -> None:
        service.tasks.scale_to_track_custom_metric(
            "Connections",
            metric=cloudwatch.Metric(namespace="Shop", metric_name="Connections"),
            target_value=100,
        )


def test_a_policy_from_outside_is_attached(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    AppServer(
        stack,
        "App",
        cluster=cluster,
        container=replace(container, port=8000, health_check=HEALTHY),
        dns_name="app",
        scaling=Scaling(min_capacity=1, max_capacity=2, policies=(Connections(),)),
    )

    policy = properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["CustomizedMetricSpecification"]["MetricName"] == "Connections"

"""Tests of `Scaling`, and of a policy that comes from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, ScalableService, Scaling
from tests.templates import HEALTHY, properties


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

"""Tests of `Scaling`, and of a policy that comes from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_workloads import (
    AppServer,
    BacklogPerTask,
    Container,
    RequestsPerTarget,
    ScalableService,
    Scaling,
    ScalingPolicy,
)
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


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (RequestsPerTarget(requests_per_minute=900), "Shop: RequestsPerTarget needs a tier behind a load balancer"),
        (
            BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2)),
            "Shop: BacklogPerTask needs a tier that takes its work from a queue",
        ),
    ],
)
def test_a_service_has_no_load_balancer_and_no_queue_unless_told(
    stack: cdk.Stack, cluster: ecs.Cluster, policy: ScalingPolicy, reason: str
) -> None:
    task = ecs.FargateTaskDefinition(stack, "Task")
    task.add_container("main", image=ecs.ContainerImage.from_registry("example.com/shop:1.0.0"))
    service = ecs.FargateService(stack, "Service", cluster=cluster, task_definition=task)
    tasks = service.auto_scale_task_count(max_capacity=2)

    with pytest.raises(ValueError, match=reason):
        policy.bind(ScalableService(path="Shop", tasks=tasks, service=service, min_capacity=1))

"""Tests of `TargetMemory`."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, Scaling, TargetMemory
from tests.templates import HEALTHY, properties


def test_tracks_the_average_memory(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    scaling = Scaling(min_capacity=1, max_capacity=3, policies=(TargetMemory(),))
    AppServer(
        stack,
        "App",
        cluster=cluster,
        container=replace(container, port=8000, health_check=HEALTHY),
        dns_name="app",
        scaling=scaling,
    )

    assert properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")[
        "TargetTrackingScalingPolicyConfiguration"
    ] == {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"},
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
        "TargetValue": 70,
    }

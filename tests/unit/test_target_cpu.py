"""Tests of `TargetCpu`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, Scaling, TargetCpu
from tests.templates import HEALTHY, properties


def test_tracks_the_average_cpu(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    policy = TargetCpu(target_utilization_percent=45, scale_in_cooldown=timedelta(minutes=7))
    scaling = Scaling(min_capacity=1, max_capacity=3, policies=(policy,))
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
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "ScaleInCooldown": 420,
        "ScaleOutCooldown": 60,
        "TargetValue": 45,
    }

"""Tests of `TargetMemory`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
import pytest
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


def test_fails_for_a_target_without_room() -> None:
    with pytest.raises(ValueError, match="target_utilization_percent must be from 10 to 90, got 5"):
        TargetMemory(target_utilization_percent=5)


def test_fails_for_a_cooldown_above_an_hour() -> None:
    with pytest.raises(ValueError, match="TargetMemory: scale_in_cooldown must be from 0 seconds to 3600 seconds"):
        TargetMemory(scale_in_cooldown=timedelta(hours=2))

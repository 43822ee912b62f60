"""Tests of `RequestsPerTarget`."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import AppServer, Container, RequestsPerTarget, Scaling, WebServer
from tests.templates import HEALTHY, properties

SCALING = Scaling(min_capacity=1, max_capacity=3, policies=(RequestsPerTarget(requests_per_minute=900),))


def test_tracks_the_requests_of_each_task(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    WebServer(
        stack,
        "Web",
        cluster=cluster,
        container=replace(container, port=8080),
        protocol=elbv2.ApplicationProtocol.HTTP,
        scaling=SCALING,
    )

    configuration = properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")[
        "TargetTrackingScalingPolicyConfiguration"
    ]
    assert configuration["TargetValue"] == 900
    assert configuration["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ALBRequestCountPerTarget"


def test_fails_for_a_tier_without_load_balancer(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    with pytest.raises(ValueError, match="Stack/App: RequestsPerTarget needs a tier behind a load balancer"):
        AppServer(
            stack,
            "App",
            cluster=cluster,
            container=replace(container, port=8000, health_check=HEALTHY),
            dns_name="app",
            scaling=SCALING,
        )

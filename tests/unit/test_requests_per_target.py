"""Tests of `RequestsPerTarget`."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import Container, RequestsPerTarget, Scaling, WebServer
from tests.templates import properties

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
    assert (configuration["ScaleOutCooldown"], configuration["ScaleInCooldown"]) == (60, 300)
    assert configuration["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ALBRequestCountPerTarget"

"""Tests of `RequestMetrics`, and of the same metrics on a web server."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import Container, ListenerRule, RequestMetrics, WebServer

NAMED = RequestMetrics(load_balancer_full_name="app/shop/1", target_group_full_name="targetgroup/web/2")


@pytest.fixture
def web(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> WebServer:
    served = replace(container, port=8080)
    return WebServer(
        stack,
        "Web",
        cluster=cluster,
        container=served,
        protocol=elbv2.ApplicationProtocol.HTTP,
        max_failed_percent=None,
    )


def expression(metric: cloudwatch.IMetric) -> str:
    math = metric.to_metric_config().math_expression
    assert math is not None
    return math.expression


def test_every_metric_of_a_web_server_has_its_documented_statistic(web: WebServer) -> None:
    measured = [
        web.metric_requests(),
        web.metric_response_time(),
        web.metric_response_time("p50"),
        web.metric_unhealthy_hosts(),
    ]

    assert [(metric.metric_name, metric.statistic) for metric in measured] == [
        ("RequestCount", "Sum"),
        ("TargetResponseTime", "p99"),
        ("TargetResponseTime", "p50"),
        ("UnHealthyHostCount", "Maximum"),
    ]


def test_a_web_server_is_measured_at_its_own_load_balancer_and_target_group(stack: cdk.Stack, web: WebServer) -> None:
    assert stack.resolve(web.metric_requests().dimensions) == {
        "LoadBalancer": stack.resolve(web.load_balancer.load_balancer_full_name),
        "TargetGroup": stack.resolve(web.target_group.target_group_full_name),
    }


def test_what_its_own_load_balancer_cannot_send_anywhere_counts_as_failed(web: WebServer) -> None:
    assert expression(web.metric_failed_responses()) == "FILL(failed, 0) + FILL(unanswered, 0)"


def test_what_a_shared_load_balancer_cannot_send_anywhere_is_nobodys_failure(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    shared = elbv2.ApplicationLoadBalancer(stack, "Shared", vpc=cluster.vpc).add_listener(
        "Http", port=80, open=False, default_action=elbv2.ListenerAction.fixed_response(404)
    )
    guest = WebServer(
        stack,
        "Guest",
        cluster=cluster,
        container=replace(container, port=8080),
        listener_rule=ListenerRule(listener=shared, priority=1, host_headers=["shop.example.com"]),
    )

    failed = guest.metric_failed_responses().to_metric_config().metric_stat

    assert failed is not None
    assert guest.metrics.requests is not None
    assert (failed.metric_name, failed.statistic) == ("HTTPCode_Target_5XX_Count", "Sum")
    assert "unanswered" not in guest.metrics.requests.metric_failed_percent().expression


def test_names_are_enough() -> None:
    assert NAMED.metric_requests().dimensions == {"LoadBalancer": "app/shop/1", "TargetGroup": "targetgroup/web/2"}


def test_a_few_requests_are_no_share() -> None:
    assert ">= 20, 100 *" in NAMED.metric_failed_percent().expression

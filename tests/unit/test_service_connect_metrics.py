"""Tests of `ServiceConnectMetrics`, and of the same metrics on an app server."""

from __future__ import annotations

import re
from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, InternalLoadBalancer, RequestMetrics, ServiceConnectMetrics
from tests.templates import HEALTHY

NAMED = ServiceConnectMetrics(discovery_name="app", cluster_name="shop", service_name="app-service")


@pytest.fixture
def served(container: Container) -> Container:
    return replace(container, port=8000, health_check=HEALTHY)


def described(metric: cloudwatch.IMetric) -> tuple[str, str, str, dict[str, str]]:
    stat = metric.to_metric_config().metric_stat
    assert stat is not None
    return stat.namespace, stat.metric_name, stat.statistic, {one.name: one.value for one in stat.dimensions or []}


def test_requests_are_those_that_reach_the_tier_itself() -> None:
    assert described(NAMED.metric_requests()) == (
        "AWS/ECS",
        "RequestCount",
        "Sum",
        {"ClusterName": "shop", "DiscoveryName": "app", "ServiceName": "app-service"},
    )


def test_failures_are_counted_by_the_name_that_is_called() -> None:
    assert described(NAMED.metric_failed_responses()) == (
        "AWS/ECS",
        "HTTPCode_Target_5XX_Count",
        "Sum",
        {"TargetDiscoveryName": "app"},
    )


def test_a_share_of_failures_is_one_of_all_requests_to_the_same_name() -> None:
    share = NAMED.metric_failed_percent()

    assert described(share.using_metrics["requests"]) == ("AWS/ECS", "RequestCount", "Sum", {"DiscoveryName": "app"})
    assert described(share.using_metrics["failed"]) == described(NAMED.metric_failed_responses())
    assert share.expression == "IF(FILL(requests, 0) >= 20, 100 * FILL(failed, 0) / FILL(requests, 0), 0)"


@pytest.mark.parametrize("statistic", ["p99.9", "Average"])
def test_the_response_time_is_turned_from_milliseconds_into_seconds(statistic: str) -> None:
    time = NAMED.metric_response_time(statistic)

    [(name, milliseconds)] = time.using_metrics.items()
    assert time.expression == f"{name} / 1000"
    assert re.fullmatch(r"[a-z]\w*", name)
    assert described(milliseconds) == (
        "AWS/ECS",
        "TargetResponseTime",
        statistic,
        {"TargetDiscoveryName": "app"},
    )


def test_the_response_time_is_that_of_the_slowest_hundredth_unless_told_otherwise() -> None:
    [milliseconds] = NAMED.metric_response_time().using_metrics.values()
    assert described(milliseconds)[2] == "p99"


def test_an_app_server_is_measured_under_the_name_that_it_publishes(
    stack: cdk.Stack, cluster: ecs.Cluster, served: Container
) -> None:
    app = AppServer(stack, "App", cluster=cluster, container=served, dns_name="orders")

    assert app.metrics.requests == ServiceConnectMetrics(
        discovery_name="orders", cluster_name=cluster.cluster_name, service_name=app.service.service_name
    )


def test_an_app_server_that_speaks_grpc_by_service_connect_has_no_requests(
    stack: cdk.Stack, cluster: ecs.Cluster, served: Container
) -> None:
    app = AppServer(
        stack, "App", cluster=cluster, container=served, dns_name="app", app_protocol=ecs.AppProtocol("grpc")
    )

    assert app.metrics.requests is None


def test_an_app_server_behind_a_load_balancer_is_measured_there(
    stack: cdk.Stack, cluster: ecs.Cluster, served: Container
) -> None:
    app = AppServer(stack, "App", cluster=cluster, container=served, internal_load_balancer=InternalLoadBalancer())

    assert isinstance(app.metrics.requests, RequestMetrics)

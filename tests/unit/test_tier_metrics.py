"""Tests of `TierMetrics`, and of the same metrics on every tier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import (
    AppServer,
    BacklogPerTask,
    Container,
    RabbitMqBroker,
    Scaling,
    Scheduled,
    SqsQueue,
    TierMetrics,
    WebServer,
    Worker,
)
from tests.templates import HEALTHY

Tier = WebServer | AppServer | Worker | RabbitMqBroker
MakeTier = Callable[..., Tier]
TIERS = ("web", "app", "worker", "broker")


def make_tier(stack: cdk.Stack, cluster: ecs.Cluster, container: Container, kind: str, **arguments: Any) -> Tier:
    if kind == "web":
        served = replace(container, port=8080)
        http = elbv2.ApplicationProtocol.HTTP
        return WebServer(stack, "Tier", cluster=cluster, container=served, protocol=http, **arguments)
    if kind == "app":
        served = replace(container, port=8000, health_check=HEALTHY)
        return AppServer(stack, "Tier", cluster=cluster, container=served, dns_name="app", **arguments)
    if kind == "broker":
        return RabbitMqBroker(stack, "Tier", cluster=cluster, version="4.2.1", **arguments)
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    scaling = arguments.pop("scaling", Scaling())
    return Worker(stack, "Tier", cluster=cluster, container=container, queue=orders, scaling=scaling, **arguments)


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeTier:
    def tier(kind: str, **arguments: Any) -> Tier:
        return make_tier(stack, cluster, container, kind, **arguments)

    return tier


def test_each_metric_is_of_one_minute() -> None:
    tier = TierMetrics(cluster_name="shop", service_name="web", min_capacity=1)

    metrics = (tier.metric_cpu_utilization(), tier.metric_memory_utilization(), tier.metric_running_tasks())
    assert [metric.period.to_minutes() for metric in metrics] == [1, 1, 1]


@pytest.mark.parametrize("kind", TIERS)
def test_every_tier_measures_cpu_memory_and_running_tasks(stack: cdk.Stack, make: MakeTier, kind: str) -> None:
    tier = make(kind)

    measured = (tier.metric_cpu_utilization(), tier.metric_memory_utilization(), tier.metric_running_tasks())

    assert [(one.namespace, one.metric_name, one.statistic) for one in measured] == [
        ("AWS/ECS", "CPUUtilization", "Average"),
        ("AWS/ECS", "MemoryUtilization", "Average"),
        ("AWS/ECS", "CPUUtilization", "SampleCount"),
    ]
    for metric in measured:
        assert stack.resolve(metric.dimensions) == {
            "ClusterName": stack.resolve(tier.service.cluster.cluster_name),
            "ServiceName": stack.resolve(tier.service.service_name),
        }


@pytest.mark.parametrize(("kind", "fewest"), [("web", 2), ("app", 2), ("worker", 1), ("broker", 1)])
def test_every_tier_says_how_many_tasks_it_always_has(make: MakeTier, kind: str, fewest: int) -> None:
    assert make(kind).metrics.min_capacity == fewest


@pytest.mark.parametrize("kind", TIERS)
def test_a_suspended_tier_always_has_none(make: MakeTier, kind: str) -> None:
    metrics = make(kind, suspended=True).metrics

    assert (metrics.min_capacity, metrics.suspended) == (0, True)


@pytest.mark.parametrize("kind", TIERS)
def test_a_tier_is_not_suspended_unless_it_says_so(make: MakeTier, kind: str) -> None:
    assert not make(kind).metrics.suspended


def test_a_tier_that_stops_at_night_does_not_always_have_one(make: MakeTier) -> None:
    night = Scheduled(name="Night", schedule="cron(0 22 * * ? *)", min_capacity=0)
    morning = Scheduled(name="Morning", schedule="cron(0 6 * * ? *)", min_capacity=2)
    scaling = Scaling(min_capacity=1, max_capacity=4, policies=(night, morning))

    assert make("app", scaling=scaling).metrics.min_capacity == 0


def test_a_number_that_only_the_deployment_knows_counts_as_none(make: MakeTier) -> None:
    morning = Scheduled(name="Morning", schedule="cron(0 6 * * ? *)", min_capacity=2)
    scaling = Scaling(min_capacity=int(cdk.Token.as_number({"Ref": "Fewest"})), max_capacity=4, policies=(morning,))

    assert make("app", scaling=scaling).metrics.min_capacity == 0


def test_only_a_web_server_has_requests_and_only_a_worker_a_queue(make: MakeTier) -> None:
    web = make("web").metrics

    assert web.requests is not None
    assert web.queue is None


def test_a_worker_passes_its_acceptable_latency_on(make: MakeTier) -> None:
    latency = timedelta(minutes=3)
    backlog = BacklogPerTask(acceptable_latency=latency, processing_time=timedelta(seconds=1))

    queue = make("worker", scaling=Scaling(max_capacity=4, policies=(backlog,))).metrics.queue

    assert queue is not None
    assert (queue.acceptable_latency, queue.longest_processing_time) == (latency, timedelta(minutes=1))


def test_a_deployment_and_its_extra_tasks_are_no_missing_task() -> None:
    missing = TierMetrics(cluster_name="shop", service_name="web", min_capacity=1).metric_missing_tasks()

    assert missing.expression == "IF(deployments < 2 AND running < desired, desired - running, 0)"


def test_a_rise_of_the_restart_count_is_one_more_restart() -> None:
    restarts = TierMetrics(cluster_name="shop", service_name="web", min_capacity=1).metric_restarts()

    counted = restarts.using_metrics["restarts"].to_metric_config().metric_stat
    assert restarts.expression.endswith("desired - running, 0) + IF(DIFF(FILL(restarts, 0)) > 0, 1, 0)")
    assert counted is not None
    assert (counted.namespace, counted.metric_name, counted.statistic) == (
        "ECS/ContainerInsights",
        "RestartCount",
        "Sum",
    )
    assert {one.name: one.value for one in counted.dimensions or []} == {"ClusterName": "shop", "ServiceName": "web"}


@pytest.mark.parametrize("kind", ["web", "app", "worker"])
@pytest.mark.parametrize("period", [None, timedelta(minutes=5)])
def test_a_tier_knows_whether_its_container_starts_again_in_its_task(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, kind: str, period: timedelta | None
) -> None:
    tier = make_tier(stack, cluster, replace(container, restart_attempt_period=period), kind)

    assert tier.metrics.restarts_in_place == (period is not None)

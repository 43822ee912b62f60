"""Tests of `RequestMetrics`, and of the same metrics on a web server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import (
    Alarms,
    AppServer,
    Container,
    Dashboard,
    InternalLoadBalancer,
    ListenerRule,
    RequestMetrics,
    TargetTimings,
    WebServer,
)
from tests.templates import HEALTHY, properties, resources

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


ALONE = "FILL(failed, 0) + FILL(unanswered, 0)"
SHARED = "FILL(failed, 0) + 0 * FILL(unanswered, 0)"


def metric_name(metric: cloudwatch.IMetric) -> tuple[str, set[str]]:
    stat = metric.to_metric_config().metric_stat
    assert stat is not None
    assert (stat.namespace, stat.statistic, stat.period.to_seconds()) == ("AWS/ApplicationELB", "Sum", 60)
    return stat.metric_name, {dimension.name for dimension in stat.dimensions or []}


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


def test_what_its_own_load_balancer_cannot_send_anywhere_counts_as_failed(stack: cdk.Stack, web: WebServer) -> None:
    assert stack.resolve(expression(web.metric_failed_responses())) == ALONE


def test_failures_are_counted_each_minute_and_have_a_name_on_a_graph() -> None:
    failed, percent = NAMED.metric_failed_responses(), NAMED.metric_failed_percent()

    assert isinstance(failed, cloudwatch.MathExpression)
    assert (failed.period.to_minutes(), failed.label) == (1, "Requests that fail")
    assert (percent.period.to_minutes(), percent.label) == (1, "Percent of requests that fail")
    assert NAMED.metric_requests().period.to_minutes() == 1
    parts: list[Any] = list(percent.using_metrics.values())
    assert {part.period.to_minutes() for part in parts} == {1}


def test_what_the_load_balancer_answers_for_a_task_is_counted_once() -> None:
    percent = NAMED.metric_failed_percent()

    total = "(FILL(requests, 0) + (FILL(unanswered, 0) - FILL(bad_gateway, 0) - FILL(timed_out, 0)))"
    assert percent.expression == f"IF({total} >= 20, 100 * ({ALONE}) / {total}, 0)"
    assert {name: metric_name(metric) for name, metric in percent.using_metrics.items()} == {
        "requests": ("RequestCount", {"LoadBalancer", "TargetGroup"}),
        "failed": ("HTTPCode_Target_5XX_Count", {"LoadBalancer", "TargetGroup"}),
        "unanswered": ("HTTPCode_ELB_5XX_Count", {"LoadBalancer"}),
        "bad_gateway": ("HTTPCode_ELB_502_Count", {"LoadBalancer"}),
        "timed_out": ("HTTPCode_ELB_504_Count", {"LoadBalancer"}),
    }


def join(stack: cdk.Stack, cluster: ecs.Cluster, container: Container, owner: WebServer) -> WebServer:
    return WebServer(
        stack,
        "Guest",
        cluster=cluster,
        container=replace(container, port=8080),
        protocol=elbv2.ApplicationProtocol.HTTP,
        listener_rule=ListenerRule(listener=owner.listener, priority=1, path_patterns=["/guest/*"]),
        max_failed_percent=None,
    )


def expressions(stack: cdk.Stack) -> list[Any]:
    alarms = [one["Properties"].get("Metrics", []) for one in resources(stack, "AWS::CloudWatch::Alarm")]
    return [
        metric["Expression"] for metrics in alarms for metric in metrics if "failed" in metric.get("Expression", "")
    ]


@pytest.fixture
def owner(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> WebServer:
    served = replace(container, port=8080)
    return WebServer(stack, "Web", cluster=cluster, container=served, protocol=elbv2.ApplicationProtocol.HTTP)


def test_an_owner_is_not_to_blame_for_guests_that_join_after_its_alarms_were_made(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, owner: WebServer
) -> None:
    tiers = {"Web": owner.metrics}
    Alarms(stack, "Alarms", tiers=tiers, topics={"critical": [], "warning": []})
    Dashboard(stack, "Dashboard", tiers=tiers)
    join(stack, cluster, container, owner)

    total = "(FILL(requests, 0) + 0 * (FILL(unanswered, 0) - FILL(bad_gateway, 0) - FILL(timed_out, 0)))"
    after = f"IF({total} >= 20, 100 * ({SHARED}) / {total}, 0)"
    # The rollback alarm, and that of `Alarms`.
    assert expressions(stack) == [after, after]
    body = str(properties(stack, "AWS::CloudWatch::Dashboard")["DashboardBody"])
    assert SHARED in body
    assert ALONE not in body


def test_an_owner_that_is_alone_answers_for_its_load_balancer(stack: cdk.Stack, owner: WebServer) -> None:
    Alarms(stack, "Alarms", tiers={"Web": owner.metrics}, topics={"critical": [], "warning": []})

    assert expressions(stack) == [stack.resolve(NAMED.metric_failed_percent().expression)] * 2


def test_what_is_asked_of_an_owner_with_guests_needs_no_metric_of_the_load_balancer(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, web: WebServer
) -> None:
    join(stack, cluster, container, web)

    failed = web.metric_failed_responses().to_metric_config().metric_stat

    assert failed is not None
    assert failed.metric_name == "HTTPCode_Target_5XX_Count"


def test_an_owner_says_itself_that_services_of_other_apps_share_its_load_balancer(
    stack: cdk.Stack, owner: WebServer
) -> None:
    owner.share_load_balancer()

    [shared] = expressions(stack)
    assert SHARED in shared


def test_a_guest_has_no_load_balancer_to_share(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, web: WebServer
) -> None:
    guest = join(stack, cluster, container, web)

    with pytest.raises(ValueError, match="Stack/Guest: owns no load balancer to share, it was given a listener_rule"):
        guest.share_load_balancer()


@pytest.mark.parametrize("guest", [False, True])
def test_a_web_server_passes_its_grace_period_on(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, web: WebServer, *, guest: bool
) -> None:
    slow = WebServer(
        stack,
        "Slow",
        cluster=cluster,
        container=replace(container, port=8080),
        protocol=elbv2.ApplicationProtocol.HTTP,
        startup_time=timedelta(minutes=20),
        listener_rule=ListenerRule(listener=web.listener, priority=1, path_patterns=["/slow/*"]) if guest else None,
    )

    assert isinstance(slow.metrics.requests, RequestMetrics)
    grace = TargetTimings().grace_period_of("Slow", timedelta(minutes=20))
    assert slow.metrics.requests.health_check_grace_period == grace


def test_an_app_server_passes_the_grace_period_of_its_load_balancer_on(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    app = AppServer(
        stack,
        "App",
        cluster=cluster,
        container=replace(container, port=8000, health_check=HEALTHY),
        internal_load_balancer=InternalLoadBalancer(startup_time=timedelta(minutes=20)),
    )

    assert isinstance(app.metrics.requests, RequestMetrics)
    grace = TargetTimings().grace_period_of("App", timedelta(minutes=20))
    assert app.metrics.requests.health_check_grace_period == grace
    assert stack.resolve(expression(app.metrics.requests.metric_failed_responses())) == ALONE


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

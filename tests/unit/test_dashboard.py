"""Tests of `Dashboard`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads import (
    Alarms,
    BrokerMetrics,
    Dashboard,
    QueueMetrics,
    RequestMetrics,
    ServiceConnectMetrics,
    TierMetrics,
)
from tests.templates import properties

APP = TierMetrics(cluster_name="shop", service_name="app", min_capacity=1)
WEB = replace(APP, requests=RequestMetrics(load_balancer_full_name="lb", target_group_full_name="targets"))
WORKER = replace(APP, queue=QueueMetrics.of_sqs("orders", dead_letter_queue_name="dead"))


def widgets(stack: cdk.Stack) -> list[dict[str, Any]]:
    body = properties(stack, "AWS::CloudWatch::Dashboard")["DashboardBody"]
    text = "".join(part if isinstance(part, str) else "token" for part in body["Fn::Join"][1])
    return list(json.loads(text)["widgets"])


def graphs(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    return {one["properties"]["title"]: one for one in widgets(stack) if one["type"] == "metric"}


def shown(graph: dict[str, Any]) -> str:
    return json.dumps(graph["properties"]["metrics"])


def test_a_row_of_a_web_server_shows_its_requests_and_its_tasks(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"Web": WEB})

    found = graphs(stack)
    assert list(found) == ["Traffic", "Errors", "Latency", "Running tasks", "CPU", "Memory"]
    assert "RequestCount" in shown(found["Traffic"])
    assert "HTTPCode_ELB_5XX_Count" in shown(found["Errors"])
    assert "p99" in shown(found["Latency"])
    assert "SampleCount" in shown(found["Running tasks"])
    assert "CPUUtilization" in shown(found["CPU"])
    assert "MemoryUtilization" in shown(found["Memory"])


def test_every_graph_begins_at_zero_and_names_its_unit(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"Web": replace(WEB, queue=WORKER.queue)})

    axes = {title: graph["properties"]["yAxis"]["left"] for title, graph in graphs(stack).items()}
    units = {title: axis["label"] for title, axis in axes.items()}
    assert units == {
        "Traffic": "Requests a minute",
        "Errors": "Requests and tasks",
        "Latency": "Seconds",
        "Running tasks": "Tasks",
        "CPU": "Percent",
        "Memory": "Percent",
        "Backlog": "Messages",
        "Age of oldest message": "Seconds",
        "Drain time": "Minutes",
    }
    assert {(axis["min"], axis["showUnits"]) for axis in axes.values()} == {(0, False)}
    assert {title for title, axis in axes.items() if axis.get("max") == 100} == {"CPU", "Memory"}
    assert {axis["max"] for axis in axes.values() if "max" in axis} == {100}


def test_a_row_is_as_wide_as_the_dashboard(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"App": APP})

    [heading, *others] = widgets(stack)
    assert (heading["width"], heading["height"]) == (24, 1)
    assert [one["width"] for one in others] == [8, 8, 8]


def test_cpu_and_memory_are_shown_as_average_and_highest(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"App": APP})

    for title in ("CPU", "Memory"):
        options = [metric[-1] for metric in graphs(stack)[title]["properties"]["metrics"]]
        assert [one["label"] for one in options] == ["average", "highest"]
        assert [one.get("stat", "Average") for one in options] == ["Average", "Maximum"]
    [running] = graphs(stack)["Running tasks"]["properties"]["metrics"]
    assert running[-1]["label"] == "running"


def test_a_row_of_a_tier_on_service_connect_shows_its_requests_and_no_hosts(stack: cdk.Stack) -> None:
    calls = ServiceConnectMetrics(discovery_name="app", cluster_name="shop", service_name="app")

    Dashboard(stack, "Dashboard", tiers={"App": replace(APP, requests=calls)})

    found = graphs(stack)
    assert list(found) == ["Traffic", "Errors", "Latency", "Running tasks", "CPU", "Memory"]
    assert "HTTPCode_Target_5XX_Count" in shown(found["Errors"])
    assert "UnHealthyHostCount" not in shown(found["Errors"])
    assert "milliseconds_p99 / 1000" in shown(found["Latency"])


def test_a_row_of_a_worker_shows_its_backlog_and_its_drain_time(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"Worker": WORKER})

    found = graphs(stack)
    assert list(found) == ["Running tasks", "CPU", "Memory", "Backlog", "Age of oldest message", "Drain time"]
    assert "ApproximateNumberOfMessagesVisible" in shown(found["Backlog"])
    assert "ApproximateNumberOfMessagesNotVisible" in shown(found["Backlog"])
    assert "ApproximateAgeOfOldestMessage" in shown(found["Age of oldest message"])
    assert "IF(FILL(deleted, 0) > 0, FILL(deleted, 0), 1)" in shown(found["Drain time"])


def test_a_row_of_a_broker_shows_whether_it_takes_messages_and_how_many_nodes_are_missing(stack: cdk.Stack) -> None:
    broker = BrokerMetrics(
        blocked=cloudwatch.Metric(namespace="Test", metric_name="Blocked"),
        nodes=[cloudwatch.Metric(namespace="Test", metric_name="Up")],
    )
    Dashboard(stack, "Dashboard", tiers={"Managed": broker, "Own": replace(APP, broker=broker)})

    titles = [one["properties"].get("title") for one in widgets(stack) if one["type"] == "metric"]
    assert titles == ["Broker", "Running tasks", "CPU", "Memory", "Broker"]
    assert "Blocked" in shown(graphs(stack)["Broker"])
    assert "1 - FILL(node0, 0)" in shown(graphs(stack)["Broker"])


def test_a_row_of_a_worker_on_a_broker_shows_the_consumers(stack: cdk.Stack) -> None:
    consumers = cloudwatch.Metric(namespace="Test", metric_name="Consumers")
    queue = QueueMetrics(messages_waiting=consumers, messages_in_flight=consumers, consumers=consumers)
    Dashboard(stack, "Dashboard", tiers={"Worker": replace(APP, queue=queue)})

    assert list(graphs(stack)) == ["Running tasks", "CPU", "Memory", "Backlog", "Consumers"]


def test_a_row_shows_nothing_that_nothing_measures(stack: cdk.Stack) -> None:
    depth = cloudwatch.Metric(namespace="Streams", metric_name="Depth")
    stream = replace(APP, queue=QueueMetrics(messages_waiting=depth, messages_in_flight=depth))

    Dashboard(stack, "Dashboard", tiers={"App": APP, "Worker": stream})

    titles = [one["properties"].get("title") for one in widgets(stack) if one["type"] == "metric"]
    assert titles == ["Running tasks", "CPU", "Memory", "Running tasks", "CPU", "Memory", "Backlog"]


def test_each_tier_has_a_row_under_its_title(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"Web": WEB, "App": APP})

    headings = [(one["properties"]["markdown"], one["y"]) for one in widgets(stack) if one["type"] == "text"]
    assert headings == [("## Web", 0), ("## App", 7)]
    assert {one["y"] for one in widgets(stack)} == {0, 1, 7, 8}


def test_a_row_that_is_too_long_goes_on_in_the_next_line(stack: cdk.Stack) -> None:
    Dashboard(stack, "Dashboard", tiers={"All": replace(WEB, queue=WORKER.queue)})

    assert {one["width"] for one in widgets(stack) if one["type"] == "metric"} == {4}
    assert {one["y"] for one in widgets(stack)} == {0, 1, 7}


def test_the_state_of_the_alarms_comes_first(stack: cdk.Stack) -> None:
    alarms = Alarms(stack, "Alarms", tiers={"App": APP}, topics={"critical": [], "warning": []})

    Dashboard(stack, "Dashboard", tiers={"App": APP}, alarms=alarms.alarms)

    first = widgets(stack)[0]
    assert (first["type"], len(first["properties"]["alarms"])) == ("alarm", 4)
    assert (first["properties"]["title"], first["width"], first["height"]) == ("Alarms", 24, 4)


def test_more_alarms_than_a_widget_shows_get_a_second_one(stack: cdk.Stack) -> None:
    alarm = cloudwatch.Alarm.from_alarm_arn(stack, "Alarm", "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:a")

    Dashboard(stack, "Dashboard", tiers={"App": APP}, alarms=[alarm] * 101)

    states = [one for one in widgets(stack) if one["type"] == "alarm"]
    assert [len(one["properties"]["alarms"]) for one in states] == [100, 1]


def test_widgets_of_the_user_can_be_added(stack: cdk.Stack) -> None:
    page = Dashboard(stack, "Dashboard", tiers={"App": APP})

    page.dashboard.add_widgets(cloudwatch.TextWidget(markdown="Call 112"))

    assert widgets(stack)[-1]["properties"]["markdown"] == "Call 112"

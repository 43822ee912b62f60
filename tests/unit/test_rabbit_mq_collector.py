"""Tests of `RabbitMqCollector`: what it takes from the endpoints of a real broker, and who reads it.

The samples are what RabbitMQ 4.0.5 answered, that of ``/metrics`` shortened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from ecs_workloads import Alarms, AppServer, BrokerMetrics, Container, QueueMetrics, RabbitMqCollector
from ecs_workloads._rabbit_mq_metrics import (
    CONSUMERS,
    READY,
    UNACKED,
    collector_config,
    queue_metric,
)
from tests.templates import HEALTHY, properties, resources, statements

IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
SAMPLES = Path(__file__).parent / "samples"
SAMPLE_OF = {"/metrics/detailed": "rabbitmq-4.0-detailed.txt", "/metrics": "rabbitmq-4.0-node.txt"}
Series = tuple[str, Mapping[str, str]]
CONFIG = collector_config(cluster_name="rabbitmq.internal", node_name="rabbit@one", log_group_name="/shop")


def parsed(text: str) -> Iterator[Series]:
    for line in text.splitlines():
        found = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+", line)
        if found is not None:
            yield found[1], dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))


def scraped(config: Mapping[str, Any]) -> Iterator[Series]:
    """Return what the collector keeps of the samples, as Prometheus would relabel it."""
    for job in config["receivers"]["prometheus"]["config"]["scrape_configs"]:
        [target] = job["static_configs"]
        assert target["targets"] == ["127.0.0.1:15692"]
        for name, labels in parsed((SAMPLES / SAMPLE_OF[job["metrics_path"]]).read_text(encoding="utf-8")):
            kept: dict[str, str] | None = {"__name__": name, **labels, **target["labels"]}
            for rule in job["metric_relabel_configs"]:
                kept = None if kept is None else relabelled(kept, rule)
            if kept is not None:
                yield kept.pop("__name__"), kept


def relabelled(labels: dict[str, str], rule: Mapping[str, Any]) -> dict[str, str] | None:
    action, pattern = rule.get("action", "replace"), rule.get("regex", "(.*)")
    if action == "labeldrop":
        return {key: value for key, value in labels.items() if re.fullmatch(pattern, key) is None}
    [source] = rule["source_labels"]
    if action == "keep":
        return labels if re.fullmatch(pattern, labels.get(source, "")) else None
    assert action == "replace"
    return {**labels, rule["target_label"]: labels.get(source, "")}


def published(config: Mapping[str, Any]) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Return the metrics that CloudWatch gets: each name, with each set of its dimensions."""
    series = [*scraped(config), *(("up", labels) for labels in targets(config))]
    return {
        (name, frozenset((key, labels[key]) for key in dimensions))
        for name, labels in series
        for declaration in config["exporters"]["awsemf"]["metric_declarations"]
        if any(re.search(selector, name) for selector in declaration["metric_name_selectors"])
        for dimensions in declaration["dimensions"]
    }


def targets(config: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for job in config["receivers"]["prometheus"]["config"]["scrape_configs"]:
        yield from (one["labels"] for one in job["static_configs"])


def asked(metric: cloudwatch.IMetric) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Return the metrics that an alarm or a policy reads."""
    if isinstance(metric, cloudwatch.MathExpression):
        return set[tuple[str, frozenset[tuple[str, str]]]]().union(*map(asked, metric.using_metrics.values()))
    assert isinstance(metric, cloudwatch.Metric)
    assert metric.namespace == CONFIG["exporters"]["awsemf"]["namespace"]
    return {(metric.metric_name, frozenset((metric.dimensions or {}).items()))}


@pytest.mark.parametrize("queue", ["orders", "orders.dead-letters"])
@pytest.mark.parametrize("name", [READY, UNACKED, CONSUMERS])
def test_what_is_read_of_a_queue_is_what_the_endpoint_of_a_broker_gives(name: str, queue: str) -> None:
    assert asked(queue_metric(name, cluster_name="rabbitmq.internal", queue=queue)) <= published(CONFIG)


def test_what_is_known_of_a_queue_by_its_name_is_published_too() -> None:
    found = QueueMetrics.of_rabbit_mq("orders", cluster_name="rabbitmq.internal")

    assert found.consumers is not None
    assert found.dead_letters is not None
    wanted = [found.messages_waiting, found.messages_in_flight, found.consumers, found.dead_letters]
    assert len(set[Any]().union(*map(asked, wanted))) == 4
    assert all(asked(one) <= published(CONFIG) for one in wanted)


def test_what_is_read_of_a_broker_is_what_its_endpoints_give() -> None:
    metrics = BrokerMetrics.of_rabbit_mq("rabbitmq.internal", node_names=["rabbit@one"])

    missing = metrics.metric_missing_nodes()
    assert missing is not None
    wanted = asked(metrics.blocked) | asked(missing)
    assert len(wanted) == 3
    assert wanted <= published(CONFIG)


def test_nothing_else_is_published() -> None:
    assert {name for name, _ in published(CONFIG)} == {
        READY,
        UNACKED,
        CONSUMERS,
        "up",
        "rabbitmq_alarms_memory_used_watermark",
        "rabbitmq_alarms_free_disk_space_watermark",
    }
    assert len(published(CONFIG)) == 2 * 3 + 3 * 2


def test_only_the_families_that_are_read_are_asked_for() -> None:
    [queues, _] = CONFIG["receivers"]["prometheus"]["config"]["scrape_configs"]
    assert queues["params"] == {"family": ["queue_coarse_metrics", "queue_consumer_count"]}
    assert CONFIG["exporters"]["awsemf"]["dimension_rollup_option"] == "NoDimensionRollup"


def test_two_nodes_may_tell_of_one_queue_and_the_larger_number_counts() -> None:
    metric = queue_metric(READY, cluster_name="rabbitmq.internal", queue="orders")

    assert (metric.statistic, metric.period.to_seconds()) == ("Maximum", 60)


def log_groups(stack: cdk.Stack) -> list[str]:
    return list(Template.from_stack(stack).find_resources("AWS::Logs::LogGroup"))


def app_with(stack: cdk.Stack, cluster: ecs.Cluster, collector: RabbitMqCollector) -> AppServer:
    return AppServer(
        stack,
        "App",
        cluster=cluster,
        container=Container(image=IMAGE, port=80, health_check=HEALTHY),
        dns_name="app",
        sidecars=[collector.beside("rabbitmq.internal", "rabbit@one")],
    )


def test_the_collector_is_hardened_and_has_no_secrets(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    app_with(stack, cluster, RabbitMqCollector())

    [_, collector] = properties(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert collector["Image"] == "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.1"
    assert (collector["Name"], collector["User"], collector["Memory"]) == ("metrics", "4317:4317", 128)
    assert collector["ReadonlyRootFilesystem"] is True
    assert collector["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert collector["Essential"] is False
    assert collector["RestartPolicy"] == {"Enabled": True}
    assert "Secrets" not in collector
    assert collector["HealthCheck"]["Command"] == ["CMD", "/healthcheck"]


def test_the_collector_gets_its_configuration_in_one_variable(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    app_with(stack, cluster, RabbitMqCollector(image=IMAGE, memory_limit_mib=256))

    [_, collector] = properties(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert (collector["Image"], collector["Memory"]) == ("example.com/shop:1.0.0", 256)
    [variable] = collector["Environment"]
    assert variable["Name"] == "AOT_CONFIG_CONTENT"
    [before, log_group, after] = variable["Value"]["Fn::Join"][1]
    [group] = log_groups(stack)
    assert log_group == {"Ref": group}
    config = json.loads(f"{before}/shop{after}")
    assert config == CONFIG


def test_the_collector_drops_what_it_holds_before_it_would_be_killed() -> None:
    limiter = {"check_interval": "1s", "limit_percentage": 75, "spike_limit_percentage": 20}
    assert CONFIG["processors"]["memory_limiter"] == limiter
    assert all(line["processors"][0] == "memory_limiter" for line in CONFIG["service"]["pipelines"].values())


def test_the_collector_may_write_to_the_log_group_of_its_task_and_nowhere_else(
    stack: cdk.Stack, cluster: ecs.Cluster
) -> None:
    app_with(stack, cluster, RabbitMqCollector())

    [group] = log_groups(stack)
    writes = [one for one in statements(stack) if "logs:PutLogEvents" in one["Action"]]
    assert len(writes) == 2  # what the containers print, by the execution role, and the metrics
    assert all(group in str(one["Resource"]) for one in writes)
    assert not [one for one in statements(stack) if "cloudwatch:" in str(one["Action"])]


def test_a_broker_of_three_nodes_has_alarms_on_memory_disk_nodes_and_silence(stack: cdk.Stack) -> None:
    metrics = BrokerMetrics.of_rabbit_mq("rabbitmq.internal", node_names=["a", "b", "c"])
    Alarms(stack, "Alarms", tiers={"Broker": metrics}, topics={"critical": [], "warning": []})

    found = [one["Properties"] for one in resources(stack, "AWS::CloudWatch::Alarm")]
    assert len(found) == 3
    [missing] = [one for one in found if "node0" in str(one["Metrics"])]
    assert "3 - FILL(node0, 0) - FILL(node1, 0) - FILL(node2, 0)" in str(missing["Metrics"])

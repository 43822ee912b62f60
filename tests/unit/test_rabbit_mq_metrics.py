"""Tests of what a `RabbitMqBroker` publishes, and of the workers and alarms that read it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads import (
    Alarms,
    ArrivalRate,
    BacklogPerTask,
    BrokerMetrics,
    Container,
    Dashboard,
    NodeCluster,
    RabbitMqBroker,
    RabbitMqCollector,
    Scaling,
    TierMetrics,
    Worker,
)
from tests.templates import resources

MINUTE = timedelta(minutes=1)
BACKLOG = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))


@pytest.fixture
def cluster(stack: cdk.Stack) -> ecs.Cluster:
    """Return a cluster in three zones."""
    zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    return ecs.Cluster(
        stack,
        "Cluster",
        vpc=ec2.Vpc(stack, "Vpc", availability_zones=zones),
        default_cloud_map_namespace=ecs.CloudMapNamespaceOptions(name="internal"),
    )


def broker(stack: cdk.Stack, cluster: ecs.Cluster, **arguments: Any) -> RabbitMqBroker:
    return RabbitMqBroker(stack, "Broker", cluster=cluster, version="4.2.1", **arguments)


def collectors(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return the configurations of all collectors, the name of each log group left out."""
    found: list[dict[str, Any]] = []
    for task in resources(stack, "AWS::ECS::TaskDefinition"):
        for container in task["Properties"]["ContainerDefinitions"]:
            for variable in container.get("Environment", []):
                if variable["Name"] == "AOT_CONFIG_CONTENT":
                    parts = variable["Value"]["Fn::Join"][1]
                    found.append(json.loads("".join(one if isinstance(one, str) else "/group" for one in parts)))
    return found


def labels(config: dict[str, Any]) -> list[dict[str, str]]:
    jobs = config["receivers"]["prometheus"]["config"]["scrape_configs"]
    return [one["labels"] for job in jobs for one in job["static_configs"]]


def alarms(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    found = [one["Properties"] for one in resources(stack, "AWS::CloudWatch::Alarm")]
    return {one["AlarmDescription"]: one for one in found}


def test_a_node_is_measured_by_the_name_that_its_queues_and_alarms_ask_for(
    stack: cdk.Stack, cluster: ecs.Cluster
) -> None:
    made = broker(stack, cluster)
    queue = made.queue("orders", longest_processing_time=MINUTE)

    [config] = collectors(stack)
    assert labels(config) == [{"Cluster": made.cluster_name, "Node": "rabbitmq.internal"}] * 2
    waiting = queue.metric_messages_waiting()
    assert isinstance(waiting, cloudwatch.Metric)
    assert waiting.dimensions == {"Cluster": made.cluster_name, "VHost": "/", "Queue": "orders"}
    [node] = made.broker_metrics.nodes
    assert isinstance(node, cloudwatch.Metric)
    assert node.dimensions == {"Cluster": made.cluster_name, "Node": "rabbitmq.internal"}


@pytest.mark.parametrize(
    ("construct_id", "length"),
    [("Broker", len("Stack-Broker-") + 8), ("B" * 85, 100), ("B" * 86, 100), ("B" * 200, 100)],
)
def test_its_name_is_that_of_its_path_and_no_longer_than_a_hundred_letters(
    stack: cdk.Stack, cluster: ecs.Cluster, construct_id: str, length: int
) -> None:
    name = RabbitMqBroker(stack, construct_id, cluster=cluster, version="4.2.1").cluster_name

    assert re.fullmatch(r"Stack-B[A-Za-z]+-[0-9A-F]{8}", name)
    assert len(name) == length


def test_each_of_three_nodes_has_a_collector_of_its_own(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    made = broker(stack, cluster, grade=NodeCluster())

    nodes = [f"rabbitmq-{place}.internal" for place in range(3)]
    assert [labels(config)[0]["Node"] for config in collectors(stack)] == nodes
    assert {labels(config)[0]["Cluster"] for config in collectors(stack)} == {made.cluster_name}
    asked = [one.dimensions for one in made.broker_metrics.nodes if isinstance(one, cloudwatch.Metric)]
    assert asked == [{"Cluster": made.cluster_name, "Node": name} for name in nodes]


def test_a_collector_can_be_left_out(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    made = broker(stack, cluster, collector=None)
    queue = made.queue("orders", longest_processing_time=MINUTE)

    assert collectors(stack) == []
    assert queue.metric_messages_waiting() is None
    assert queue.metric_consumers() is None
    assert made.metrics.broker is None
    with pytest.raises(ValueError, match=r"Stack/Broker: nothing measures it, as collector=None asks"):
        _ = made.broker_metrics


def test_a_collector_has_the_image_and_the_memory_that_it_is_given(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    image = ecs.ContainerImage.from_registry("example.com/otel:1")
    broker(stack, cluster, collector=RabbitMqCollector(image=image, memory_limit_mib=256))

    [task] = resources(stack, "AWS::ECS::TaskDefinition")
    [one] = [one for one in task["Properties"]["ContainerDefinitions"] if one["Name"] == "metrics"]
    assert (one["Image"], one["Memory"], one["Essential"]) == ("example.com/otel:1", 256, False)
    assert "Secrets" not in one


def test_a_worker_scales_by_the_backlog_of_a_broker_as_it_does_on_sqs(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    queue = broker(stack, cluster).queue("orders", longest_processing_time=MINUTE)
    worker = Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=container,
        queue=queue,
        scaling=Scaling(min_capacity=0, max_capacity=4, policies=(BACKLOG,)),
    )
    Alarms(stack, "Alarms", tiers={"Worker": worker.metrics}, topics={"critical": [], "warning": []})
    Dashboard(stack, "Dashboard", tiers={"Worker": worker.metrics})

    policies = [one["Properties"] for one in resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")]
    assert {one["PolicyType"] for one in policies} == {"TargetTrackingScaling", "StepScaling"}
    assert any("rabbitmq_detailed_queue_messages_unacked" in str(one) for one in policies)
    told = " ".join(alarms(stack))
    assert "no consumer is connected" in told
    assert "could not be processed" in told
    [page] = resources(stack, "AWS::CloudWatch::Dashboard")
    assert "rabbitmq_detailed_queue_consumers" in str(page)


def test_arrivals_at_a_broker_are_not_counted(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    queue = broker(stack, cluster).queue("orders", longest_processing_time=MINUTE)

    with pytest.raises(ValueError, match="ArrivalRate needs a tier whose queue has metric_messages_sent"):
        Worker(
            stack,
            "Worker",
            cluster=cluster,
            container=container,
            queue=queue,
            scaling=Scaling(max_capacity=2, policies=(ArrivalRate(processing_time=timedelta(seconds=2)),)),
        )


def test_a_single_node_has_the_alarms_of_a_task_and_of_a_broker(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    made = broker(stack, cluster)
    found = Alarms(stack, "Alarms", tiers={"Broker": made.metrics}, topics={"critical": [], "warning": []})

    ids = [one.node.id for one in found.alarms]
    assert ids == ["NoRunningTask", "HighCpu", "HighMemory", "Restarts", "Blocked", "MissingNodes", "Unmeasured"]


def test_three_nodes_have_the_alarms_of_a_broker_once(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    made = broker(stack, cluster, grade=NodeCluster())
    tiers: dict[str, BrokerMetrics | TierMetrics] = {"Broker": made.broker_metrics}
    tiers |= {f"Node{place}": one.metrics for place, one in enumerate(made.nodes)}
    found = Alarms(stack, "Alarms", tiers=tiers, topics={"critical": [], "warning": []})

    ids = [one.node.id for one in found.alarms]
    assert ids.count("Blocked") == ids.count("MissingNodes") == ids.count("Unmeasured") == 1
    assert ids.count("NoRunningTask") == 3
    [missing] = [one for name, one in alarms(stack).items() if "a node of 3" in name]
    assert "(Stack/Broker)" in missing["AlarmDescription"]


def test_a_broker_that_is_stopped_on_purpose_is_not_missed(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    made = broker(stack, cluster, suspended=True)
    found = Alarms(stack, "Alarms", tiers={"Broker": made.metrics}, topics={"critical": [], "warning": []})

    assert [one.node.id for one in found.alarms] == ["HighCpu", "HighMemory", "Restarts", "Blocked"]


def test_a_minute_in_which_a_node_takes_no_messages_counts_one() -> None:
    blocked = BrokerMetrics.of_rabbit_mq("rabbitmq.internal", node_names=["rabbit@one"]).blocked

    assert isinstance(blocked, cloudwatch.MathExpression)
    assert blocked.expression == "IF(memory > 0 OR disk > 0, 1, 0)"
    assert (blocked.label, blocked.period.to_seconds()) == ("Takes no messages", 60)


def test_a_node_is_missing_in_a_minute_in_which_nothing_measures_it() -> None:
    missing = BrokerMetrics.of_rabbit_mq("shop", node_names=["one", "two"]).metric_missing_nodes()

    assert isinstance(missing, cloudwatch.MathExpression)
    assert missing.expression == "2 - FILL(node0, 0) - FILL(node1, 0)"
    asked = {
        name: metric.dimensions["Node"]
        for name, metric in missing.using_metrics.items()
        if isinstance(metric, cloudwatch.Metric) and metric.dimensions is not None
    }
    assert asked == {"node0": "one", "node1": "two"}
    assert (missing.label, missing.period.to_seconds()) == ("Nodes that are missing", 60)

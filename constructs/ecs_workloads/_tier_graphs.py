"""The graphs in the row of one tier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.queue_metrics import QueueMetrics
from ecs_workloads.request_metrics import RequestMetrics
from ecs_workloads.service_connect_metrics import ServiceConnectMetrics
from ecs_workloads.tier_metrics import TierMetrics


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Metrics of one unit under one title, from 0 to ``most``."""

    title: str
    unit: str
    metrics: Sequence[cloudwatch.IMetric]
    most: float | None = None


def tier_graphs(tier: TierMetrics | BrokerMetrics) -> Iterator[Graph]:
    """Return a graph for everything that is measured of ``tier``."""
    if isinstance(tier, BrokerMetrics):
        yield _of_broker(tier)
        return
    if tier.requests is not None:
        yield from _of_requests(tier.requests)
    cpu, memory = tier.metric_cpu_utilization(), tier.metric_memory_utilization()
    yield Graph(title="Running tasks", unit="Tasks", metrics=[tier.metric_running_tasks().with_(label="running")])
    yield Graph(title="CPU", unit="Percent", metrics=_average_and_most(cpu), most=100)
    yield Graph(title="Memory", unit="Percent", metrics=_average_and_most(memory), most=100)
    if tier.queue is not None:
        yield from _of_queue(tier.queue)
    if tier.broker is not None:
        yield _of_broker(tier.broker)


def _of_requests(requests: RequestMetrics | ServiceConnectMetrics) -> Iterator[Graph]:
    yield Graph(title="Traffic", unit="Requests a minute", metrics=[requests.metric_requests()])
    failed = requests.metric_failed_responses()
    if isinstance(requests, RequestMetrics):
        yield Graph(title="Errors", unit="Requests and tasks", metrics=[failed, requests.metric_unhealthy_hosts()])
    else:
        yield Graph(title="Errors", unit="Requests", metrics=[failed])
    yield Graph(
        title="Latency",
        unit="Seconds",
        metrics=[requests.metric_response_time(statistic) for statistic in ("p50", "p99")],
    )


def _of_queue(queue: QueueMetrics) -> Iterator[Graph]:
    backlog = [queue.messages_waiting, queue.messages_in_flight]
    if queue.dead_letters is not None:
        backlog.append(queue.dead_letters)
    yield Graph(title="Backlog", unit="Messages", metrics=backlog)
    if queue.consumers is not None:
        yield Graph(title="Consumers", unit="Consumers", metrics=[queue.consumers])
    if queue.oldest_message_age is not None:
        yield Graph(title="Age of oldest message", unit="Seconds", metrics=[queue.oldest_message_age])
    drain = queue.metric_drain_time()
    if drain is not None:
        yield Graph(title="Drain time", unit="Minutes", metrics=[drain])


def _of_broker(broker: BrokerMetrics) -> Graph:
    missing = broker.metric_missing_nodes()
    metrics = [broker.blocked] if missing is None else [broker.blocked, missing]
    return Graph(title="Broker", unit="1 while it is blocked; nodes", metrics=metrics)


def _average_and_most(metric: cloudwatch.Metric) -> Sequence[cloudwatch.Metric]:
    return [metric.with_(label="average"), metric.with_(statistic="Maximum", label="highest")]

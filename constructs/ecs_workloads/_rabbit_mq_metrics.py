"""The metrics of a RabbitMQ broker in CloudWatch: what its collector writes, and what reads it.

The names are those of the broker's own Prometheus endpoint: https://www.rabbitmq.com/docs/prometheus
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._rabbit_mq_files import PROMETHEUS_PORT

NAMESPACE = "RabbitMQ"
READY, UNACKED, CONSUMERS = (
    f"rabbitmq_detailed_queue_{name}" for name in ("messages_ready", "messages_unacked", "consumers")
)
MEMORY_ALARM, DISK_ALARM = (
    f"rabbitmq_alarms_{name}" for name in ("memory_used_watermark", "free_disk_space_watermark")
)
# Of the scraper itself: 1 when the endpoint answered.
UP = "up"
# The virtual host of RabbitMQ itself, which our queues are in.
VIRTUAL_HOST = "/"
_ENDPOINT = f"127.0.0.1:{PROMETHEUS_PORT}"
_MINUTE = Duration.minutes(1)


def collector_config(*, cluster_name: str, node_name: str, log_group_name: str) -> dict[str, Any]:
    """Return the configuration of a collector beside the node ``node_name``: a few series of hundreds, each minute.

    ``/metrics/detailed`` has one series for each queue, and only of the families that are asked for; ``/metrics`` has
    the alarms of the node.
    """
    labels = {"Cluster": cluster_name, "Node": node_name}
    of_queues, of_nodes = [READY, UNACKED, CONSUMERS], [MEMORY_ALARM, DISK_ALARM]
    return {
        "receivers": {
            "prometheus": {
                "config": {
                    "global": {"scrape_interval": "60s", "scrape_timeout": "20s"},
                    "scrape_configs": [
                        {
                            "job_name": "queues",
                            "metrics_path": "/metrics/detailed",
                            "params": {"family": ["queue_coarse_metrics", "queue_consumer_count"]},
                            "static_configs": [{"targets": [_ENDPOINT], "labels": labels}],
                            "metric_relabel_configs": [
                                _keep(of_queues),
                                {"source_labels": ["vhost"], "target_label": "VHost"},
                                {"source_labels": ["queue"], "target_label": "Queue"},
                                {"regex": "vhost|queue", "action": "labeldrop"},
                            ],
                        },
                        {
                            "job_name": "node",
                            "metrics_path": "/metrics",
                            "static_configs": [{"targets": [_ENDPOINT], "labels": labels}],
                            "metric_relabel_configs": [_keep(of_nodes)],
                        },
                    ],
                }
            }
        },
        "processors": {
            # It refuses data before ECS kills the container for it.
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 75, "spike_limit_percentage": 20},
            "batch": {},
        },
        "exporters": {
            "awsemf": {
                "namespace": NAMESPACE,
                "log_group_name": log_group_name,
                "log_stream_name": f"metrics/{node_name}",
                "dimension_rollup_option": "NoDimensionRollup",
                "metric_declarations": [
                    {
                        "dimensions": [["Cluster", "VHost", "Queue"]],
                        "metric_name_selectors": [f"^{name}$" for name in of_queues],
                    },
                    {
                        "dimensions": [["Cluster", "Node"], ["Cluster"]],
                        "metric_name_selectors": [f"^{name}$" for name in (*of_nodes, UP)],
                    },
                ],
            }
        },
        "extensions": {"health_check": {"endpoint": "localhost:13133"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "metrics": {
                    "receivers": ["prometheus"],
                    "processors": ["memory_limiter", "batch"],
                    "exporters": ["awsemf"],
                }
            },
        },
    }


def queue_metric(metric_name: str, *, cluster_name: str, queue: str) -> cloudwatch.Metric:
    """Return a metric of one queue. While its leader moves two nodes may tell of it: the larger number counts."""
    return _metric(metric_name, "Maximum", {"Cluster": cluster_name, "VHost": VIRTUAL_HOST, "Queue": queue})


def blocked_metric(cluster_name: str) -> cloudwatch.MathExpression:
    """Return 1 while any node has no memory or no disk left, else 0."""
    return cloudwatch.MathExpression(
        label="Takes no messages",
        expression="IF(memory > 0 OR disk > 0, 1, 0)",
        using_metrics={
            "memory": _metric(MEMORY_ALARM, "Maximum", {"Cluster": cluster_name}),
            "disk": _metric(DISK_ALARM, "Maximum", {"Cluster": cluster_name}),
        },
        period=_MINUTE,
    )


def node_metric(*, cluster_name: str, node_name: str) -> cloudwatch.Metric:
    """Return 1 while the node answers, on both of its endpoints."""
    return _metric(UP, "Minimum", {"Cluster": cluster_name, "Node": node_name})


def _keep(names: Sequence[str]) -> dict[str, Any]:
    return {"source_labels": ["__name__"], "regex": "|".join(names), "action": "keep"}


def _metric(metric_name: str, statistic: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric_name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=_MINUTE,
    )

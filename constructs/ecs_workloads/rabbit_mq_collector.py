"""The metrics of a RabbitMQ broker, collected beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_known_range
from ecs_workloads._rabbit_mq_metrics import collector_config
from ecs_workloads.extensible_task import ExtensibleTask
from ecs_workloads.sidecar import Sidecar

_IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.1"
# The uid of the image of AWS's distribution.
_USER = "4317:4317"


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class RabbitMqCollector:
    """The AWS Distro for OpenTelemetry beside each node of a `RabbitMqBroker`: its metrics to CloudWatch, each minute.

    Three metrics of each queue, messages that wait, messages in flight and consumers, under ``RabbitMQ`` with the
    dimensions ``Cluster``, ``VHost`` and ``Queue``, and three of each node. CloudWatch charges for each. The collector
    has no secrets, a root that nobody can write, and a permission for the log group of the broker alone, through which
    the metrics go. If it fails it is started again, and the broker goes on.

    Args:
        image: The image of AWS's distribution, with its version or digest; a task whose collector cannot be pulled does
            not start. Defaults to version 0.43.1 in the public registry of AWS.
        memory_limit_mib: Memory at which the collector is killed, in MiB out of the task's, 64 to 1024.

    Raises:
        ValueError: The memory is out of its range.
        TypeError: An argument is of another kind.
    """

    image: ecs.ContainerImage | None = None
    memory_limit_mib: int = 128

    def __post_init__(self) -> None:
        check_known_range(
            "RabbitMqCollector",
            "memory_limit_mib",
            self.memory_limit_mib,
            64,
            1024,
            why="the broker is configured for what it leaves",
        )

    def beside(self, cluster_name: str, node_name: str) -> Sidecar:
        """Return the collector of one node, as `RabbitMqBroker` adds it.

        Args:
            cluster_name: Name of the broker, by which CloudWatch knows its metrics.
            node_name: Name of the node.
        """
        return _CollectorOfNode(collector=self, cluster_name=cluster_name, node_name=node_name)


@dataclass(frozen=True, kw_only=True)
class _CollectorOfNode:
    collector: RabbitMqCollector
    cluster_name: str
    node_name: str

    def bind(self, task: ExtensibleTask) -> None:
        config = collector_config(
            cluster_name=self.cluster_name, node_name=self.node_name, log_group_name=task.log_group.log_group_name
        )
        task.add_container(
            "metrics",
            image=self.collector.image or ecs.ContainerImage.from_registry(_IMAGE),
            user=_USER,
            memory_limit_mib=self.collector.memory_limit_mib,
            # YAML takes JSON.
            environment={"AOT_CONFIG_CONTENT": json.dumps(config)},
            health_check=ecs.HealthCheck(command=["CMD", "/healthcheck"]),
        )
        task.log_group.grant_write(task.task_definition.task_role)

"""One node of a broker."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads.tier_metrics import TierMetrics


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class BrokerNode:
    """One node of a `RabbitMqBroker`, an ECS service of one task; ``RabbitMqBroker.nodes`` has them all.

    Args:
        host_name: Name by which tasks and functions in the VPC reach the node.
        service: The ECS service.
        task_definition: The task definition.
        log_group: Where the node writes.
        metrics: What is measured of the node, for `Alarms` and `Dashboard`.

    Raises:
        TypeError: An argument is of another kind.
    """

    host_name: str
    service: ecs.FargateService
    task_definition: ecs.FargateTaskDefinition
    log_group: logs.LogGroup
    metrics: TierMetrics

"""What is measured of a broker itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._rabbit_mq_metrics import blocked_metric, node_metric

_MINUTE = Duration.minutes(1)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class BrokerMetrics:
    """Whether a broker takes messages, and whether its nodes are there: what `Alarms` and `Dashboard` take.

    A broker has its own, as ``broker.metrics``, or within them as ``broker.metrics.broker``.

    Args:
        blocked: 1 or more while the broker takes no messages, since it has no memory or no disk left.
        nodes: For each node, 1 while it is measured and up. Without any there is no alarm on a missing node.
        path: Construct path of the broker, for descriptions. Defaults to none.
        suspended: Whether the broker is stopped on purpose: then no alarm goes off because it is not there.

    Raises:
        TypeError: An argument is of another kind.
    """

    blocked: cloudwatch.IMetric
    nodes: Sequence[cloudwatch.IMetric] = ()
    path: str | None = None
    suspended: bool = False

    @staticmethod
    def of_rabbit_mq(
        cluster_name: str, *, node_names: Sequence[str], path: str | None = None, suspended: bool = False
    ) -> BrokerMetrics:
        """Return what the collectors of a `RabbitMqBroker` publish.

        Args:
            cluster_name: Name of the broker, by which CloudWatch knows its metrics: ``RabbitMqBroker.cluster_name``.
            node_names: Host name of each node.
            path: Construct path of the broker, for descriptions. Defaults to none.
            suspended: Whether the broker is stopped on purpose.
        """
        return BrokerMetrics(
            blocked=blocked_metric(cluster_name),
            nodes=[node_metric(cluster_name=cluster_name, node_name=name) for name in node_names],
            path=path,
            suspended=suspended,
        )

    def metric_missing_nodes(self) -> cloudwatch.IMetric | None:
        """Return the number of nodes that are down, or that nothing measures; ``None`` if no node is known."""
        if not self.nodes:
            return None
        nodes = {f"node{number}": node for number, node in enumerate(self.nodes)}
        return cloudwatch.MathExpression(
            label="Nodes that are missing",
            expression=f"{len(nodes)} - " + " - ".join(f"FILL({name}, 0)" for name in nodes),
            using_metrics=nodes,
            period=_MINUTE,
        )

"""A broker that goes on without one of its nodes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NodeCluster:
    """The grade of a `RabbitMqBroker` with three nodes, one in each of three zones.

    Each queue has a copy on each node, and goes on while two of them can talk to each other; a node that cannot talk
    to another confirms no message, and before RabbitMQ 4.3 closes its port. Each node is an ECS service of one task,
    with a folder of its own on EFS and a name of its own that it keeps: ``<dns_name>-0``, ``-1`` and ``-2``.
    CloudFormation deploys one after the other.

    EFS is slower than the local disk that RabbitMQ's makers advise; what it gives is that data outlives a task.
    https://www.rabbitmq.com/docs/production-checklist
    """

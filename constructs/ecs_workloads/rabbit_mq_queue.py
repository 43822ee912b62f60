"""One queue of a RabbitMQ broker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Tokenization
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads._broker_queue import check_broker_queue, dead_letter_queue_of
from ecs_workloads._checks import check_range
from ecs_workloads._credentials import credential
from ecs_workloads._rabbit_mq_metrics import CONSUMERS, READY, UNACKED, queue_metric
from ecs_workloads._start_order import start_after
from ecs_workloads.message_queue import connection_variable

_AMQP_PORT = 5672


@dataclass(frozen=True, kw_only=True)
class RabbitMqQueue:
    """A queue that programs declare on a broker, with all that a tier needs to reach it.

    `RabbitMqBroker.queue` makes one. Make one yourself for a broker of another stack.

    Where the broker has its `RabbitMqCollector`, workers on it scale by its backlog, and alarms tell of messages that
    nobody takes. Of dead letters it knows those on ``<name>.dead-letters``, where the programs' runtime has them put.

    Args:
        name: Name of the queue, 1 to 255 bytes, not beginning with ``amq.``.
        longest_processing_time: Longest time for which a consumer works on one message, one second to 30
            minutes: the broker takes a message back that is not acknowledged by then.
        host_name: Host name of the broker.
        credentials: Secret with the JSON keys ``username`` and ``password``; with its key, where it has one of
            its own, so that the tasks may use the key as well.
        broker: The broker's security groups.
        port: Port on which the broker speaks AMQP.
        cluster_name: Name of the broker, by which CloudWatch knows its metrics. Defaults to none: nothing measures the
            queue, and workers on it scale on CPU.

    Raises:
        ValueError: A value is out of its range.
    """

    name: str
    longest_processing_time: timedelta
    host_name: str
    credentials: secretsmanager.ISecret
    broker: ec2.IConnectable
    port: int = _AMQP_PORT
    cluster_name: str | None = None

    def __post_init__(self) -> None:
        subject = f"RabbitMqQueue {self.name!r}"
        check_broker_queue(subject, self.name, self.longest_processing_time)
        check_range(subject, "port", self.port, 1, 65535)

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the broker's address, without credentials, and the name of the queue."""
        port = Tokenization.stringify_number(self.port)
        return {
            connection_variable(prefix, "URL"): f"amqp://{self.host_name}:{port}/%2F",
            connection_variable(prefix, "NAME"): self.name,
        }

    def connection_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user and the password."""
        return {
            connection_variable(prefix, "USERNAME"): credential(self.credentials, "username"),
            connection_variable(prefix, "PASSWORD"): credential(self.credentials, "password"),
        }

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Grant nothing: the broker knows a program by its user and password."""
        del grantee

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Grant nothing: the broker knows a program by its user and password."""
        del grantee

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open the broker's AMQP port to ``peer``, which in the broker's own stack is deployed after it."""
        peer.connections.allow_to(self.broker, ec2.Port.tcp(self.port), "AMQP")
        start_after(peer, self.broker)

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that wait for a consumer: count, maximum; ``None`` if nothing measures it."""
        return self._metric(READY, self.name)

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that consumers hold: count, maximum; ``None`` if nothing measures it."""
        return self._metric(UNACKED, self.name)

    def metric_consumers(self) -> cloudwatch.IMetric | None:
        """Return the number of consumers that are connected: count, maximum; ``None`` if nothing measures it."""
        return self._metric(CONSUMERS, self.name)

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process: count, maximum, or ``None``."""
        return self._metric(READY, dead_letter_queue_of(self.name))

    def _metric(self, metric_name: str, queue: str) -> cloudwatch.IMetric | None:
        if self.cluster_name is None:
            return None
        return queue_metric(metric_name, cluster_name=self.cluster_name, queue=queue)

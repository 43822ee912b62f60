"""One queue of a RabbitMQ broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aws_cdk import Tokenization
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._broker_queue import check_broker_queue, dead_letter_queue_of
from ecs_workloads._checks import check_range, require
from ecs_workloads._credentials import credential
from ecs_workloads._rabbit_mq_files import AMQP_PORT, AMQPS_PORT
from ecs_workloads._rabbit_mq_metrics import CONSUMERS, READY, UNACKED, queue_metric
from ecs_workloads._start_order import start_after
from ecs_workloads.message_queue import connection_variable


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class RabbitMqQueue:
    """A queue of a broker, with all that a tier needs to reach it.

    `RabbitMqBroker.queue` makes one. Make one yourself for a broker of another stack.

    A program finds the broker by ``<PREFIX>_URL``: the URL of each node, with a semicolon between two, of which it
    takes any that answers. It sends to the exchange ``<PREFIX>_EXCHANGE`` with the routing key ``<PREFIX>_NAME``.

    Where the broker has its `RabbitMqCollector`, workers on it scale by its backlog, and alarms tell of messages that
    nobody takes, and of those on ``<name>.dead-letters``.

    Args:
        name: Name of the queue, 1 to 255 bytes, not beginning with ``amq.``.
        longest_processing_time: Longest time for which a consumer works on one message, one second to 30
            minutes. The broker must let a consumer hold a message for half as long again, as one of this library does:
            of others it takes a message back after 30 minutes.
        host_names: Host name of each node of the broker.
        broker: The broker's security groups.
        producer_credentials: Secret with the JSON keys ``username`` and ``password`` of a user that may send; with
            its key, where it has one of its own, so that the tasks may use the key as well. Defaults to none: no
            tier may send.
        consumer_credentials: The same of a user that may consume. Defaults to none: no tier may consume.
        exchange: Exchange to which producers send. Defaults to the one that `RabbitMqBroker` makes for the queue, of
            the same name; ``""`` is the default exchange of a broker.
        scheme: ``amqps`` where the broker has a certificate.
        port: Port on which the broker speaks AMQP. Defaults to 5672, and to 5671 for ``amqps``.
        cluster_name: Name of the broker, by which CloudWatch knows its metrics: ``RabbitMqBroker.cluster_name``.
            Defaults to none: nothing measures the queue, and workers on it scale on CPU.

    Raises:
        ValueError: A value is out of its range, or a tier uses the queue in a way for which it has no credentials.
        TypeError: An argument is of another kind.
    """

    name: str
    longest_processing_time: timedelta
    host_names: Sequence[str]
    broker: ec2.IConnectable
    producer_credentials: secretsmanager.ISecret | None = None
    consumer_credentials: secretsmanager.ISecret | None = None
    exchange: str | None = None
    scheme: Literal["amqp", "amqps"] = "amqp"
    port: int | None = None
    cluster_name: str | None = None

    def __post_init__(self) -> None:
        check_broker_queue(self._subject, self.name, self.longest_processing_time)
        require(len(self.host_names) > 0, self._subject, "host_names must name a node at least")
        require(self.scheme in ("amqp", "amqps"), self._subject, f"scheme must be amqp or amqps, got {self.scheme!r}")
        if self.port is not None:
            check_range(self._subject, "port", self.port, 1, 65535)

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the nodes' addresses, without credentials, the name of the queue, and where to send."""
        port = Tokenization.stringify_number(self._port)
        exchange = self.name if self.exchange is None else self.exchange
        return {
            connection_variable(prefix, "URL"): ";".join(
                f"{self.scheme}://{host_name}:{port}/%2F" for host_name in self.host_names
            ),
            connection_variable(prefix, "NAME"): self.name,
            **({connection_variable(prefix, "EXCHANGE"): exchange} if exchange else {}),
        }

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user that may send, and its password."""
        return self._secrets(prefix, "producer_credentials", self.producer_credentials)

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user that may consume, and its password."""
        return self._secrets(prefix, "consumer_credentials", self.consumer_credentials)

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Grant nothing: the broker knows a program by its user and password."""
        del grantee

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Grant nothing: the broker knows a program by its user and password."""
        del grantee

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open the broker's AMQP port to ``peer``, which in the broker's own stack is deployed after it."""
        peer.connections.allow_to(self.broker, ec2.Port.tcp(self._port), "AMQP")
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

    @property
    def _subject(self) -> str:
        return f"RabbitMqQueue {self.name!r}"

    @property
    def _port(self) -> int:
        if self.port is not None:
            return self.port
        return AMQPS_PORT if self.scheme == "amqps" else AMQP_PORT

    def _secrets(
        self, prefix: str, argument: str, credentials: secretsmanager.ISecret | None
    ) -> Mapping[str, ecs.Secret]:
        if credentials is None:
            raise ValueError(f"{self._subject}: a tier uses it in a way that needs {argument}, and it has none")
        return {
            connection_variable(prefix, "USERNAME"): credential(credentials, "username"),
            connection_variable(prefix, "PASSWORD"): credential(credentials, "password"),
        }

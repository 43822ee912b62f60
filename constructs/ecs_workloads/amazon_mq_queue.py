"""One queue of a broker that Amazon MQ runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._broker_queue import CONSUMER_TIMEOUT, HOLDING_FACTOR, check_broker_queue, dead_letter_queue_of
from ecs_workloads._checks import check_name, require
from ecs_workloads._credentials import credential
from ecs_workloads.message_queue import connection_variable

_AMQPS = ec2.Port.tcp(5671)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class AmazonMqQueue:
    """A queue that programs declare on a broker of Amazon MQ, with all that a tier needs to reach it.

    `AmazonMqBroker.queue` makes one. Make one yourself for a broker of another stack. What it measures comes from
    Amazon MQ, once a minute, for the 500 queues of a broker with most consumers, and of RabbitMQ 3.13 alone: of
    RabbitMQ 4 it publishes no metrics of queues.
    https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-logging-monitoring.html
    https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-4.html

    Args:
        name: Name of the queue, 1 to 255 printable letters of ASCII without blanks, not beginning with ``amq.``: of
            others Amazon MQ publishes no metrics.
        longest_processing_time: Longest time for which a consumer works on one message, one second to 20
            minutes: after 30 the broker takes a message back, and a consumer may get it before it begins to work.
        endpoint: Where the broker speaks AMQP over TLS: ``amqps://host:5671``.
        credentials: Secret with the JSON keys ``username`` and ``password``; with its key, where it has one of
            its own, so that the tasks may use the key as well.
        broker: The broker's security groups.
        broker_name: Name of the broker, by which CloudWatch knows its metrics, where it runs RabbitMQ 3.13. Defaults to
            none: nothing measures the queue, and workers on it scale on CPU.

    Raises:
        ValueError: A value is out of its range, or the endpoint has another scheme.
        TypeError: An argument is of another kind.
    """

    name: str
    longest_processing_time: timedelta
    endpoint: str
    credentials: secretsmanager.ISecret
    broker: ec2.IConnectable
    broker_name: str | None = None

    def __post_init__(self) -> None:
        subject = f"AmazonMqQueue {self.name!r}"
        check_broker_queue(subject, self.name, self.longest_processing_time, CONSUMER_TIMEOUT / HOLDING_FACTOR)
        # A token looks like such a name too.
        require(
            re.fullmatch(r"[!-~]+", self.name) is not None,
            subject,
            f"name must be printable letters of ASCII without blanks, got {self.name!r}",
        )
        check_name(subject, "endpoint", self.endpoint, r"amqps://[^/@?#]+:\d+", "amqps://host:port")

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the broker's address, without credentials, and the name of the queue."""
        return {
            connection_variable(prefix, "URL"): f"{self.endpoint}/%2F",
            connection_variable(prefix, "NAME"): self.name,
        }

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user and the password: on Amazon MQ the same for all."""
        return self._secrets(prefix)

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user and the password: on Amazon MQ the same for all."""
        return self._secrets(prefix)

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Grant nothing: the broker knows a program by its user and password."""
        del grantee

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Grant nothing: the broker knows a program by its user and password."""
        del grantee

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open the port for AMQP over TLS to ``peer``, and no other."""
        peer.connections.allow_to(self.broker, _AMQPS, "AMQP over TLS")

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that wait for a consumer: count, maximum; ``None`` if nothing measures it."""
        return self._metric("MessageReadyCount", self.name)

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that consumers hold: count, maximum; ``None`` if nothing measures it."""
        return self._metric("MessageUnacknowledgedCount", self.name)

    def metric_consumers(self) -> cloudwatch.IMetric | None:
        """Return the number of consumers that are connected: count, maximum; ``None`` if nothing measures it."""
        return self._metric("ConsumerCount", self.name)

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages on ``<name>.dead-letters``: count, maximum; ``None`` if nothing measures it."""
        return self._metric("MessageCount", dead_letter_queue_of(self.name))

    def _metric(self, metric_name: str, queue: str) -> cloudwatch.Metric | None:
        if self.broker_name is None:
            return None
        return cloudwatch.Metric(
            namespace="AWS/AmazonMQ",
            metric_name=metric_name,
            dimensions_map={"Broker": self.broker_name, "VirtualHost": "/", "Queue": queue},
            statistic="Maximum",
            period=Duration.minutes(1),
        )

    def _secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        return {
            connection_variable(prefix, "USERNAME"): credential(self.credentials, "username"),
            connection_variable(prefix, "PASSWORD"): credential(self.credentials, "password"),
        }

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

from ecs_workloads._checks import check_range, check_time, is_token, require
from ecs_workloads._credentials import credential
from ecs_workloads._start_order import start_after
from ecs_workloads.message_queue import connection_variable

_AMQP_PORT = 5672
_LONGEST_NAME = 255
# The broker closes a channel that holds a message for longer than consumer_timeout, 30 minutes by default.
# https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout
_CONSUMER_TIMEOUT = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class RabbitMqQueue:
    """A queue that programs declare on a broker, with all that a tier needs to reach it.

    `RabbitMqBroker.queue` makes one. Make one yourself for a broker of another stack.

    Workers on it scale on CPU for the time being: until the broker publishes its metrics to CloudWatch, both
    metrics are ``None``.

    Args:
        name: Name of the queue, 1 to 255 bytes, not beginning with ``amq.``.
        longest_processing_time: Longest time for which a consumer works on one message, one second to 30
            minutes: the broker takes a message back that is not acknowledged by then.
        host_name: Host name of the broker.
        credentials: Secret with the JSON keys ``username`` and ``password``; with its key, where it has one of
            its own, so that the tasks may use the key as well.
        broker: The broker's security groups.
        port: Port on which the broker speaks AMQP.

    Raises:
        ValueError: A value is out of its range.
    """

    name: str
    longest_processing_time: timedelta
    host_name: str
    credentials: secretsmanager.ISecret
    broker: ec2.IConnectable
    port: int = _AMQP_PORT

    def __post_init__(self) -> None:
        subject = f"RabbitMqQueue {self.name!r}"
        if not is_token(self.name):
            size = len(self.name.encode())
            require(1 <= size <= _LONGEST_NAME, subject, f"name must have 1 to {_LONGEST_NAME} bytes, got {size}")
            require(not self.name.startswith("amq."), subject, "names that begin with 'amq.' belong to the broker")
        check_time(
            subject,
            "longest_processing_time",
            self.longest_processing_time,
            timedelta(seconds=1),
            _CONSUMER_TIMEOUT,
        )
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
        """Return ``None``: the broker publishes no metrics yet."""
        return None

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        """Return ``None``: the broker publishes no metrics yet."""
        return None

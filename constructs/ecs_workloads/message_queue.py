"""The contract between queues and the tiers that use them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol, runtime_checkable

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_workloads._checks import check_name
from ecs_workloads._variables import PREFIX, PREFIX_IN_WORDS


class MessageQueue(Protocol):
    """All that a tier needs of a queue. Implement it, importing nothing, to bring a queue of your own.

    A program finds every queue by the same variables, ``<PREFIX>_URL`` and ``<PREFIX>_NAME``; the scheme of
    the URL says which protocol to speak. A queue with an exchange for its producers adds ``<PREFIX>_EXCHANGE``. One
    that asks for credentials adds the secret variables ``<PREFIX>_USERNAME`` and ``<PREFIX>_PASSWORD``: those of a
    producer for a tier that sends, those of a consumer for a worker.
    """

    @property
    def longest_processing_time(self) -> timedelta:
        """Longest time for which a consumer works on one message."""
        ...

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the open variables by which a program finds the queue."""
        ...

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the secret variables by which a program logs in to send; empty where the task role is enough."""
        ...

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the secret variables by which a program logs in to consume; empty where the task role is enough."""
        ...

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages on the queue."""
        ...

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` take messages off the queue."""
        ...

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open the network from ``peer`` to the queue, where the queue has an address in the network."""
        ...

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that wait for a consumer, or ``None`` if nothing measures it."""
        ...

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that consumers hold, or ``None`` if nothing measures it."""
        ...


@runtime_checkable
class MeasuresArrivals(Protocol):
    """What a queue adds to `MessageQueue` so that `ArrivalRate` can be used on it. `SqsQueue` does."""

    def metric_messages_sent(self) -> cloudwatch.IMetric:
        """Return the number of messages sent to the queue in one minute, as a sum."""
        ...


@runtime_checkable
class MeasuresDeadLetters(Protocol):
    """What a queue adds to `MessageQueue` for an alarm on dead letters."""

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process, or ``None`` if nothing measures it."""
        ...


@runtime_checkable
class MeasuresConsumers(Protocol):
    """What a queue of a broker adds to `MessageQueue` for an alarm on messages that nobody takes."""

    def metric_consumers(self) -> cloudwatch.IMetric | None:
        """Return the number of consumers that are connected, or ``None`` if nothing measures it."""
        ...


@runtime_checkable
class ForgetsMessages(Protocol):
    """What a queue adds to `MessageQueue` that deletes old messages, so that nothing waits for older ones."""

    @property
    def retention_period(self) -> timedelta:
        """Time after which a message is deleted that nobody has worked off."""
        ...


@runtime_checkable
class MeasuresDelivery(Protocol):
    """What a queue adds to `MessageQueue` for alarms on its messages and for their drain time. `SqsQueue` does."""

    def metric_oldest_message_age(self) -> cloudwatch.IMetric:
        """Return the time since the oldest message was sent that is not worked off, in seconds, as a maximum."""
        ...

    def metric_messages_deleted(self) -> cloudwatch.IMetric:
        """Return the number of messages worked off in one minute, as a sum."""
        ...

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process, or ``None`` if nothing measures it."""
        ...


def connection_variable(prefix: str, name: str) -> str:
    """Return the variable that carries ``name`` of a queue.

    The names are ``URL``, ``NAME``, ``EXCHANGE``, ``USERNAME`` and ``PASSWORD``.

    Raises:
        ValueError: ``prefix`` is not upper-case letters, digits and underscores.
    """
    check_name("queue variables", "prefix", prefix, PREFIX, PREFIX_IN_WORDS)
    return f"{prefix}_{name}"

"""A queue that is not there, and has metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_workloads.message_queue import connection_variable
from ecs_workloads.testing._tiers import ConnectedTiers, GrantedTiers

_NAMESPACE = "QueueDouble"


class QueueDouble:
    """A queue with all metrics that any policy or alarm asks for, and nothing behind it.

    For tests of a worker that scales by its backlog (`BacklogPerTask`, `ArrivalRate`), without a queue in the stack.
    It is found as ``test://<name>``, needs no secret, grants nothing, and keeps who was given what.

    Args:
        name: Name of the queue.
        longest_processing_time: Longest time for which a consumer works on one message.
        retention_period: Time after which a message is deleted. Defaults to the longest of SQS, 14 days.
    """

    def __init__(
        self,
        name: str = "orders",
        *,
        longest_processing_time: timedelta = timedelta(minutes=1),
        retention_period: timedelta = timedelta(days=14),
    ) -> None:
        self._name, self._longest_processing_time = name, longest_processing_time
        self._retention_period = retention_period
        self._senders, self._consumers, self._peers = GrantedTiers(), GrantedTiers(), ConnectedTiers()

    @property
    def senders(self) -> GrantedTiers:
        """Who may put messages on the queue."""
        return self._senders

    @property
    def consumers(self) -> GrantedTiers:
        """Who may take messages off the queue."""
        return self._consumers

    @property
    def peers(self) -> ConnectedTiers:
        """To whom the network was opened."""
        return self._peers

    @property
    def longest_processing_time(self) -> timedelta:
        """Longest time for which a consumer works on one message."""
        return self._longest_processing_time

    @property
    def retention_period(self) -> timedelta:
        """Time after which a message is deleted that nobody has worked off."""
        return self._retention_period

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the open variables by which a program finds the queue."""
        return {
            connection_variable(prefix, "URL"): f"test://{self._name}",
            connection_variable(prefix, "NAME"): self._name,
        }

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing."""
        del prefix
        return {}

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing."""
        del prefix
        return {}

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Keep who sends."""
        self._senders.add(grantee)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Keep who consumes."""
        self._consumers.add(grantee)

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Keep to whom the network was opened."""
        self._peers.add(peer)

    def metric_messages_waiting(self) -> cloudwatch.IMetric:
        """Return the number of messages that wait: count, maximum."""
        return self._metric("MessagesWaiting", "Maximum")

    def metric_messages_in_flight(self) -> cloudwatch.IMetric:
        """Return the number of messages that consumers hold: count, maximum."""
        return self._metric("MessagesInFlight", "Maximum")

    def metric_messages_sent(self) -> cloudwatch.IMetric:
        """Return the number of messages sent in one minute: count, sum."""
        return self._metric("MessagesSent", "Sum")

    def metric_messages_deleted(self) -> cloudwatch.IMetric:
        """Return the number of messages worked off in one minute: count, sum."""
        return self._metric("MessagesDeleted", "Sum")

    def metric_oldest_message_age(self) -> cloudwatch.IMetric:
        """Return the time for which the oldest message has waited: seconds, maximum."""
        return self._metric("OldestMessageAge", "Maximum")

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process: count, maximum."""
        return self._metric("DeadLetters", "Maximum")

    def metric_consumers(self) -> cloudwatch.IMetric | None:
        """Return the number of consumers that are connected: count, maximum."""
        return self._metric("Consumers", "Maximum")

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=name,
            dimensions_map={"QueueName": self._name},
            statistic=statistic,
            period=Duration.minutes(1),
        )

"""A broker that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import App, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads.rabbit_mq_queue import RabbitMqQueue
from ecs_workloads.testing._tiers import ConnectedTiers, GrantedTiers

_PRODUCER = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:broker-double-producer-abcdef"
_CONSUMER = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:broker-double-consumer-abcdef"


class BrokerDouble:
    """A queue of a RabbitMQ broker, without the broker: for tests of what sends to one or works for one.

    A tier gets the variables, the secrets and the access that a queue of `RabbitMqBroker` gives, for a broker under
    ``broker.test`` that no stack makes. The double keeps who was given what. Its metrics are those that the collector
    of a broker publishes, so that a worker can scale by its backlog.

    Args:
        name: Name of the queue, 1 to 255 bytes, not beginning with ``amq.``.
        longest_processing_time: Longest time for which a consumer works on one message, one second to 30 minutes.

    Raises:
        ValueError: A value is out of its range.
    """

    def __init__(self, name: str = "orders", *, longest_processing_time: timedelta = timedelta(minutes=1)) -> None:
        # A stack that nobody synthesises: all in it was made elsewhere.
        elsewhere = Stack(App(analytics_reporting=False), "Elsewhere")
        group = ec2.SecurityGroup.from_security_group_id(elsewhere, "Broker", "sg-broker-double", mutable=False)
        self._queue = RabbitMqQueue(
            name=name,
            longest_processing_time=longest_processing_time,
            host_names=["broker.test"],
            producer_credentials=secretsmanager.Secret.from_secret_complete_arn(elsewhere, "Producer", _PRODUCER),
            consumer_credentials=secretsmanager.Secret.from_secret_complete_arn(elsewhere, "Consumer", _CONSUMER),
            broker=ec2.Connections(security_groups=[group]),
            cluster_name="broker.test",
        )
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
        return self._queue.longest_processing_time

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the address of the broker and the name of the queue."""
        return self._queue.connection_environment(prefix)

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user that may send, and its password."""
        return self._queue.producer_secrets(prefix)

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return the user that may consume, and its password."""
        return self._queue.consumer_secrets(prefix)

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Keep who sends; a broker grants nothing."""
        self._senders.add(grantee)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Keep who consumes; a broker grants nothing."""
        self._consumers.add(grantee)

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Let ``peer`` out to the port of the broker, and keep it."""
        self._queue.allow_from(peer)
        self._peers.add(peer)

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that wait for a consumer: count, maximum."""
        return self._queue.metric_messages_waiting()

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that consumers hold: count, maximum."""
        return self._queue.metric_messages_in_flight()

    def metric_consumers(self) -> cloudwatch.IMetric | None:
        """Return the number of consumers that are connected: count, maximum."""
        return self._queue.metric_consumers()

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process: count, maximum."""
        return self._queue.metric_dead_letters()

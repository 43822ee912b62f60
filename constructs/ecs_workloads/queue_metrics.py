"""What is measured of the queue that feeds one tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._broker_queue import dead_letter_queue_of
from ecs_workloads._checks import check_time
from ecs_workloads._rabbit_mq_metrics import CONSUMERS, READY, UNACKED, queue_metric
from ecs_workloads.message_queue import (
    ForgetsMessages,
    MeasuresConsumers,
    MeasuresDeadLetters,
    MeasuresDelivery,
    MessageQueue,
)

_MINUTE = Duration.minutes(1)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class QueueMetrics:
    """The messages of the queue from which one tier takes its work.

    A worker has its own, as ``worker.metrics.queue``. Make one yourself for a queue of your own, or with `of_sqs`
    where you only know the names.

    Args:
        messages_waiting: Number of messages that wait for a consumer.
        messages_in_flight: Number of messages that consumers hold.
        oldest_message_age: Time since the oldest message was sent that is not worked off, in seconds. Without it there
            is no alarm on it.
        messages_deleted: Number of messages worked off in one minute. Without it there is no drain time.
        dead_letters: Number of messages that no consumer could process. Without it there is no alarm on them.
        consumers: Number of consumers that are connected. Without it there is no alarm on messages that nobody takes.
        acceptable_latency: Time for which a message may wait. Without it the alarm on the oldest message has a
            fixed default.
        longest_processing_time: Longest time for which a consumer works on one message. A message that is worked on has
            an age too, so the alarm on the oldest message waits for so long in addition. Defaults to no time.
        retention_period: Time after which the queue deletes a message, so that none is ever older. The alarm on the
            oldest message goes off at half of it, at the latest. Defaults to none: the queue keeps its messages, or
            nobody knows.

    Raises:
        ValueError: A time is not from one second to 14 days.
        TypeError: An argument is of another kind.
    """

    messages_waiting: cloudwatch.IMetric
    messages_in_flight: cloudwatch.IMetric
    oldest_message_age: cloudwatch.IMetric | None = None
    messages_deleted: cloudwatch.IMetric | None = None
    dead_letters: cloudwatch.IMetric | None = None
    consumers: cloudwatch.IMetric | None = None
    acceptable_latency: timedelta | None = None
    longest_processing_time: timedelta | None = None
    retention_period: timedelta | None = None

    def __post_init__(self) -> None:
        shortest, longest = timedelta(seconds=1), timedelta(days=14)
        if self.acceptable_latency is not None:
            check_time("QueueMetrics", "acceptable_latency", self.acceptable_latency, shortest, longest)
        if self.longest_processing_time is not None:
            check_time("QueueMetrics", "longest_processing_time", self.longest_processing_time, shortest, longest)
        if self.retention_period is not None:
            check_time("QueueMetrics", "retention_period", self.retention_period, shortest, longest)

    @staticmethod
    def of_sqs(
        queue_name: str,
        *,
        dead_letter_queue_name: str | None = None,
        acceptable_latency: timedelta | None = None,
        longest_processing_time: timedelta | None = None,
        retention_period: timedelta | None = None,
    ) -> QueueMetrics:
        """Return what SQS measures of a queue.

        Args:
            queue_name: Name of the queue.
            dead_letter_queue_name: Name of the queue that takes what no consumer could process.
            acceptable_latency: Time for which a message may wait.
            longest_processing_time: Longest time for which a consumer works on one message.
            retention_period: Time after which SQS deletes a message.
        """
        return QueueMetrics(
            messages_waiting=_of_sqs(queue_name, "ApproximateNumberOfMessagesVisible", "Maximum"),
            messages_in_flight=_of_sqs(queue_name, "ApproximateNumberOfMessagesNotVisible", "Maximum"),
            oldest_message_age=_of_sqs(queue_name, "ApproximateAgeOfOldestMessage", "Maximum"),
            messages_deleted=_of_sqs(queue_name, "NumberOfMessagesDeleted", "Sum"),
            dead_letters=None
            if dead_letter_queue_name is None
            else _of_sqs(dead_letter_queue_name, "ApproximateNumberOfMessagesVisible", "Maximum"),
            acceptable_latency=acceptable_latency,
            longest_processing_time=longest_processing_time,
            retention_period=retention_period,
        )

    @staticmethod
    def of_rabbit_mq(queue_name: str, *, cluster_name: str) -> QueueMetrics:
        """Return what the collectors of a `RabbitMqBroker` measure of a queue: no age, since RabbitMQ tells none.

        Args:
            queue_name: Name of the queue.
            cluster_name: Name of the broker, by which CloudWatch knows its metrics: ``RabbitMqBroker.cluster_name``.
        """
        return QueueMetrics(
            messages_waiting=queue_metric(READY, cluster_name=cluster_name, queue=queue_name),
            messages_in_flight=queue_metric(UNACKED, cluster_name=cluster_name, queue=queue_name),
            dead_letters=queue_metric(READY, cluster_name=cluster_name, queue=dead_letter_queue_of(queue_name)),
            consumers=queue_metric(CONSUMERS, cluster_name=cluster_name, queue=queue_name),
        )

    @staticmethod
    def of_queue(queue: MessageQueue, *, acceptable_latency: timedelta | None = None) -> QueueMetrics | None:
        """Return what ``queue`` measures, or ``None`` if nothing measures its messages.

        Args:
            queue: The queue.
            acceptable_latency: Time for which a message may wait.
        """
        waiting, in_flight = queue.metric_messages_waiting(), queue.metric_messages_in_flight()
        if waiting is None or in_flight is None:
            return None
        measured = queue if isinstance(queue, MeasuresDelivery) else None
        return QueueMetrics(
            messages_waiting=waiting,
            messages_in_flight=in_flight,
            oldest_message_age=None if measured is None else measured.metric_oldest_message_age(),
            messages_deleted=None if measured is None else measured.metric_messages_deleted(),
            dead_letters=queue.metric_dead_letters() if isinstance(queue, MeasuresDeadLetters) else None,
            consumers=queue.metric_consumers() if isinstance(queue, MeasuresConsumers) else None,
            acceptable_latency=acceptable_latency,
            longest_processing_time=queue.longest_processing_time,
            retention_period=queue.retention_period if isinstance(queue, ForgetsMessages) else None,
        )

    def metric_unconsumed(self) -> cloudwatch.IMetric | None:
        """Return 1 while messages wait and no consumer is connected, else 0; ``None`` if nothing measures consumers."""
        if self.consumers is None:
            return None
        return cloudwatch.MathExpression(
            label="Messages wait, and nobody takes them",
            expression="IF(waiting > 0 AND FILL(consumers, 0) < 1, 1, 0)",
            using_metrics={"waiting": self.messages_waiting, "consumers": self.consumers},
            period=_MINUTE,
        )

    def metric_drain_time(self) -> cloudwatch.IMetric | None:
        """Return the time in which the backlog is worked off at the pace of the last minute: minutes.

        In a minute in which nothing was worked off, it counts one message a minute. ``None`` if nothing measures
        what is worked off.
        """
        if self.messages_deleted is None:
            return None
        return cloudwatch.MathExpression(
            label="Minutes until the queue is empty",
            expression="(FILL(waiting, 0) + FILL(in_flight, 0)) / IF(FILL(deleted, 0) > 0, FILL(deleted, 0), 1)",
            using_metrics={
                "waiting": self.messages_waiting,
                "in_flight": self.messages_in_flight,
                "deleted": self.messages_deleted,
            },
            period=_MINUTE,
        )


def _of_sqs(queue_name: str, metric_name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name=metric_name,
        dimensions_map={"QueueName": queue_name},
        statistic=statistic,
        period=_MINUTE,
    )

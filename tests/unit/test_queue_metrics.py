"""Tests of `QueueMetrics`, and of the same metrics on a queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from ecs_workloads import MeasuresDelivery, QueueMetrics, RabbitMqQueue, SqsQueue

MINUTE = timedelta(minutes=1)


def measured(stack: cdk.Stack, metric: cloudwatch.IMetric | None) -> tuple[str, str, int, Any]:
    assert metric is not None
    stat = metric.to_metric_config().metric_stat
    assert stat is not None
    [dimension] = stat.dimensions or []
    return stat.metric_name, str(stat.statistic), int(stat.period.to_seconds()), stack.resolve(dimension.value)


def test_sqs_measures_age_and_deletions_each_minute(stack: cdk.Stack) -> None:
    orders = SqsQueue(stack, "Orders", longest_processing_time=MINUTE)
    name = stack.resolve(orders.queue.queue_name)

    age, deleted = orders.metric_oldest_message_age(), orders.metric_messages_deleted()

    assert measured(stack, age) == ("ApproximateAgeOfOldestMessage", "Maximum", 60, name)
    assert measured(stack, deleted) == ("NumberOfMessagesDeleted", "Sum", 60, name)


def test_sqs_measures_what_waits_what_is_in_flight_and_what_arrives_each_minute(stack: cdk.Stack) -> None:
    orders = SqsQueue(stack, "Orders", longest_processing_time=MINUTE)
    name = stack.resolve(orders.queue.queue_name)

    waiting, in_flight = orders.metric_messages_waiting(), orders.metric_messages_in_flight()

    assert measured(stack, waiting) == ("ApproximateNumberOfMessagesVisible", "Maximum", 60, name)
    assert measured(stack, in_flight) == ("ApproximateNumberOfMessagesNotVisible", "Maximum", 60, name)
    assert measured(stack, orders.metric_messages_sent()) == ("NumberOfMessagesSent", "Sum", 60, name)


def test_dead_letters_are_what_waits_on_the_dead_letter_queue(stack: cdk.Stack) -> None:
    orders = SqsQueue(stack, "Orders", longest_processing_time=MINUTE)
    name = stack.resolve(orders.dead_letter_queue.queue_name)

    dead = orders.metric_dead_letters()

    assert measured(stack, dead) == ("ApproximateNumberOfMessagesVisible", "Maximum", 60, name)


def test_names_measure_what_the_queue_itself_measures(stack: cdk.Stack) -> None:
    orders = SqsQueue(stack, "Orders", longest_processing_time=MINUTE)
    named = QueueMetrics.of_sqs(
        orders.queue.queue_name,
        dead_letter_queue_name=orders.dead_letter_queue.queue_name,
        acceptable_latency=MINUTE,
        longest_processing_time=MINUTE,
    )
    own = QueueMetrics.of_queue(orders, acceptable_latency=MINUTE)

    assert own is not None
    for metric in ("messages_waiting", "messages_in_flight", "oldest_message_age", "messages_deleted", "dead_letters"):
        assert measured(stack, getattr(named, metric)) == measured(stack, getattr(own, metric))
    assert named.acceptable_latency == own.acceptable_latency == MINUTE
    assert named.longest_processing_time == own.longest_processing_time == MINUTE


def test_a_queue_from_elsewhere_has_dead_letters_where_their_queue_is_named(stack: cdk.Stack) -> None:
    queue, dead = sqs.Queue(stack, "Queue"), sqs.Queue(stack, "Dead")
    without = SqsQueue.from_queue(queue, longest_processing_time=MINUTE)
    named = SqsQueue.from_queue(queue, longest_processing_time=MINUTE, dead_letter_queue=dead)

    assert isinstance(without, MeasuresDelivery)
    assert isinstance(named, MeasuresDelivery)
    assert without.metric_dead_letters() is None
    assert measured(stack, named.metric_dead_letters())[3] == stack.resolve(dead.queue_name)


def test_what_a_queue_made_here_deletes_is_known(stack: cdk.Stack) -> None:
    made = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2), retention_period=timedelta(days=2))
    metrics = QueueMetrics.of_queue(made)

    assert metrics is not None
    assert metrics.retention_period == timedelta(days=2)


def test_a_queue_that_nothing_measures_has_none(rabbit_mq_queue: RabbitMqQueue) -> None:
    assert QueueMetrics.of_queue(rabbit_mq_queue) is None


def test_the_drain_time_divides_by_no_zero(stack: cdk.Stack) -> None:
    drain = QueueMetrics.of_sqs("orders").metric_drain_time()

    assert isinstance(drain, cloudwatch.MathExpression)
    assert drain.expression.endswith("/ IF(FILL(deleted, 0) > 0, FILL(deleted, 0), 1)")
    assert (drain.label, drain.period.to_seconds()) == ("Minutes until the queue is empty", 60)
    assert {name: measured(stack, metric)[0] for name, metric in drain.using_metrics.items()} == {
        "waiting": "ApproximateNumberOfMessagesVisible",
        "in_flight": "ApproximateNumberOfMessagesNotVisible",
        "deleted": "NumberOfMessagesDeleted",
    }


def test_without_deletions_there_is_no_drain_time() -> None:
    waiting = cloudwatch.Metric(namespace="Streams", metric_name="Waiting")

    assert QueueMetrics(messages_waiting=waiting, messages_in_flight=waiting).metric_drain_time() is None


def test_a_minute_in_which_messages_wait_for_no_consumer_counts_one() -> None:
    unconsumed = QueueMetrics.of_rabbit_mq("orders", cluster_name="rabbitmq.internal").metric_unconsumed()

    assert isinstance(unconsumed, cloudwatch.MathExpression)
    assert unconsumed.expression == "IF(waiting > 0 AND FILL(consumers, 0) < 1, 1, 0)"
    assert (unconsumed.label, unconsumed.period.to_seconds()) == ("Messages wait, and nobody takes them", 60)

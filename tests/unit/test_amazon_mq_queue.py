"""Tests of `AmazonMqQueue`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import (
    AmazonMqQueue,
    Container,
    MeasuresConsumers,
    MeasuresDeadLetters,
    MessageQueue,
    QueueMetrics,
    Scaling,
    Worker,
)
from tests.templates import properties


def orders(stack: cdk.Stack) -> AmazonMqQueue:
    """Return a queue of a broker of 3.13 that another stack made."""
    arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:broker-abcdef"
    return AmazonMqQueue(
        name="orders",
        longest_processing_time=timedelta(minutes=2),
        endpoint="amqps://b-1.mq.eu-west-1.amazonaws.com:5671",
        credentials=secretsmanager.Secret.from_secret_complete_arn(stack, "Credentials", arn),
        broker=ec2.Connections(
            security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Broker", "sg-broker")]
        ),
        broker_name="shop",
    )


def test_the_address_holds_no_credentials(stack: cdk.Stack) -> None:
    queue: MessageQueue = orders(stack)

    assert queue.connection_environment("ORDERS") == {
        "ORDERS_URL": "amqps://b-1.mq.eu-west-1.amazonaws.com:5671/%2F",
        "ORDERS_NAME": "orders",
    }
    for secrets in (queue.producer_secrets("ORDERS"), queue.consumer_secrets("ORDERS")):
        assert list(secrets) == ["ORDERS_USERNAME", "ORDERS_PASSWORD"]


def test_its_metrics_are_those_of_amazon_mq(stack: cdk.Stack) -> None:
    queue = orders(stack)
    assert isinstance(queue, MeasuresConsumers)
    assert isinstance(queue, MeasuresDeadLetters)

    found = QueueMetrics.of_queue(queue)
    assert found is not None
    metrics = (found.messages_waiting, found.messages_in_flight, found.consumers, found.dead_letters)
    described: list[tuple[str, dict[str, str]]] = []
    for metric in metrics:
        assert isinstance(metric, cloudwatch.Metric)
        assert (metric.namespace, metric.statistic, metric.period.to_seconds()) == ("AWS/AmazonMQ", "Maximum", 60)
        described.append((metric.metric_name, dict(metric.dimensions or {})))
    queue_of_broker = {"Broker": "shop", "VirtualHost": "/"}
    assert described == [
        ("MessageReadyCount", {**queue_of_broker, "Queue": "orders"}),
        ("MessageUnacknowledgedCount", {**queue_of_broker, "Queue": "orders"}),
        ("ConsumerCount", {**queue_of_broker, "Queue": "orders"}),
        ("MessageCount", {**queue_of_broker, "Queue": "orders.dead-letters"}),
    ]
    assert found.oldest_message_age is None


def test_nothing_measures_it_where_no_name_of_its_broker_is_known(stack: cdk.Stack) -> None:
    queue = replace(orders(stack), broker_name=None)

    assert queue.metric_messages_waiting() is None
    assert queue.metric_messages_in_flight() is None
    assert queue.metric_consumers() is None
    assert queue.metric_dead_letters() is None
    assert QueueMetrics.of_queue(queue) is None


def test_a_broker_of_another_stack_has_no_name_unless_told(stack: cdk.Stack) -> None:
    told = orders(stack)
    queue = AmazonMqQueue(
        name=told.name,
        longest_processing_time=told.longest_processing_time,
        endpoint=told.endpoint,
        credentials=told.credentials,
        broker=told.broker,
    )

    assert queue == replace(told, broker_name=None)


def test_a_worker_reaches_the_port_for_tls_and_no_other(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=container,
        queue=orders(stack),
        scaling=Scaling(min_capacity=1, max_capacity=1),
    )

    rule = properties(stack, "AWS::EC2::SecurityGroupIngress")
    assert (rule["GroupId"], rule["FromPort"], rule["ToPort"]) == ("sg-broker", 5671, 5671)

"""Tests of `RabbitMqQueue`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import BacklogPerTask, Container, QueueMetrics, RabbitMqQueue, Scaling, Worker
from tests.templates import resources, statements


def test_the_address_holds_no_credentials(rabbit_mq_queue: RabbitMqQueue) -> None:
    assert rabbit_mq_queue.connection_environment("ORDERS") == {
        "ORDERS_URL": "amqp://rabbitmq.internal:5672/%2F",
        "ORDERS_NAME": "orders",
        "ORDERS_EXCHANGE": "orders",
    }
    assert list(rabbit_mq_queue.producer_secrets("ORDERS")) == ["ORDERS_USERNAME", "ORDERS_PASSWORD"]
    assert list(rabbit_mq_queue.consumer_secrets("ORDERS")) == ["ORDERS_USERNAME", "ORDERS_PASSWORD"]


def test_its_port_may_be_known_only_at_deployment(stack: cdk.Stack, rabbit_mq_queue: RabbitMqQueue) -> None:
    port: Any = cdk.Token.as_number(cdk.Fn.ref("Port"))
    url = replace(rabbit_mq_queue, port=port).connection_environment("ORDERS")["ORDERS_URL"]

    assert stack.resolve(url) == {"Fn::Join": ["", ["amqp://rabbitmq.internal:", {"Ref": "Port"}, "/%2F"]]}


def test_it_has_no_metrics_where_no_collector_is(rabbit_mq_queue: RabbitMqQueue) -> None:
    assert rabbit_mq_queue.metric_messages_waiting() is None
    assert rabbit_mq_queue.metric_messages_in_flight() is None
    assert rabbit_mq_queue.metric_consumers() is None
    assert rabbit_mq_queue.metric_dead_letters() is None
    assert QueueMetrics.of_queue(rabbit_mq_queue) is None


def test_its_metrics_are_those_of_the_collector(rabbit_mq_queue: RabbitMqQueue) -> None:
    measured = QueueMetrics.of_queue(replace(rabbit_mq_queue, cluster_name="rabbitmq.internal"))

    assert measured is not None
    found = (measured.messages_waiting, measured.messages_in_flight, measured.consumers, measured.dead_letters)
    named = [(one.metric_name, dict(one.dimensions or {})) for one in found if isinstance(one, cloudwatch.Metric)]
    queue = {"Cluster": "rabbitmq.internal", "VHost": "/", "Queue": "orders"}
    assert named == [
        ("rabbitmq_detailed_queue_messages_ready", queue),
        ("rabbitmq_detailed_queue_messages_unacked", queue),
        ("rabbitmq_detailed_queue_consumers", queue),
        ("rabbitmq_detailed_queue_messages_ready", {**queue, "Queue": "orders.dead-letters"}),
    ]


def test_a_worker_scales_by_its_backlog_and_wakes_from_zero(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, rabbit_mq_queue: RabbitMqQueue
) -> None:
    Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=container,
        queue=replace(rabbit_mq_queue, cluster_name="rabbitmq.internal"),
        scaling=Scaling(
            min_capacity=0,
            max_capacity=4,
            policies=(BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2)),),
        ),
    )

    policies = [one["Properties"] for one in resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")]
    assert {one["PolicyType"] for one in policies} == {"TargetTrackingScaling", "StepScaling"}
    [tracking] = [one for one in policies if one["PolicyType"] == "TargetTrackingScaling"]
    assert "rabbitmq_detailed_queue_messages_unacked" in str(tracking)
    [wake] = [one["Properties"] for one in resources(stack, "AWS::CloudWatch::Alarm")]
    assert "rabbitmq_detailed_queue_messages_ready" in str(wake)


def test_tasks_may_use_the_key_of_credentials_from_another_stack(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, rabbit_mq_queue: RabbitMqQueue
) -> None:
    key_arn = "arn:aws:kms:eu-west-1:111111111111:key/a"
    credentials = secretsmanager.Secret.from_secret_attributes(
        stack,
        "Encrypted",
        secret_complete_arn="arn:aws:secretsmanager:eu-west-1:111111111111:secret:other-abcdef",
        encryption_key=kms.Key.from_key_arn(stack, "Key", key_arn),
    )
    queue = replace(rabbit_mq_queue, consumer_credentials=credentials)
    Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())

    decrypt = [statement for statement in statements(stack) if statement["Action"] == "kms:Decrypt"]
    assert [statement["Resource"] for statement in decrypt] == [key_arn]


def test_tasks_may_read_credentials_that_are_known_by_name(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, rabbit_mq_queue: RabbitMqQueue
) -> None:
    queue = replace(
        rabbit_mq_queue, consumer_credentials=secretsmanager.Secret.from_secret_name_v2(stack, "Named", "broker")
    )
    Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())

    [read] = [one for one in statements(stack) if "secretsmanager:GetSecretValue" in one["Action"]]
    assert "secret:broker-??????" in str(read["Resource"])

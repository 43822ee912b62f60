"""Tests of `Worker`, and of a queue that comes from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from ecs_workloads import (
    AmazonMqBroker,
    ArrivalRate,
    BacklogPerTask,
    Container,
    ContainerCluster,
    RabbitMqQueue,
    Scaling,
    ScalingPolicy,
    SqsQueue,
    Worker,
)
from tests.templates import ingress, main_container, properties, statements

MakeWorker = Callable[..., Worker]
MEAN = timedelta(seconds=2)
POLICIES: tuple[ScalingPolicy, ...] = (
    BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=MEAN),
    ArrivalRate(processing_time=MEAN),
)


@pytest.fixture
def orders(stack: cdk.Stack) -> SqsQueue:
    return SqsQueue(stack, "Orders", longest_processing_time=timedelta(seconds=50))


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container, orders: SqsQueue) -> MakeWorker:
    def worker(construct_id: str = "Worker", **arguments: Any) -> Worker:
        defaults: dict[str, Any] = {"container": container, "queue": orders, "scaling": Scaling()}
        return Worker(stack, construct_id, cluster=cluster, **{**defaults, **arguments})

    return worker


def test_the_program_finds_the_queue(stack: cdk.Stack, make: MakeWorker) -> None:
    make(queue_prefix="ORDERS")

    assert [pair["Name"] for pair in main_container(stack)["Environment"]] == ["ORDERS_URL", "ORDERS_NAME"]


def test_the_tasks_may_consume_and_no_more(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    actions = [statement["Action"] for statement in statements(stack)]
    queue_actions = sorted(action for group in actions for action in group if action.startswith("sqs:"))
    assert queue_actions == [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    ]


def test_the_tasks_may_ask_not_to_be_stopped_on_their_cluster_alone(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeWorker
) -> None:
    make()

    [statement] = [one for one in statements(stack) if "ecs:GetTaskProtection" in one["Action"]]
    parts = statement["Resource"]["Fn::Join"][1]
    assert statement["Action"] == ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    assert parts[-3:] == [":task/", stack.resolve(cluster.cluster_name), "/*"]


def test_a_task_that_is_stopped_has_time_for_its_message(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    assert main_container(stack)["StopTimeout"] == 60


def test_it_has_no_more_time_than_fargate_gives(stack: cdk.Stack, make: MakeWorker) -> None:
    make(queue=SqsQueue(stack, "Long", longest_processing_time=timedelta(hours=1)))

    assert main_container(stack)["StopTimeout"] == 120


def test_a_stop_timeout_of_the_user_wins(stack: cdk.Stack, orders: SqsQueue, make: MakeWorker) -> None:
    image = ecs.ContainerImage.from_registry("example.com/worker:1")
    make(container=Container(image=image, stop_timeout=timedelta(seconds=100)), queue=orders)

    assert main_container(stack)["StopTimeout"] == 100


def test_two_workers_fit_in_one_stack(stack: cdk.Stack, make: MakeWorker) -> None:
    for name in ("Email", "Billing"):
        make(name, queue=SqsQueue(stack, f"{name}Queue", longest_processing_time=timedelta(minutes=1)))

    Template.from_stack(stack).resource_count_is("AWS::ECS::Service", 2)


def test_nothing_can_call_a_worker(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    assert ingress(stack) == []


def test_it_can_send_to_another_queue(stack: cdk.Stack, make: MakeWorker) -> None:
    make().send_to(SqsQueue(stack, "Receipts", longest_processing_time=timedelta(minutes=1)), prefix="RECEIPTS")

    names = [pair["Name"] for pair in main_container(stack)["Environment"]]
    assert names == ["QUEUE_URL", "QUEUE_NAME", "RECEIPTS_URL", "RECEIPTS_NAME"]


def test_on_a_broker_it_gets_credentials_and_the_port(
    stack: cdk.Stack, make: MakeWorker, rabbit_mq_queue: RabbitMqQueue
) -> None:
    make(queue=rabbit_mq_queue, scaling=Scaling(min_capacity=1, max_capacity=3))

    container = main_container(stack)
    assert {pair["Name"]: pair["Value"] for pair in container["Environment"]} == {
        "QUEUE_URL": "amqp://rabbitmq.internal:5672/%2F",
        "QUEUE_NAME": "orders",
        "QUEUE_EXCHANGE": "orders",
    }
    assert [secret["Name"] for secret in container["Secrets"]] == ["QUEUE_USERNAME", "QUEUE_PASSWORD"]
    assert [(rule["GroupId"], rule["FromPort"]) for rule in ingress(stack)] == [("sg-broker", 5672)]
    assert "ECSServiceAverageCPUUtilization" in str(properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy"))


def test_on_amazon_mq_with_rabbit_mq_4_it_scales_on_cpu_and_on_no_backlog(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeWorker
) -> None:
    queue = AmazonMqBroker(stack, "Broker", vpc=cluster.vpc).queue(
        "orders", longest_processing_time=timedelta(minutes=1)
    )
    make(queue=queue, scaling=Scaling(min_capacity=1, max_capacity=3))

    assert "ECSServiceAverageCPUUtilization" in str(properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy"))
    with pytest.raises(ValueError, match=r"^Stack/Backlog: BacklogPerTask needs a queue with metrics, and AmazonMq"):
        make("Backlog", queue=queue, scaling=Scaling(min_capacity=0, max_capacity=3, policies=POLICIES[:1]))
    with pytest.raises(
        ValueError, match=r"^Stack/Arrivals: ArrivalRate needs a tier whose queue has metric_messages_sent"
    ):
        make("Arrivals", queue=queue, scaling=Scaling(max_capacity=3, policies=POLICIES[1:]))
    with pytest.raises(ValueError, match=r"^Stack/Idle: with min_capacity=0 nothing would start a first task"):
        make("Idle", queue=queue, scaling=Scaling(min_capacity=0, max_capacity=3))


class Stream:
    """A queue of a user, who imports nothing of this library."""

    longest_processing_time = timedelta(seconds=30)

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        return {f"{prefix}_URL": "nats://stream"}

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        del prefix
        return {}

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        del prefix
        return {}

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        del grantee

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=["stream:Read"], resources=["arn:aws:stream:eu-west-1:111111111111:orders"])
        )

    def allow_from(self, peer: ec2.IConnectable) -> None:
        del peer

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        return cloudwatch.Metric(namespace="Streams", metric_name="Waiting", dimensions_map={"Stream": "orders"})

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        return cloudwatch.Metric(namespace="Streams", metric_name="InFlight")


def test_a_queue_from_outside_feeds_a_worker(stack: cdk.Stack, make: MakeWorker) -> None:
    backlog = BacklogPerTask(acceptable_latency=timedelta(minutes=1), processing_time=timedelta(seconds=1))
    make(queue=Stream(), scaling=Scaling(min_capacity=1, max_capacity=4, policies=(backlog,)))

    assert main_container(stack)["Environment"] == [{"Name": "QUEUE_URL", "Value": "nats://stream"}]
    assert any(statement["Action"] == "stream:Read" for statement in statements(stack))
    policy = str(properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy"))
    assert "'Namespace': 'Streams'" in policy
    assert "{'Name': 'Stream', 'Value': 'orders'}" in policy


def _worker_on_a_queue(there: cdk.Stack, here: cdk.Stack, container: Container, policy: ScalingPolicy) -> Worker:
    return Worker(
        here,
        "Worker",
        cluster=ContainerCluster(here, "Cluster", vpc=ec2.Vpc(here, "Vpc")).cluster,
        container=container,
        queue=SqsQueue(there, "Orders", longest_processing_time=timedelta(minutes=2)),
        scaling=Scaling(max_capacity=2, policies=(policy,)),
    )


@pytest.mark.parametrize("policy", POLICIES, ids=["backlog", "arrivals"])
@pytest.mark.parametrize(
    ("there", "place"),
    [
        ({"account": "111111111111", "region": "us-east-1"}, "us-east-1 of account 111111111111"),
        ({"account": "222222222222", "region": "eu-west-1"}, "eu-west-1 of account 222222222222"),
        ({"region": "us-east-1"}, "us-east-1"),
        ({"account": "222222222222"}, "account 222222222222"),
    ],
)
def test_no_policy_looks_at_a_queue_where_it_is_not(
    container: Container, policy: ScalingPolicy, there: dict[str, str], place: str
) -> None:
    app = cdk.App()
    here = cdk.Stack(app, "Here", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    makes_the_queue = cdk.Stack(app, "There", env=cdk.Environment(**there))
    refusal = f"Here/Worker: {type(policy).__name__} does not see the metrics of a queue in {place}: scale on TargetCpu"

    with pytest.raises(ValueError, match=refusal):
        _worker_on_a_queue(makes_the_queue, here, container, policy)


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ({"account": "111111111111", "region": "eu-west-1"}, {"account": "111111111111", "region": "eu-west-1"}),
        ({"region": "eu-west-1"}, {"account": "111111111111", "region": "eu-west-1"}),
        ({}, {"account": "111111111111", "region": "eu-west-1"}),
        ({"account": "111111111111", "region": "eu-west-1"}, {}),
    ],
)
def test_a_policy_looks_at_a_queue_that_may_be_where_it_is(
    container: Container, there: dict[str, str], here: dict[str, str]
) -> None:
    app = cdk.App()
    makes_the_queue = cdk.Stack(app, "There", env=cdk.Environment(**there))
    works = cdk.Stack(app, "Here", env=cdk.Environment(**here))

    assert _worker_on_a_queue(makes_the_queue, works, container, POLICIES[0]).metrics.queue is not None

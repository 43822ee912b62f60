"""Each pair of constructs works with its halves in two stacks, and the made one never depends on the using one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from ecs_workloads import (
    Alarms,
    AmazonMqBroker,
    AppServer,
    BacklogPerTask,
    Container,
    ContainerCluster,
    Dashboard,
    ImageRepository,
    ListenerRule,
    RabbitMqBroker,
    Scaling,
    SqsQueue,
    WebServer,
    Worker,
)
from tests.templates import HEALTHY

IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
MINUTE = timedelta(minutes=1)


class Stacks(NamedTuple):
    """A stack with a cluster, one that makes something, and one that uses it."""

    cluster: ecs.ICluster
    maker: cdk.Stack
    user: cdk.Stack


def key_of(stack: cdk.Stack) -> kms.IKey:
    return kms.Key(stack, "Key")  # pyright: ignore[reportReturnType]  # jsii#4541


def app_server(stack: cdk.Stack, cluster: ecs.ICluster, name: str = "App") -> AppServer:
    container = Container(image=IMAGE, port=8000, health_check=HEALTHY)
    return AppServer(stack, name, cluster=cluster, container=container, dns_name=name.lower())


def web_server(stack: cdk.Stack, cluster: ecs.ICluster) -> WebServer:
    container = Container(image=IMAGE, port=8080)
    return WebServer(stack, "Web", cluster=cluster, container=container, protocol=elbv2.ApplicationProtocol.HTTP)


def cluster_and_tiers(stacks: Stacks) -> None:
    cluster = ContainerCluster(stacks.maker, "Cluster", vpc=stacks.cluster.vpc).cluster
    app_server(stacks.user, cluster)
    web_server(stacks.user, cluster)


def cluster_with_key_and_shell(stacks: Stacks) -> None:
    key = key_of(stacks.maker)
    cluster = ContainerCluster(stacks.maker, "Cluster", vpc=stacks.cluster.vpc, encryption_key=key).cluster
    AppServer(
        stacks.user,
        "App",
        cluster=cluster,
        container=Container(image=IMAGE, port=8000, health_check=HEALTHY),
        dns_name="app",
        enable_execute_command=True,
    )


def cluster_and_broker(stacks: Stacks) -> None:
    cluster = ContainerCluster(stacks.maker, "Cluster", vpc=stacks.cluster.vpc).cluster
    RabbitMqBroker(stacks.user, "Broker", cluster=cluster, version="4.2.1")


def queue_and_sender(stacks: Stacks) -> None:
    queue = SqsQueue(stacks.maker, "Orders", longest_processing_time=MINUTE)
    app_server(stacks.user, stacks.cluster).send_to(queue, prefix="ORDERS")


def queue_with_key_and_sender(stacks: Stacks) -> None:
    key = key_of(stacks.maker)
    queue = SqsQueue(stacks.maker, "Orders", longest_processing_time=MINUTE, encryption_key=key)
    web_server(stacks.user, stacks.cluster).send_to(queue, prefix="ORDERS")


def queue_and_worker(stacks: Stacks) -> None:
    queue = SqsQueue(stacks.maker, "Orders", longest_processing_time=MINUTE)
    backlog = BacklogPerTask(acceptable_latency=MINUTE, processing_time=timedelta(seconds=1))
    Worker(
        stacks.user,
        "Worker",
        cluster=stacks.cluster,
        container=Container(image=IMAGE),
        queue=queue,
        scaling=Scaling(min_capacity=0, max_capacity=2, policies=(backlog,)),
    )


def queue_with_key_and_worker(stacks: Stacks) -> None:
    key = key_of(stacks.maker)
    queue = SqsQueue(stacks.maker, "Orders", longest_processing_time=MINUTE, encryption_key=key)
    Worker(
        stacks.user,
        "Worker",
        cluster=stacks.cluster,
        container=Container(image=IMAGE),
        queue=queue,
        scaling=Scaling(),
    )


def broker_and_worker(stacks: Stacks) -> None:
    broker = RabbitMqBroker(stacks.maker, "Broker", cluster=stacks.cluster, version="4.2.1")
    Worker(
        stacks.user,
        "Worker",
        cluster=stacks.cluster,
        container=Container(image=IMAGE),
        queue=broker.queue("orders", longest_processing_time=MINUTE),
        scaling=Scaling(
            max_capacity=2, policies=(BacklogPerTask(acceptable_latency=MINUTE, processing_time=timedelta(seconds=2)),)
        ),
    )


def broker_and_sender(stacks: Stacks) -> None:
    broker = RabbitMqBroker(stacks.maker, "Broker", cluster=stacks.cluster, version="4.2.1")
    app_server(stacks.user, stacks.cluster).send_to(broker.queue("orders", longest_processing_time=MINUTE), prefix="A")


def managed_broker_and_worker(stacks: Stacks) -> None:
    broker = AmazonMqBroker(stacks.maker, "Broker", vpc=stacks.cluster.vpc, encryption_key=key_of(stacks.maker))
    Worker(
        stacks.user,
        "Worker",
        cluster=stacks.cluster,
        container=Container(image=IMAGE),
        queue=broker.queue("orders", longest_processing_time=MINUTE),
        scaling=Scaling(min_capacity=1, max_capacity=1),
    )


def topic_and_queue(stacks: Stacks) -> None:
    topic = sns.Topic(stacks.maker, "Sales", master_key=key_of(stacks.maker))
    queue = SqsQueue(stacks.user, "Orders", longest_processing_time=MINUTE, encryption_key=topic.master_key)
    queue.subscribe_to("Sales", topic=topic)


def app_server_and_web_server(stacks: Stacks) -> None:
    app_server(stacks.maker, stacks.cluster).allow_from(web_server(stacks.user, stacks.cluster))


def app_server_and_app_server(stacks: Stacks) -> None:
    called = app_server(stacks.maker, stacks.cluster, "Called")
    called.allow_from(app_server(stacks.user, stacks.cluster, "Caller"))


def repository_and_tier(stacks: Stacks) -> None:
    image = ImageRepository(stacks.maker, "Repository").image("1.0.0")
    container = Container(image=image, port=8000, health_check=HEALTHY)
    AppServer(stacks.user, "App", cluster=stacks.cluster, container=container, dns_name="app")


def repository_with_key_and_tier(stacks: Stacks) -> None:
    image = ImageRepository(stacks.maker, "Repository", encryption_key=key_of(stacks.maker)).image("1.0.0")
    container = Container(image=image, port=8000, health_check=HEALTHY)
    AppServer(stacks.user, "App", cluster=stacks.cluster, container=container, dns_name="app")


def listener_and_guest(stacks: Stacks) -> None:
    load_balancer = elbv2.ApplicationLoadBalancer(stacks.maker, "Shared", vpc=stacks.cluster.vpc)
    listener = load_balancer.add_listener(
        "Http", port=80, open=False, default_action=elbv2.ListenerAction.fixed_response(404)
    )
    WebServer(
        stacks.user,
        "Web",
        cluster=stacks.cluster,
        container=Container(image=IMAGE, port=8080),
        listener_rule=ListenerRule(listener=listener, priority=1, host_headers=["shop.example.com"]),
    )


def key_and_tiers(stacks: Stacks) -> None:
    key = key_of(stacks.maker)
    AppServer(
        stacks.user,
        "App",
        cluster=stacks.cluster,
        container=Container(image=IMAGE, port=8000, health_check=HEALTHY),
        dns_name="app",
        encryption_key=key,
    )
    RabbitMqBroker(stacks.user, "Broker", cluster=stacks.cluster, version="4.2.1", encryption_key=key)


def tiers_and_their_alarms(stacks: Stacks) -> None:
    web = web_server(stacks.maker, stacks.cluster)
    worker = Worker(
        stacks.maker,
        "Worker",
        cluster=stacks.cluster,
        container=Container(image=IMAGE),
        queue=SqsQueue(stacks.maker, "Orders", longest_processing_time=MINUTE),
        scaling=Scaling(),
    )
    tiers = {"Web": web.metrics, "Worker": worker.metrics}
    alarms = Alarms(stacks.user, "Alarms", tiers=tiers, topics={"critical": [], "warning": []})
    Dashboard(stacks.user, "Dashboard", tiers=tiers, alarms=alarms.alarms)


@pytest.mark.parametrize(
    "pair",
    [
        cluster_and_tiers,
        cluster_with_key_and_shell,
        cluster_and_broker,
        queue_and_sender,
        queue_with_key_and_sender,
        queue_and_worker,
        queue_with_key_and_worker,
        broker_and_worker,
        broker_and_sender,
        managed_broker_and_worker,
        topic_and_queue,
        app_server_and_web_server,
        app_server_and_app_server,
        repository_and_tier,
        repository_with_key_and_tier,
        listener_and_guest,
        key_and_tiers,
        tiers_and_their_alarms,
    ],
)
def test_synthesises_in_two_stacks(pair: Callable[[Stacks], None]) -> None:
    app = cdk.App()
    base, maker, user = (cdk.Stack(app, name) for name in ("Base", "Maker", "User"))
    cluster = ContainerCluster(base, "Cluster", vpc=ec2.Vpc(base, "Vpc")).cluster
    pair(Stacks(cluster, maker, user))

    stacks = {stack.stack_name: stack for stack in app.synth().stacks}

    assert "Maker" in {dependency.id for dependency in stacks["User"].dependencies}
    assert "User" not in {dependency.id for dependency in stacks["Maker"].dependencies}
    assert {dependency.id for dependency in stacks["Base"].dependencies} <= {"Base.assets"}

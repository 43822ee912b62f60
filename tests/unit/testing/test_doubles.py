"""The doubles fulfil the contracts that they stand for, to a type checker, at run time and in a template."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

import ecs_workloads
from ecs_workloads import (
    Alarms,
    AppServer,
    ArrivalRate,
    BacklogPerTask,
    Container,
    Domain,
    ForgetsMessages,
    ListenerAuthentication,
    MeasuresArrivals,
    MeasuresConsumers,
    MeasuresDeadLetters,
    MeasuresDelivery,
    MessageQueue,
    QueueMetrics,
    RabbitMqBroker,
    RoutesLogs,
    Scaling,
    ScalingPolicy,
    Sidecar,
    Volume,
    WebServer,
    Worker,
)
from ecs_workloads.testing import (
    BrokerDouble,
    ListenerAuthenticationDouble,
    LogRouterDouble,
    QueueDouble,
    ScalingPolicyDouble,
    SidecarDouble,
    VolumeDouble,
)
from ecs_workloads.testing._cluster import borrowed_cluster
from tests.templates import HEALTHY, main_container, resources

# A type checker holds these against the contracts.
QUEUES: list[type[MessageQueue]] = [BrokerDouble, QueueDouble]
ARRIVALS: type[MeasuresArrivals] = QueueDouble
DELIVERY: type[MeasuresDelivery] = QueueDouble
FORGETS: type[ForgetsMessages] = QueueDouble
CONSUMERS: list[type[MeasuresConsumers]] = [BrokerDouble, QueueDouble]
DEAD_LETTERS: list[type[MeasuresDeadLetters]] = [BrokerDouble, QueueDouble]
POLICY: type[ScalingPolicy] = ScalingPolicyDouble
SIDECARS: list[type[Sidecar]] = [SidecarDouble, LogRouterDouble]
ROUTER: type[RoutesLogs] = LogRouterDouble
VOLUME: type[Volume] = VolumeDouble
AUTHENTICATION: type[ListenerAuthentication] = ListenerAuthenticationDouble


@pytest.fixture
def cluster(stack: cdk.Stack) -> ecs.ICluster:
    return borrowed_cluster(stack)


@pytest.fixture
def served() -> Container:
    return Container(image=ecs.ContainerImage.from_registry("example.com/shop:1"), port=80, health_check=HEALTHY)


def app_server(stack: cdk.Stack, cluster: ecs.ICluster, served: Container) -> AppServer:
    return AppServer(stack, "App", cluster=cluster, container=served, dns_name="app")


def worker(stack: cdk.Stack, cluster: ecs.ICluster, container: Container, **arguments: Any) -> Worker:
    defaults: dict[str, Any] = {"queue": BrokerDouble(), "scaling": Scaling()}
    return Worker(stack, "Worker", cluster=cluster, container=container, **{**defaults, **arguments})


@pytest.mark.parametrize("kind", QUEUES)
def test_a_double_of_a_queue_has_all_that_the_contract_asks_for(kind: type[MessageQueue]) -> None:
    members = {name for name in vars(MessageQueue) if not name.startswith("_")}
    assert members
    assert members <= set(dir(kind))


def test_the_double_of_a_queue_measures_all_that_anybody_asks_for() -> None:
    queue = QueueDouble()
    assert isinstance(queue, MeasuresArrivals)
    assert isinstance(queue, MeasuresDelivery)
    assert isinstance(queue, ForgetsMessages)


def test_the_double_of_a_broker_measures_what_a_broker_does() -> None:
    queue = BrokerDouble()
    assert not isinstance(queue, MeasuresArrivals | MeasuresDelivery)
    measured = QueueMetrics.of_queue(queue)
    assert measured is not None
    for metric in (measured.messages_waiting, measured.messages_in_flight, measured.consumers, measured.dead_letters):
        assert isinstance(metric, cloudwatch.Metric)
        assert (metric.dimensions or {})["Cluster"] == "broker.test"


def test_the_double_of_a_queue_counts_consumers() -> None:
    measured = QueueMetrics.of_queue(QueueDouble())
    assert measured is not None
    assert isinstance(measured.consumers, cloudwatch.Metric)
    assert measured.consumers.metric_name == "Consumers"


@pytest.mark.parametrize("queue", [BrokerDouble(), QueueDouble()], ids=["broker", "queue"])
def test_a_double_keeps_who_consumes(
    queue: BrokerDouble | QueueDouble, stack: cdk.Stack, cluster: ecs.ICluster, container: Container, served: Container
) -> None:
    other = app_server(stack, cluster, served)
    policy = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
    tier = worker(stack, cluster, container, queue=queue, scaling=Scaling(max_capacity=2, policies=(policy,)))

    assert tier in queue.consumers
    assert tier in queue.peers
    assert tier not in queue.senders
    assert other not in queue.consumers
    assert other not in queue.peers
    assert (len(queue.consumers), len(queue.peers), len(queue.senders)) == (1, 1, 0)


@pytest.mark.parametrize("queue", [BrokerDouble(), QueueDouble()], ids=["broker", "queue"])
def test_a_double_keeps_who_sends(
    queue: BrokerDouble | QueueDouble, stack: cdk.Stack, cluster: ecs.ICluster, served: Container
) -> None:
    tier = app_server(stack, cluster, served)
    tier.send_to(queue, prefix="ORDERS")

    assert tier in queue.senders
    assert tier in queue.peers
    assert tier not in queue.consumers


def variables(stack: cdk.Stack) -> dict[str, set[str]]:
    container = main_container(stack)
    return {part: {one["Name"] for one in container[part]} for part in ("Environment", "Secrets")}


def test_a_program_finds_the_double_by_the_variables_of_a_real_broker(
    stack: cdk.Stack, cluster: ecs.ICluster, container: Container
) -> None:
    worker(stack, cluster, container)
    app = cdk.App()
    elsewhere, made = cdk.Stack(app, "Stack"), cdk.Stack(app, "Broker")
    platform = borrowed_cluster(elsewhere)
    broker = RabbitMqBroker(made, "Broker", cluster=borrowed_cluster(made), version="4.2.1")
    worker(elsewhere, platform, container, queue=broker.queue("orders", longest_processing_time=timedelta(minutes=1)))

    assert variables(stack) == variables(elsewhere)


def test_the_double_puts_nothing_into_the_stack(stack: cdk.Stack, cluster: ecs.ICluster, container: Container) -> None:
    worker(stack, cluster, container)
    for kind in ("AWS::SecretsManager::Secret", "AWS::EFS::FileSystem", "AWS::EC2::SecurityGroupIngress"):
        assert resources(stack, kind) == []
    assert len(resources(stack, "AWS::ECS::Service")) == 1


def test_the_double_refuses_what_a_broker_refuses() -> None:
    with pytest.raises(ValueError, match="longest_processing_time must be from 1 second to 30 minutes"):
        BrokerDouble(longest_processing_time=timedelta(hours=1))


def test_a_worker_scales_and_alarms_on_the_double_of_a_queue(
    stack: cdk.Stack, cluster: ecs.ICluster, container: Container
) -> None:
    policies = (
        BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2)),
        ArrivalRate(processing_time=timedelta(seconds=2)),
    )
    tier = worker(
        stack, cluster, container, queue=QueueDouble("orders"), scaling=Scaling(max_capacity=2, policies=policies)
    )
    Alarms(stack, "Alarms", tiers={"Worker": tier.metrics}, topics={"critical": [], "warning": []})

    assert len(resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")) == 2
    assert any("DeadLetters" in str(one) for one in resources(stack, "AWS::CloudWatch::Alarm"))


def test_a_program_finds_the_double_of_a_queue_by_its_name() -> None:
    assert QueueDouble("orders").connection_environment("ORDERS") == {
        "ORDERS_URL": "test://orders",
        "ORDERS_NAME": "orders",
    }
    assert QueueDouble().producer_secrets("ORDERS") == QueueDouble().consumer_secrets("ORDERS") == {}


def test_the_double_of_a_policy_keeps_the_service_that_it_was_given(
    stack: cdk.Stack, cluster: ecs.ICluster, container: Container
) -> None:
    policy, queue = ScalingPolicyDouble(), BrokerDouble()
    tier = worker(
        stack, cluster, container, queue=queue, scaling=Scaling(min_capacity=1, max_capacity=3, policies=(policy,))
    )
    [service] = policy.services
    assert (service.path, service.min_capacity, service.queue) == (tier.node.path, 1, queue)


def test_the_double_of_a_log_router_takes_the_output_of_the_program_alone(
    stack: cdk.Stack, cluster: ecs.ICluster, container: Container
) -> None:
    router = LogRouterDouble()
    tier = worker(stack, cluster, container, sidecars=[router])
    [task] = router.tasks
    [made] = resources(stack, "AWS::ECS::TaskDefinition")[0]["Properties"]["ContainerDefinitions"]
    assert task.path == tier.node.path
    assert made["LogConfiguration"]["LogDriver"] == "splunk"
    assert made["LogConfiguration"]["Options"]["splunk-url"] == "https://logs.test"


def test_the_double_of_a_volume_keeps_the_task_that_it_was_given_and_mounts_nothing(
    stack: cdk.Stack, cluster: ecs.ICluster, container: Container
) -> None:
    volume = VolumeDouble("files", container_path="/files")
    tier = worker(stack, cluster, replace(container, volumes=[volume]))
    [task] = volume.tasks
    [definition] = resources(stack, "AWS::ECS::TaskDefinition")
    assert task.path == tier.node.path
    assert "Volumes" not in definition["Properties"]
    assert "MountPoints" not in definition["Properties"]["ContainerDefinitions"][0]


def test_the_double_of_a_volume_refuses_what_a_volume_refuses() -> None:
    with pytest.raises(ValueError, match="container_path"):
        VolumeDouble(container_path="files")


def test_two_volumes_of_one_path_are_refused_of_doubles_too(container: Container) -> None:
    with pytest.raises(ValueError, match="/data"):
        replace(container, volumes=[VolumeDouble("one"), VolumeDouble("two")])


def test_the_double_of_an_authentication_keeps_what_it_guards_and_lets_it_pass(
    stack: cdk.Stack, cluster: ecs.ICluster, served: Container
) -> None:
    authentication = ListenerAuthenticationDouble()
    domain = Domain(domain_name="shop.example.com", hosted_zone_id="Z0123456789EXAMPLE00", zone_name="example.com")
    WebServer(stack, "Web", cluster=cluster, container=served, domain=domain, authentication=authentication)
    kinds = [
        action["Type"]
        for listener in resources(stack, "AWS::ElasticLoadBalancingV2::Listener")
        for action in listener["Properties"]["DefaultActions"]
    ]
    assert len(authentication.guarded) == 1
    assert sorted(kinds) == ["forward", "redirect"]


def test_every_seam_has_a_double() -> None:
    names = [name for name in ecs_workloads.__all__ if getattr(getattr(ecs_workloads, name), "_is_protocol", False)]
    held = " ".join(str(annotation) for annotation in __annotations__.values())
    assert len(names) > 5
    assert [name for name in names if re.search(rf"\b{name}\b", held) is None] == []


def test_the_double_of_a_sidecar_keeps_the_task_that_it_was_given(
    stack: cdk.Stack, cluster: ecs.ICluster, container: Container
) -> None:
    sidecar = SidecarDouble()
    tier = worker(stack, cluster, container, sidecars=[sidecar])
    [task] = sidecar.tasks
    assert task.path == tier.node.path
    assert len(resources(stack, "AWS::ECS::TaskDefinition")[0]["Properties"]["ContainerDefinitions"]) == 1

"""What a broker with as many queues as it takes makes stays below the limits of ECS and IAM."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template
from constructs import Construct

from ecs_workloads import ContainerCluster, NodeCluster, OpenTelemetryCollector, RabbitMqBroker, SingleNode

SECRETS = "arn:aws:secretsmanager:ap-southeast-2:111111111111:secret"
MINUTE = timedelta(minutes=1)
DEEP = ("MessagingPlatformOfTheOrderManagement", "BrokerOfOrdersAndInvoicesAndRefunds")
LONG, SHORT = "q{:0199}", "q{:08}"


def broker_at(path: tuple[str, ...], grade: NodeCluster | SingleNode, **arguments: Any) -> RabbitMqBroker:
    scope: Construct = cdk.Stack(cdk.App(), "Shop", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    vpc = ec2.Vpc(scope, "Vpc", availability_zones=["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    cluster = ContainerCluster(scope, "Cluster", vpc=vpc).cluster
    for name in path:
        scope = Construct(scope, name)
    return RabbitMqBroker(scope, "Broker", cluster=cluster, version="4.2.1", grade=grade, **arguments)


def fill(broker: RabbitMqBroker, name: str) -> int:
    """Declare queues until one is refused, and return how many there are."""
    for number in range(100):
        try:
            broker.queue(name.format(number), longest_processing_time=MINUTE)
        except ValueError as refusal:
            assert "a task definition may have 65536 bytes" in str(refusal)  # noqa: PT017 - it is looked for
            return number
    raise AssertionError("nothing was refused")


def deployed(value: object, resources: dict[str, Any]) -> object:
    """Return ``value`` as a deployment to Sydney would write it."""
    if isinstance(value, list):
        return [deployed(one, resources) for one in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, Any]", value)
    if "Fn::Join" in members:
        separator, parts = members["Fn::Join"]
        return str(separator).join(str(deployed(part, resources)) for part in parts)
    if "Ref" in members or "Fn::GetAtt" in members:
        name = members.get("Ref") or members["Fn::GetAtt"][0]
        return deployed_name(name, resources.get(name, {}).get("Type"))
    return {key: deployed(one, resources) for key, one in members.items()}


def deployed_name(logical_id: str, kind: str | None) -> str:
    names = {
        "AWS::SecretsManager::Secret": f"{SECRETS}:{{}}-AbCdEfGhIjKl-AbCdEf",
        "AWS::IAM::Role": "arn:aws:iam::111111111111:role/Shop-{}-AbCdEfGhIjKl",
        None: "ap-southeast-2",
    }
    return names.get(kind, "Shop-{}-AbCdEfGhIjKl").format(logical_id)


def sizes(broker: RabbitMqBroker, kind: str, part: Callable[[dict[str, Any]], Any]) -> list[int]:
    resources = Template.from_stack(cdk.Stack.of(broker)).to_json()["Resources"]
    found = [part(one["Properties"]) for one in resources.values() if one["Type"] == kind]
    return [len(json.dumps(deployed(one, resources), separators=(",", ":"))) for one in found]


@pytest.mark.parametrize(("name", "room"), [(SHORT, 30), (LONG, 10)], ids=["short", "long"])
@pytest.mark.parametrize("grade", [SingleNode(), NodeCluster()], ids=["one", "three"])
def test_a_broker_has_the_documented_room_and_its_task_definition_no_more_than_ecs_takes(
    grade: NodeCluster | SingleNode, name: str, room: int
) -> None:
    broker = broker_at((), grade)

    assert fill(broker, name) in (room, room + 1)
    # The room is not wasted either.
    largest = max(sizes(broker, "AWS::ECS::TaskDefinition", lambda one: {**one, "Tags": []}))
    assert 60_000 < largest <= 64 * 1024


@pytest.mark.parametrize(("path", "name"), [(DEEP, SHORT), (3 * DEEP, LONG)], ids=["short", "long"])
def test_what_a_broker_deep_in_its_stack_makes_is_not_above_the_limits_of_ecs_and_iam(
    path: tuple[str, ...], name: str
) -> None:
    broker = broker_at(path, NodeCluster())
    fill(broker, name)

    assert max(sizes(broker, "AWS::ECS::TaskDefinition", lambda one: one)) <= 64 * 1024
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert max(sizes(broker, "AWS::IAM::Policy", lambda one: one["PolicyDocument"])) <= 10_240
    assert max([0, *sizes(broker, "AWS::IAM::ManagedPolicy", lambda one: one["PolicyDocument"])]) <= 6_144


def test_sidecars_take_from_the_room() -> None:
    sidecar = OpenTelemetryCollector(
        image=ecs.ContainerImage.from_registry("example.com/otel:1.0.0"), config="x" * 20_000
    )

    assert fill(broker_at((), SingleNode(), sidecars=[sidecar]), SHORT) < 22

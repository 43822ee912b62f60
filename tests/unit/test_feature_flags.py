"""The tiers are as safe under no feature flag at all as under those of ``cdk.json``."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from ecs_workloads import (
    AppServer,
    Container,
    ContainerCluster,
    Domain,
    ImageRepository,
    RabbitMqBroker,
    Scaling,
    SqsQueue,
    WebServer,
    Worker,
)
from tests.stacks.assemblies import feature_flags
from tests.templates import HEALTHY

IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
SAME = (
    "AWS::ECS::Cluster",
    "AWS::ECS::TaskDefinition",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECR::Repository",
    "AWS::EFS::AccessPoint",
    "AWS::EFS::FileSystem",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
)


def everything(context: dict[str, Any]) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(context=context), "Stack")
    vpc = ec2.Vpc(stack, "Vpc", restrict_default_security_group=False)
    cluster = ContainerCluster(stack, "Cluster", vpc=vpc).cluster
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    broker = RabbitMqBroker(stack, "Broker", cluster=cluster, version="4.2.1")
    app = AppServer(
        stack, "App", cluster=cluster, container=Container(image=IMAGE, port=8000, health_check=HEALTHY), dns_name="app"
    )
    web = WebServer(
        stack,
        "Web",
        cluster=cluster,
        container=Container(image=IMAGE, port=8080),
        domain=Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com"),
        enable_execute_command=True,
    )
    app.allow_from(web)
    app.send_to(orders, prefix="ORDERS")
    Worker(stack, "Worker", cluster=cluster, container=Container(image=IMAGE), queue=orders, scaling=Scaling())
    web.send_to(broker.queue("orders", longest_processing_time=timedelta(minutes=1)), prefix="BROKER")
    ImageRepository(stack, "Repository")
    return dict(Template.from_stack(stack).to_json())


@pytest.fixture(scope="module")
def pair() -> tuple[dict[str, Any], dict[str, Any]]:
    return everything(feature_flags()), everything({})


def of_type(template: dict[str, Any], resource_type: str) -> list[str]:
    found = [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == resource_type]
    return sorted(_sorted(json.dumps(one, sort_keys=True)) for one in found)


def _sorted(text: str) -> str:
    """Return a template's text with the actions of each statement in one order: a flag sorts them."""
    return re.sub(r'"Action": \[[^]]*\]', lambda match: json.dumps(sorted(json.loads(match[0][10:]))), text)


@pytest.mark.parametrize("resource_type", SAME)
def test_flags_change_nothing_about(resource_type: str, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    with_flags, without = pair
    assert of_type(with_flags, resource_type)
    assert of_type(with_flags, resource_type) == of_type(without, resource_type)


def test_flags_change_of_a_service_only_what_says_the_same_in_other_words(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    def services(template: dict[str, Any]) -> list[dict[str, Any]]:
        found = [
            dict(resource["Properties"])
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::ECS::Service"
        ]
        for service in found:
            assert service.pop("DeploymentController", {"Type": "ECS"}) == {"Type": "ECS"}
            if service.get("LoadBalancers") == []:
                del service["LoadBalancers"]
            if service["DeploymentConfiguration"].get("Alarms", {}).get("AlarmNames") == []:
                assert service["DeploymentConfiguration"].pop("Alarms")["Enable"] is False
        return found

    assert services(pair[0]) == services(pair[1])

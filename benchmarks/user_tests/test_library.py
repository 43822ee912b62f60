"""Ten tests as a user of this library writes them: the template is synthesised once."""

from datetime import timedelta

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Match, Template

from ecs_workloads import BacklogPerTask, Container, ContainerCluster, Scaling, SqsQueue, Worker
from ecs_workloads.testing import Templates

BACKLOG = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
IMAGE = ecs.ContainerImage.from_registry("example.com/worker:1.0.0")


def shop(app: App) -> Stack:
    stack = Stack(app, "Stack")
    cluster = ContainerCluster(stack, "Cluster", vpc=ec2.Vpc(stack, "Vpc", max_azs=2)).cluster
    queue = SqsQueue(stack, "Queue", longest_processing_time=timedelta(minutes=2))
    Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=Container(image=IMAGE),
        queue=queue,
        scaling=Scaling(max_capacity=2, policies=(BACKLOG,)),
    )
    return stack


@pytest.fixture
def template(cdk_templates: Templates) -> Template:
    return cdk_templates.of(shop)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("AWS::ECS::Service", 1),
        ("AWS::ECS::TaskDefinition", 1),
        ("AWS::ECS::Cluster", 1),
        ("AWS::SQS::Queue", 2),
        ("AWS::Logs::LogGroup", 2),
        ("AWS::ApplicationAutoScaling::ScalableTarget", 1),
        ("AWS::EC2::VPC", 1),
        ("AWS::EC2::Subnet", 4),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", 0),
    ],
)
def test_there_are_as_many_as_there_should_be(template: Template, kind: str, count: int) -> None:
    template.resource_count_is(kind, count)


def test_failed_messages_end_in_the_dead_letter_queue(template: Template) -> None:
    template.has_resource_properties("AWS::SQS::Queue", {"RedrivePolicy": Match.any_value()})

"""Ten tests as a user of ``aws_ecs_patterns`` writes them: a stack of its own in each."""

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns
from aws_cdk.assertions import Match, Template

IMAGE = ecs.ContainerImage.from_registry("example.com/worker:1.0.0")


@pytest.fixture
def template() -> Template:
    stack = Stack(App(analytics_reporting=False), "Stack")
    cluster = ecs.Cluster(stack, "Cluster", vpc=ec2.Vpc(stack, "Vpc", max_azs=2))
    patterns.QueueProcessingFargateService(stack, "Worker", cluster=cluster, image=IMAGE)
    return Template.from_stack(stack)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("AWS::ECS::Service", 1),
        ("AWS::ECS::TaskDefinition", 1),
        ("AWS::ECS::Cluster", 1),
        ("AWS::SQS::Queue", 2),
        ("AWS::Logs::LogGroup", 1),
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

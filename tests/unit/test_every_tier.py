"""What holds for every construct: boundaries, tags, partitions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from constructs import Construct

from ecs_workloads import (
    Alarms,
    AmazonMqBroker,
    AppServer,
    BacklogPerTask,
    CapacityShare,
    Container,
    ContainerCluster,
    Dashboard,
    Domain,
    EbsVolume,
    EfsVolume,
    FluentBit,
    ImageRepository,
    InternalLoadBalancer,
    OpenTelemetryCollector,
    PullThroughCache,
    RabbitMqBroker,
    Scaling,
    SharedFileSystem,
    SqsQueue,
    WebServer,
    Worker,
)
from tests.templates import HEALTHY, ingress, properties, resources

IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
AUTHORITY = "12345678-1234-1234-1234-123456789012"
# Resources to which CloudFormation attaches no tags, or none of the stack's.
UNTAGGED = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ECR::PullThroughCacheRule",
    "AWS::ECR::RepositoryCreationTemplate",
    "AWS::EFS::MountTarget",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::IAM::Policy",
    "AWS::Route53::RecordSet",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
}


def shop(region: str | None = None) -> cdk.Stack:
    """Return a stack with every construct of the library."""
    stack = cdk.Stack(
        cdk.App(context={"@aws-cdk/core:enablePartitionLiterals": True}), "Shop", env=cdk.Environment(region=region)
    )
    cluster = ContainerCluster(stack, "Cluster", vpc=ec2.Vpc(stack, "Vpc")).cluster
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    files = SharedFileSystem(stack, "Files", vpc=cluster.vpc)
    volume = EfsVolume(
        name="uploads",
        container_path="/uploads",
        access_point=files.folder("Uploads", path="/uploads"),  # pyright: ignore[reportArgumentType]  # jsii#4541
    )
    container = Container(image=IMAGE, port=8080, health_check=HEALTHY, volumes=[volume])
    ImageRepository(stack, "Images")
    images = PullThroughCache(stack, "Cache", upstream="quay")
    server = WebServer(
        stack,
        "Web",
        cluster=cluster,
        container=container,
        domain=Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com"),
        enable_execute_command=True,
    )
    server.send_to(orders, prefix="ORDERS")
    prices = AppServer(
        stack,
        "App",
        cluster=cluster,
        container=container,
        dns_name="app",
        certificate_authority_arn=f"arn:{stack.partition}:acm-pca:{stack.region}:111111111111:certificate-authority/{AUTHORITY}",
        sidecars=[OpenTelemetryCollector(image=IMAGE)],
    )
    inside = AppServer(
        stack,
        "Inside",
        cluster=cluster,
        container=replace(container, image=images.image("shop/inside", "1.0.0")),
        internal_load_balancer=InternalLoadBalancer(),
        sidecars=[FluentBit(image=IMAGE, options={"Name": "stdout"})],
    )
    disk = EbsVolume(
        name="disk",
        container_path="/disk",
        size_gib=100,
        encryption_key=kms.Key(stack, "Key"),  # pyright: ignore[reportArgumentType]  # jsii#4541
    )
    jobs = Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=replace(container, port=None, volumes=[disk]),
        queue=orders,
        scaling=Scaling(
            min_capacity=0,
            max_capacity=4,
            policies=(BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2)),),
        ),
    )
    RabbitMqBroker(stack, "Broker", cluster=cluster, version="4.2.1")
    managed = AmazonMqBroker(stack, "Managed", vpc=cluster.vpc)
    server.send_to(managed.queue("orders", longest_processing_time=timedelta(minutes=1)), prefix="INVOICES")
    tiers = {"Web": server.metrics, "App": prices.metrics, "Inside": inside.metrics, "Worker": jobs.metrics}
    Alarms(stack, "Alarms", tiers=tiers, topics={"critical": [sns.Topic(stack, "Topic")], "warning": []})
    Dashboard(stack, "Dashboard", tiers=tiers)
    return stack


def web(stack: cdk.Stack, cluster: ecs.Cluster, **arguments: Any) -> None:
    domain = Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com")
    WebServer(stack, "Tier", cluster=cluster, container=Container(image=IMAGE, port=80), domain=domain, **arguments)


def app(stack: cdk.Stack, cluster: ecs.Cluster, **arguments: Any) -> None:
    container = Container(image=IMAGE, port=80, health_check=HEALTHY)
    AppServer(stack, "Tier", cluster=cluster, container=container, dns_name="app", **arguments)


def worker(stack: cdk.Stack, cluster: ecs.Cluster, **arguments: Any) -> None:
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    container, scaling = Container(image=IMAGE), Scaling(min_capacity=1, max_capacity=1)
    Worker(stack, "Tier", cluster=cluster, container=container, queue=orders, scaling=scaling, **arguments)


def broker(stack: cdk.Stack, cluster: ecs.Cluster, **arguments: Any) -> None:
    RabbitMqBroker(stack, "Tier", cluster=cluster, version="4.2.1", **arguments)


MakeTier = Callable[..., None]
TIERS = [web, app, worker, broker]


@pytest.mark.parametrize("make", TIERS)
def test_a_cluster_without_its_vpc_is_refused(stack: cdk.Stack, make: MakeTier) -> None:
    theirs: Any = ecs.Cluster.from_cluster_arn(stack, "Theirs", "arn:aws:ecs:eu-west-1:111111111111:cluster/theirs")

    with pytest.raises(ValueError, match=r"^Stack/Theirs: tiers .* ecs.Cluster.from_cluster_attributes\("):
        make(stack, theirs)


@pytest.mark.parametrize("make", TIERS)
def test_subnets_that_the_vpc_has_not_are_refused(stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier) -> None:
    with pytest.raises(
        ValueError, match="^Stack/Tier: vpc_subnets must be subnets of the VPC: there are no subnet gro"
    ):
        make(stack, cluster, vpc_subnets=ec2.SubnetSelection(subnet_group_name="Nope"))


def template(stack: cdk.Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())


def test_a_permissions_boundary_reaches_every_role() -> None:
    stack = shop()
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary"))

    roles = [one for one in template(stack)["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    assert len(roles) >= 8
    assert all("PermissionsBoundary" in role["Properties"] for role in roles)


def test_tags_reach_everything_and_every_task() -> None:
    stack = shop()
    cdk.Tags.of(stack).add("team", "shop")

    resources = template(stack)["Resources"].values()
    without = {
        one["Type"]
        for one in resources
        if "'shop'" not in str(one["Properties"]) or "'team'" not in str(one["Properties"])
    }
    services = [one["Properties"] for one in resources if one["Type"] == "AWS::ECS::Service"]
    assert without <= UNTAGGED
    assert {service["PropagateTags"] for service in services} == {"SERVICE"}
    assert {service["EnableECSManagedTags"] for service in services} == {True}


def test_ids_may_be_of_any_letters_and_paths_of_any_length() -> None:
    stack = cdk.Stack(cdk.App(), "Shop")
    vpc = ec2.Vpc(stack, "Vpc")
    cluster = ContainerCluster(stack, "Cluster", vpc=vpc).cluster
    scope = Construct(stack, f"{'x' * 260} & Büro")
    served = Container(image=IMAGE, port=80)
    WebServer(scope, "Web", cluster=cluster, container=served, protocol=elbv2.ApplicationProtocol.HTTP)
    inside = AppServer(
        stack, "Läden & Büro", cluster=cluster, container=served, internal_load_balancer=InternalLoadBalancer()
    )
    inside.allow_from(ec2.Connections(security_groups=[ec2.SecurityGroup(stack, "Caller", vpc=vpc)]))
    SharedFileSystem(scope, "Files", vpc=vpc)
    AmazonMqBroker(scope, "Broker", vpc=vpc)

    groups = [one["Properties"] for one in resources(stack, "AWS::EC2::SecurityGroup")]
    told = {group["GroupDescription"] for group in groups}
    rules = {rule["Description"] for rule in ingress(stack)}
    assert "Load balancer of Shop/L_den & B_ro" in told
    assert "HTTP to L_den _ B_ro" in rules
    assert [text for text in told | rules if re.fullmatch(r"[A-Za-z0-9 ._:/()&-]{1,255}", text) is None] == []
    assert [group.split()[0] for group in sorted(told) if "xxx" in group] == ["Broker", "File", "Load", "Tasks"]


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_no_partition_is_assumed(region: str, partition: str) -> None:
    text = str(template(shop(region)))

    assert "arn:aws:" not in text
    assert f"arn:{partition}:" in text


def test_without_a_region_the_partition_is_left_to_the_deployment() -> None:
    assert "arn:aws:" not in str(template(shop()))


@pytest.mark.parametrize("make", TIERS)
def test_what_a_tier_wrote_outlives_it(stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier) -> None:
    make(stack, cluster)

    assert {one["DeletionPolicy"] for one in resources(stack, "AWS::Logs::LogGroup")} == {"RetainExceptOnCreate"}


@pytest.mark.parametrize("make", TIERS)
def test_no_tier_lets_a_shell_in_unless_told(stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier) -> None:
    make(stack, cluster)

    assert properties(stack, "AWS::ECS::Service")["EnableExecuteCommand"] is False


@pytest.mark.parametrize("make", TIERS)
def test_every_tier_lets_a_shell_in_where_told(stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier) -> None:
    make(stack, cluster, enable_execute_command=True)

    assert properties(stack, "AWS::ECS::Service")["EnableExecuteCommand"] is True


@pytest.mark.parametrize("make", [web, app, worker])
def test_a_sidecar_runs_beside_any_program(stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier) -> None:
    make(stack, cluster, sidecars=[OpenTelemetryCollector(image=IMAGE)])

    assert len(properties(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]) == 2


@pytest.mark.parametrize("make", TIERS)
def test_every_tier_runs_in_the_subnets_that_it_is_given(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier
) -> None:
    subnet = cluster.vpc.private_subnets[1]
    make(stack, cluster, vpc_subnets=ec2.SubnetSelection(subnets=[subnet]))

    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["Subnets"] == [stack.resolve(subnet.subnet_id)]


@pytest.mark.parametrize("make", TIERS)
def test_every_tier_takes_the_security_groups_that_it_is_given(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier
) -> None:
    make(stack, cluster, security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")])

    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["SecurityGroups"] == ["sg-1"]


@pytest.mark.parametrize("make", TIERS)
def test_every_tier_runs_on_the_capacity_that_it_is_given(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier
) -> None:
    make(stack, cluster, capacity=[CapacityShare(capacity_provider="Fleet", interruptible=False)])

    service = properties(stack, "AWS::ECS::Service")
    assert [one["CapacityProvider"] for one in service["CapacityProviderStrategy"]] == ["Fleet"]


@pytest.mark.parametrize("make", TIERS)
def test_what_a_tier_writes_takes_its_key_and_may_leave_with_it(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeTier
) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    make(stack, cluster, encryption_key=key, removal_policy=cdk.RemovalPolicy.DESTROY)

    log_groups = resources(stack, "AWS::Logs::LogGroup")
    assert {one["Properties"].get("KmsKeyId") for one in log_groups} == {key.key_arn}
    assert {one["DeletionPolicy"] for one in log_groups} == {"Delete"}

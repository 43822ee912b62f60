"""An app of somebody else that uses every construct of the library, and has a cluster of its own."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from ecs_workloads import (
    AppServer,
    Container,
    ContainerCluster,
    NodeCluster,
    RabbitMqBroker,
    Scaling,
    SqsQueue,
    Worker,
)
from tests.templates import HEALTHY
from tests.unit.test_every_tier import IMAGE, shop

CONTAINER = Container(image=IMAGE, port=8080, health_check=HEALTHY, environment={"MODE": "shop"})


def foreign_app(region: str | None = None) -> cdk.App:
    """Return the app: the stack of all constructs, and tiers in another stack than their clusters, with ECS Exec."""
    stack = shop(region)
    app = stack.node.root
    assert isinstance(app, cdk.App)
    tiers = cdk.Stack(app, "Tiers", env=cdk.Environment(region=region))
    vpc = ec2.Vpc(stack, "OtherVpc", availability_zones=[f"{region or 'eu-west-1'}{zone}" for zone in "abc"])
    cluster = ContainerCluster(stack, "OtherCluster", vpc=vpc).cluster
    AppServer(tiers, "App", cluster=cluster, container=CONTAINER, dns_name="app", enable_execute_command=True)
    RabbitMqBroker(stack, "Nodes", cluster=cluster, version="4.2.1", grade=NodeCluster(), enable_execute_command=True)
    for name, scope in (("Beside", stack), ("Apart", tiers)):
        orders = SqsQueue(scope, f"{name}Orders", longest_processing_time=timedelta(minutes=1))
        own = _own_cluster(stack, f"{name}Cluster", vpc)
        Worker(
            scope,
            name,
            cluster=own,
            container=CONTAINER,
            queue=orders,
            scaling=Scaling(),
            enable_execute_command=True,
        )
    return app


def _own_cluster(stack: cdk.Stack, construct_id: str, vpc: ec2.IVpc) -> ecs.Cluster:
    """Return a cluster of aws_cdk that writes the sessions of ECS Exec to a log group and to a bucket."""
    return ecs.Cluster(
        stack,
        construct_id,
        vpc=vpc,
        container_insights_v2=ecs.ContainerInsights.ENHANCED,
        execute_command_configuration=ecs.ExecuteCommandConfiguration(
            kms_key=kms.Key(stack, f"{construct_id}Key", enable_key_rotation=True),  # pyright: ignore[reportArgumentType]  # jsii#4541
            logging=ecs.ExecuteCommandLogging.OVERRIDE,
            log_configuration=ecs.ExecuteCommandLogConfiguration(
                cloud_watch_log_group=logs.LogGroup(stack, f"{construct_id}Logs"),  # pyright: ignore[reportArgumentType]  # jsii#4541
                s3_bucket=s3.Bucket(stack, f"{construct_id}Bucket"),  # pyright: ignore[reportArgumentType]  # jsii#4541
                s3_encryption_enabled=True,
                s3_key_prefix="shells",
            ),
        ),
    )

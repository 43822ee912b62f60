"""A cluster that a test borrows."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

_ARN = "arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ns-test"


def borrowed_cluster(scope: Construct) -> ecs.ICluster:
    """Return a cluster that another stack made: tiers can be put on it, and it adds nothing to a template."""
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "BorrowedVpc",
        vpc_id="vpc-test",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        public_subnet_ids=["subnet-public-a", "subnet-public-b"],
        private_subnet_ids=["subnet-private-a", "subnet-private-b"],
    )
    namespace = servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
        scope, "BorrowedNamespace", namespace_arn=_ARN, namespace_id="ns-test", namespace_name="internal"
    )
    return ecs.Cluster.from_cluster_attributes(
        scope, "BorrowedCluster", cluster_name="test", vpc=vpc, default_cloud_map_namespace=namespace
    )

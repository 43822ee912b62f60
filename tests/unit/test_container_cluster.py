"""Tests of `ContainerCluster`."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from ecs_workloads import Capacity, ContainerCluster
from tests.templates import properties, resources


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc")


def test_container_insights_are_enhanced(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ContainerCluster(stack, "Cluster", vpc=vpc)

    settings = properties(stack, "AWS::ECS::Cluster")["ClusterSettings"]
    assert settings == [{"Name": "containerInsights", "Value": "enhanced"}]


def test_both_kinds_of_fargate_are_there(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    cluster = ContainerCluster(stack, "Cluster", vpc=vpc)

    assert properties(stack, "AWS::ECS::Cluster")["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert cluster.capacity == (Capacity.fargate(), Capacity.fargate_spot())
    assert resources(stack, "AWS::ECS::ClusterCapacityProviderAssociations") == []


def test_only_the_capacity_that_is_named_is_there(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ContainerCluster(stack, "Cluster", vpc=vpc, capacity=[Capacity.fargate()])

    assert properties(stack, "AWS::ECS::Cluster")["CapacityProviders"] == ["FARGATE"]


def test_tiers_find_each_other_in_a_private_namespace(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ContainerCluster(stack, "Cluster", vpc=vpc, namespace_name="dev.shop.internal")

    assert properties(stack, "AWS::ServiceDiscovery::PrivateDnsNamespace")["Name"] == "dev.shop.internal"


def test_shells_are_logged_for_a_year(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ContainerCluster(stack, "Cluster", vpc=vpc)

    configuration = properties(stack, "AWS::ECS::Cluster")["Configuration"]["ExecuteCommandConfiguration"]
    [log_group] = resources(stack, "AWS::Logs::LogGroup")
    assert configuration["Logging"] == "OVERRIDE"
    assert "CloudWatchLogGroupName" in configuration["LogConfiguration"]
    assert log_group["Properties"]["RetentionInDays"] == 365
    assert log_group["DeletionPolicy"] == "RetainExceptOnCreate"


def test_a_key_encrypts_shells_and_their_log(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    ContainerCluster(stack, "Cluster", vpc=vpc, encryption_key=key)

    configuration = properties(stack, "AWS::ECS::Cluster")["Configuration"]["ExecuteCommandConfiguration"]
    assert configuration["KmsKeyId"] == key.key_arn
    assert configuration["LogConfiguration"]["CloudWatchEncryptionEnabled"] is True
    assert properties(stack, "AWS::Logs::LogGroup")["KmsKeyId"] == key.key_arn

"""A selection of subnets means the same to every tier and broker."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from ecs_workloads._chosen_subnets import chosen_subnets


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    """Two zones with three groups each: two of public subnets, one of private ones."""
    groups = [
        ec2.SubnetConfiguration(name=name, subnet_type=kind, cidr_mask=24)
        for name, kind in (
            ("Front", ec2.SubnetType.PUBLIC),
            ("Edge", ec2.SubnetType.PUBLIC),
            ("Inside", ec2.SubnetType.PRIVATE_WITH_EGRESS),
        )
    ]
    return ec2.Vpc(stack, "Vpc", availability_zones=["a", "b"], subnet_configuration=groups)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ({}, ["InsideSubnet1", "InsideSubnet2"]),
        ({"availability_zones": ["b"]}, ["InsideSubnet2"]),
        ({"subnet_group_name": "Edge"}, ["EdgeSubnet1", "EdgeSubnet2"]),
        (
            {"subnet_type": ec2.SubnetType.PUBLIC},
            ["EdgeSubnet1", "EdgeSubnet2", "FrontSubnet1", "FrontSubnet2"],
        ),
        ({"subnet_filters": [ec2.SubnetFilter.availability_zones(["a"])]}, ["InsideSubnet1"]),
    ],
    ids=["none", "zone", "group", "type", "filter"],
)
def test_each_field_counts(vpc: ec2.Vpc, selection: dict[str, Any], names: list[str]) -> None:
    found = chosen_subnets(vpc, ec2.SubnetSelection(**selection))
    assert sorted(subnet.node.id for subnet in found.subnets) == names


def test_one_in_each_zone_is_no_more(vpc: ec2.Vpc) -> None:
    found = chosen_subnets(vpc, ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC, one_per_az=True))
    assert [subnet.availability_zone for subnet in found.subnets] == ["a", "b"]


def test_subnets_are_taken_as_they_are(vpc: ec2.Vpc) -> None:
    found = chosen_subnets(vpc, ec2.SubnetSelection(subnets=[vpc.public_subnets[0]]))
    assert [subnet.node.id for subnet in found.subnets] == [vpc.public_subnets[0].node.id]

"""A selection of subnets means the same to every tier and broker."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from ecs_workloads import SharedFileSystem
from ecs_workloads._checks import in_our_words
from ecs_workloads._chosen_subnets import check_selection, chosen_subnets


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


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"subnet_group_name": "Nope"}, "there are no subnet groups with name 'Nope' in this VPC. Available names: Fr"),
        ({"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED}, "there are no 'Isolated' subnet groups in this VPC. Avail"),
    ],
    ids=["group", "type"],
)
def test_a_group_that_there_is_not_is_refused_by_name(
    stack: cdk.Stack, vpc: ec2.Vpc, selection: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^Stack/Files: vpc_subnets must be subnets of the VPC: {message}") as refusal:
        SharedFileSystem(stack, "Files", vpc=vpc, vpc_subnets=ec2.SubnetSelection(**selection))

    assert "\n" not in str(refusal.value)


def test_subnets_of_unknown_zones_are_taken(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    subnet = ec2.Subnet.from_subnet_id(stack, "Theirs", "subnet-1")
    check_selection("Stack", vpc, ec2.SubnetSelection(subnets=[subnet]))


def test_other_errors_of_aws_cdk_stay_what_they_are(vpc: ec2.Vpc) -> None:
    with pytest.raises(RuntimeError, match="There are no subnet groups"):
        in_our_words(
            lambda: chosen_subnets(vpc, ec2.SubnetSelection(subnet_group_name="Nope")), "other", "Stack", str.upper
        )

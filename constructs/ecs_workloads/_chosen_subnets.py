"""The subnets that a user's selection means."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2


def chosen_subnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection) -> ec2.SelectedSubnets:
    """Return what ``selection`` chooses of ``vpc``, which takes its fields one by one."""
    return vpc.select_subnets(
        availability_zones=selection.availability_zones,
        one_per_az=selection.one_per_az,
        subnet_filters=selection.subnet_filters,
        subnet_group_name=selection.subnet_group_name,
        subnets=selection.subnets,
        subnet_type=selection.subnet_type,
    )

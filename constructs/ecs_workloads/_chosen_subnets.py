"""The subnets that a user's selection means."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

from ecs_workloads._checks import in_our_words


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


def check_selection(path: str, vpc: ec2.IVpc, vpc_subnets: ec2.SubnetSelection | None) -> None:
    """Refuse the name or the type of a group that the VPC has not; subnets that are named are taken as they are."""
    if vpc_subnets is not None and vpc_subnets.subnets is None:
        in_our_words(
            lambda: chosen_subnets(vpc, vpc_subnets),
            "There are no ",
            path,
            lambda found: f"vpc_subnets must be subnets of the VPC: {found[0].lower()}{found[1:]}",
        )

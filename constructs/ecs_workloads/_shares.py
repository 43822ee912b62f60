"""The shares of a tier's capacity, held against each other and against what the cluster offers."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import is_token, require, suggestion
from ecs_workloads._cluster_facts import cluster_facts
from ecs_workloads.capacity import CapacityShare


def placed(cluster: ecs.ICluster, capacity: Sequence[CapacityShare]) -> Sequence[CapacityShare]:
    """Return the shares to render: on-demand Fargate where none is named and the cluster is known to have it.

    Elsewhere the launch type says the same; but a service that goes from the one to the other is replaced.
    """
    offered = cluster_facts(cluster).offered
    return [CapacityShare.fargate()] if not capacity and "FARGATE" in (offered or ()) else capacity


def check_capacity(path: str, cluster: ecs.ICluster, capacity: Sequence[CapacityShare]) -> None:
    """Refuse shares that ECS would refuse. What is offered is known only of a `ContainerCluster`."""
    names = [share.capacity_provider for share in capacity]
    require(len(set(names)) == len(names), path, f"capacity names a provider twice, got {names}")
    based = [share.capacity_provider for share in capacity if share.base > 0]
    require(len(based) <= 1, path, f"only one share of the capacity may have a base, got {', '.join(based)}")
    require(
        not capacity or any(is_token(share.weight) or share.weight > 0 for share in capacity),
        path,
        "at least one share of the capacity must have a weight above 0",
    )
    offered = cluster_facts(cluster).offered
    if offered is None:
        return
    for name in names:
        require(
            is_token(name) or name in offered,
            path,
            f"the cluster offers {', '.join(offered)}, not {name}{suggestion(name, offered)}",
        )

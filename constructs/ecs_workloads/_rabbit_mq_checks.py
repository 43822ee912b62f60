"""What a broker refuses before it makes anything."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_workloads._checks import is_token, require
from ecs_workloads._chosen_subnets import chosen_subnets
from ecs_workloads._rabbit_mq_version import check_version
from ecs_workloads._shares import check_capacity
from ecs_workloads._tier_checks import check_alarms, check_subnets
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.ephemeral_node import EphemeralNode
from ecs_workloads.node_cluster import NodeCluster
from ecs_workloads.rabbit_mq_collector import RabbitMqCollector
from ecs_workloads.sidecar import RoutesLogs, Sidecar
from ecs_workloads.single_node import SingleNode

NODES = 3
_SMALLEST_CPU, _SMALLEST_MEMORY_MIB = 512, 1024
# What the broker itself takes, and as much for messages.
_SMALLEST_REST_MIB = 768
Grade = EphemeralNode | SingleNode | NodeCluster


def check_broker(
    broker: Construct,
    *,
    cluster: ecs.ICluster,
    version: str,
    upgrade_from: str | None,
    grade: Grade,
    cpu: int,
    memory_limit_mib: int,
    memory_of_others: int,
    capacity: Sequence[CapacityShare],
    sidecars: Sequence[Sidecar],
    deployment_alarms: Sequence[cloudwatch.IAlarm],
    vpc_subnets: ec2.SubnetSelection | None,
) -> str:
    """Refuse what would lose messages or never start, and return the name of the namespace."""
    path = broker.node.path
    check_subnets(path, cluster, vpc_subnets)
    check_alarms(path, deployment_alarms)
    namespace = cluster.default_cloud_map_namespace
    if namespace is None or namespace.type != servicediscovery.NamespaceType.DNS_PRIVATE:
        raise ValueError(
            f"{path}: a broker needs a cluster with a private DNS namespace: use ContainerCluster, "
            "or cluster.add_default_cloud_map_namespace(name=...)"
        )
    check_version(path, version, upgrade_from)
    for name, value in (("cpu", cpu), ("memory_limit_mib", memory_limit_mib)):
        require(not is_token(value), path, f"{name} must be known now: the broker is configured for it")
    require(cpu >= _SMALLEST_CPU, path, f"cpu must be at least {_SMALLEST_CPU}, got {cpu}")
    require(
        memory_limit_mib >= _SMALLEST_MEMORY_MIB,
        path,
        f"memory_limit_mib must be at least {_SMALLEST_MEMORY_MIB}, got {memory_limit_mib}",
    )
    rest = memory_limit_mib - memory_of_others
    require(
        rest >= _SMALLEST_REST_MIB,
        path,
        f"memory_limit_mib={memory_limit_mib} must leave {_SMALLEST_REST_MIB} MiB to the broker, and its sidecars may "
        f"take {memory_of_others}",
    )
    check_capacity(path, cluster, capacity)
    for share in capacity:
        require(
            share.may_be_interrupted is False,
            path,
            f"a broker needs capacity that is never interrupted, got {share.capacity_provider} with "
            f"interruptible={share.may_be_interrupted}",
        )
    routers = [sidecar for sidecar in sidecars if isinstance(sidecar, RoutesLogs)]
    require(len(routers) <= 1, path, f"only one sidecar may route the logs, got {len(routers)}")
    _check_grade(broker, grade, vpc=cluster.vpc, vpc_subnets=vpc_subnets)
    return namespace.namespace_name


def memory_of_others(path: str, sidecars: Sequence[Sidecar], collector: RabbitMqCollector | None) -> int:
    """Return what the containers beside the broker may take, in MiB; of a sidecar that does not say it, nothing."""
    said = [getattr(one, "memory_limit_mib", None) for one in (*sidecars, collector)]
    require(
        not any(isinstance(one, int | float) and is_token(one) for one in said),
        path,
        "memory_limit_mib of each sidecar must be known now: the broker is configured for what they leave",
    )
    return sum(one for one in said if isinstance(one, int))


def dns_names(dns_name: str, grade: Grade) -> list[str]:
    """Return the name of each node in the namespace."""
    return [f"{dns_name}-{place}" for place in range(NODES)] if isinstance(grade, NodeCluster) else [dns_name]


def node_subnets(vpc: ec2.IVpc, vpc_subnets: ec2.SubnetSelection | None) -> list[ec2.ISubnet]:
    """Return a subnet for each node of a cluster, each in another zone; fewer where there are not so many zones."""
    chosen = chosen_subnets(vpc, vpc_subnets or ec2.SubnetSelection())
    by_zone: dict[str, ec2.ISubnet] = {}
    for subnet in chosen.subnets:
        by_zone.setdefault(subnet.availability_zone, subnet)
    subnets = list(by_zone.values())
    if chosen.is_pending_lookup:  # of a network that the command line has yet to look up
        subnets = [subnets[place % len(subnets)] for place in range(NODES)]
    return subnets[:NODES]


def check_nodes_reach_each_other(path: str, security_groups: Sequence[ec2.ISecurityGroup]) -> None:
    """Refuse groups of which none took the rules between the nodes: aws_cdk drops those of ``mutable=False``."""
    ruled = [
        child
        for group in security_groups
        for child in group.node.children
        if isinstance(child, ec2.CfnSecurityGroupIngress)
    ]
    require(
        bool(ruled),
        path,
        "none of security_groups takes the rules by which the nodes of a NodeCluster reach each other: import one "
        "without mutable=False, or add one of this app",
    )


def _check_grade(broker: Construct, grade: Grade, *, vpc: ec2.IVpc, vpc_subnets: ec2.SubnetSelection | None) -> None:
    path = broker.node.path
    if isinstance(grade, NodeCluster):
        zones = len(node_subnets(vpc, vpc_subnets))
        require(
            zones == NODES,
            path,
            f"a NodeCluster needs subnets in {NODES} zones, got {zones}: with fewer, one zone holds the majority",
        )
        return
    protected = Stack.of(broker).termination_protection is True
    require(
        not (protected and isinstance(grade, EphemeralNode)),
        path,
        "an EphemeralNode loses all messages with its task, and the stack has termination protection: "
        "use a NodeCluster, which begins empty",
    )
    require(
        not (protected and isinstance(grade, SingleNode) and not grade.accept_one_copy),
        path,
        "a quorum queue on one node has one copy, and the stack has termination protection: use a NodeCluster, which "
        "begins empty, or SingleNode(accept_one_copy=True)",
    )

"""What tiers ask of their cluster and never changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads._accepted_findings import flat
from ecs_workloads._once import once
from ecs_workloads.container_cluster import ContainerCluster


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What does not change of a cluster, however many tiers it has.

    Args:
        cluster_name: Its name.
        vpc: Its network.
        has_private_subnets: Whether tasks are in no public subnet unless their subnets are named.
        offered: The capacity providers that it has, known only of a `ContainerCluster`.
        exec_log_group_name: Where the sessions of ECS Exec are written, if anywhere.
    """

    cluster_name: str
    vpc: ec2.IVpc
    has_private_subnets: bool
    offered: Sequence[str] | None
    exec_log_group_name: str | None
    _tasks: WeakKeyDictionary[Stack, str] = field(default_factory=WeakKeyDictionary[Stack, str])
    _wildcards: WeakKeyDictionary[Stack, Sequence[str]] = field(default_factory=WeakKeyDictionary[Stack, Sequence[str]])

    def tasks_arn(self, stack: Stack) -> str:
        """Return the ARN that stands for every task of the cluster, in the region and account of ``stack``."""
        if stack not in self._tasks:
            self._tasks[stack] = stack.format_arn(
                service="ecs", resource="task", resource_name=f"{self.cluster_name}/*"
            )
        return self._tasks[stack]

    def wildcards(self, stack: Stack) -> Sequence[str]:
        """Return the ARNs with a wildcard that the role of a task has in ``stack``, as cdk-nag writes them."""
        if stack not in self._wildcards:
            arns = [self.tasks_arn(stack)]
            if self.exec_log_group_name is not None:
                arns.append(
                    f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{self.exec_log_group_name}:*"
                )
            self._wildcards[stack] = [flat(stack.resolve(arn)) for arn in arns]
        return self._wildcards[stack]


@once
def cluster_facts(cluster: ecs.ICluster) -> ClusterFacts:
    """Return what does not change of ``cluster``."""
    owner, vpc = cluster.node.scope, cluster.vpc
    return ClusterFacts(
        cluster_name=cluster.cluster_name,
        vpc=vpc,
        has_private_subnets=bool(vpc.private_subnets or vpc.isolated_subnets),
        offered=[one.capacity_provider for one in owner.capacity] if isinstance(owner, ContainerCluster) else None,
        exec_log_group_name=_exec_log_group_name(cluster.execute_command_configuration),
    )


def _exec_log_group_name(configuration: ecs.ExecuteCommandConfiguration | None) -> str | None:
    if configuration is None or configuration.log_configuration is None:
        return None
    log_group = configuration.log_configuration.cloud_watch_log_group
    return None if log_group is None else log_group.log_group_ref.log_group_name

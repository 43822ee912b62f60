"""What tiers ask of their cluster and never changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import in_our_words
from ecs_workloads._once import once
from ecs_workloads._wildcards import Wildcards
from ecs_workloads.container_cluster import ContainerCluster


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What does not change of a cluster, however many tiers it has.

    Args:
        cluster_name: Its name.
        vpc: Its network.
        has_private_subnets: Whether tasks are in no public subnet unless their subnets are named.
        offered: The capacity providers that it has, known only of a `ContainerCluster`.
        exec_log_group_name: The log group to which the sessions of ECS Exec are written, if any.
        exec_bucket_name: The bucket to which they are written, if any.
    """

    cluster_name: str
    vpc: ec2.IVpc
    has_private_subnets: bool
    offered: Sequence[str] | None
    exec_log_group_name: str | None
    exec_bucket_name: str | None
    _tasks: WeakKeyDictionary[Stack, str] = field(default_factory=WeakKeyDictionary[Stack, str])
    _wildcards: WeakKeyDictionary[Stack, Wildcards] = field(default_factory=WeakKeyDictionary[Stack, Wildcards])

    def tasks_arn(self, stack: Stack) -> str:
        """Return the ARN that stands for every task of the cluster, in the region and account of ``stack``."""
        if stack not in self._tasks:
            self._tasks[stack] = stack.format_arn(
                service="ecs", resource="task", resource_name=f"{self.cluster_name}/*"
            )
        return self._tasks[stack]

    def wildcards(self, stack: Stack) -> Wildcards:
        """Return the ARNs with a wildcard that the role of a task has in ``stack``."""
        if stack not in self._wildcards:
            arns = [self.tasks_arn(stack)]
            if self.exec_log_group_name is not None:
                arns.append(
                    f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{self.exec_log_group_name}:*"
                )
            if self.exec_bucket_name is not None:
                arns.append(f"arn:{stack.partition}:s3:::{self.exec_bucket_name}/*")
            self._wildcards[stack] = Wildcards(stack, arns)
        return self._wildcards[stack]


@once
def cluster_facts(cluster: ecs.ICluster) -> ClusterFacts:
    """Return what does not change of ``cluster``.

    Raises:
        ValueError: It was imported without its VPC.
    """
    owner = cluster.node.scope
    vpc = in_our_words(
        lambda: cluster.vpc,
        "vpc is not available",
        cluster.node.path,
        lambda _: (
            "tiers need to know the VPC of their cluster: import it with "
            "ecs.Cluster.from_cluster_attributes(cluster_name=..., vpc=...)"
        ),
    )
    exec_log_group_name, exec_bucket_name = _exec_logs(cluster.execute_command_configuration)
    return ClusterFacts(
        cluster_name=cluster.cluster_name,
        vpc=vpc,
        has_private_subnets=bool(vpc.private_subnets or vpc.isolated_subnets),
        offered=[one.capacity_provider for one in owner.capacity] if isinstance(owner, ContainerCluster) else None,
        exec_log_group_name=exec_log_group_name,
        exec_bucket_name=exec_bucket_name,
    )


def _exec_logs(configuration: ecs.ExecuteCommandConfiguration | None) -> tuple[str | None, str | None]:
    """Return the names of log group and bucket."""
    if configuration is None or configuration.log_configuration is None:
        return None, None
    log_group = configuration.log_configuration.cloud_watch_log_group
    bucket = configuration.log_configuration.s3_bucket
    return (
        None if log_group is None else log_group.log_group_ref.log_group_name,
        None if bucket is None else bucket.bucket_name,
    )

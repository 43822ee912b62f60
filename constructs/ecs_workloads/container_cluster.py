"""The cluster on which every tier runs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, require
from ecs_workloads.capacity import Capacity

_DEFAULT_CAPACITY = (Capacity.fargate(), Capacity.fargate_spot())


@checks_arguments
class ContainerCluster(Construct):
    """An ECS cluster with enhanced Container Insights, a namespace for Service Connect, and audited ECS Exec.

    Every session of ECS Exec is written to a log group, and encrypted where a key is given.

    Args:
        vpc: Network in which the tasks run.
        capacity: Kinds of capacity that tiers may name. Defaults to Fargate and Fargate Spot.
        namespace_name: Name of the private DNS namespace, in which app servers and brokers get their names.
            Two clusters in one VPC need two names. Defaults to ``internal``.
        encryption_key: Key for the sessions of ECS Exec and their log group. Its policy must let CloudWatch
            Logs use it. Defaults to encryption with keys that AWS owns.
        exec_log_retention: How long the sessions' logs are kept. Defaults to one year.
        removal_policy: What becomes of the sessions' log group when it leaves the template. Defaults to
            keeping it, but nothing that a failed first deployment made.

    Raises:
        ValueError: There is no capacity or one is named twice, or the namespace is no DNS name.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        capacity: Sequence[Capacity] = _DEFAULT_CAPACITY,
        namespace_name: str = "internal",
        encryption_key: kms.IKey | None = None,
        exec_log_retention: logs.RetentionDays = logs.RetentionDays.ONE_YEAR,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        names = [one.capacity_provider for one in capacity]
        require(len(names) > 0, self.node.path, "capacity must name at least one kind")
        require(len(set(names)) == len(names), self.node.path, f"capacity names a provider twice, got {names}")
        check_name(
            self.node.path,
            "namespace_name",
            namespace_name,
            r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
            "a DNS name in lower case",
        )
        self._capacity = tuple(capacity)
        self._exec_log_group = logs.LogGroup(
            self,
            "ExecLogGroup",
            retention=exec_log_retention,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        self._execute_command_configuration = ecs.ExecuteCommandConfiguration(
            kms_key=encryption_key,
            logging=ecs.ExecuteCommandLogging.OVERRIDE,
            log_configuration=ecs.ExecuteCommandLogConfiguration(
                cloud_watch_log_group=self._exec_log_group,
                cloud_watch_encryption_enabled=encryption_key is not None,
            ),
        )
        self._cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=vpc,
            container_insights_v2=ecs.ContainerInsights.ENHANCED,
            execute_command_configuration=self._execute_command_configuration,
            default_cloud_map_namespace=ecs.CloudMapNamespaceOptions(name=namespace_name),
        )
        # On the cluster itself: a separate association could be removed while services still use it.
        resource = self._cluster.node.default_child
        if not isinstance(resource, ecs.CfnCluster):  # pragma: no cover - guards a fact of aws_cdk
            raise TypeError(f"{self.node.path}: aws_cdk no longer makes a CfnCluster")
        resource.capacity_providers = names

    @property
    def cluster(self) -> ecs.Cluster:
        """The ECS cluster: what every tier takes as ``cluster``."""
        return self._cluster

    @property
    def capacity(self) -> tuple[Capacity, ...]:
        """Kinds of capacity that tiers may name."""
        return self._capacity

    @property
    def exec_log_group(self) -> logs.LogGroup:
        """Where the sessions of ECS Exec are written."""
        return self._exec_log_group

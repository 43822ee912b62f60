"""The platform layer: the cluster and its namespace, or the name of one."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from ecs_workloads import ContainerCluster
from stacks import shared_values
from stacks.environments import APPLICATION, Environment
from stacks.layer_key import layer_key, removal_policy


class PlatformStack(cdk.Stack):
    """The cluster on which all tiers of one environment run."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id, termination_protection=environment.protected)
        existing = environment.cluster
        if existing is not None:
            values = {
                "cluster-name": existing.cluster_name,
                "namespace-name": existing.namespace_name,
                "namespace-id": existing.namespace_id,
                "namespace-arn": existing.namespace_arn,
                "exec-log-group-name": existing.exec_log_group_name,
            }
        else:
            values = self._cluster(environment)
        shared_values.publish(self, environment, "platform", values)

    def _cluster(self, environment: Environment) -> dict[str, str]:
        key = layer_key(self, environment)
        cluster = ContainerCluster(
            self,
            "Cluster",
            vpc=shared_values.vpc(self, environment),
            namespace_name=f"{environment.name}.{APPLICATION}.internal",
            encryption_key=key,
            removal_policy=removal_policy(environment),
        )
        namespace = cluster.cluster.default_cloud_map_namespace
        assert namespace is not None  # noqa: S101 - ContainerCluster always has one
        return {
            "cluster-name": cluster.cluster.cluster_name,
            "namespace-name": namespace.namespace_name,
            "namespace-id": namespace.namespace_id,
            "namespace-arn": namespace.namespace_arn,
            "exec-log-group-name": cluster.exec_log_group.log_group_name,
            "key-arn": key.key_arn,
        }

"""The name of an app server in Service Connect."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._checks import check_name, duration, is_token, require
from ecs_workloads._dns_name import claim_discovery_name, claim_dns_name
from ecs_workloads._task import CONTAINER_NAME


def published_service(
    scope: Construct,
    *,
    cluster: ecs.ICluster,
    dns_name: str,
    discovery_name: str | None,
    port: int,
    longest_request: timedelta,
    certificate_authority_arn: str | None,
    encryption_key: kms.IKey | None,
) -> ecs.ServiceConnectService:
    """Return the endpoint by which other tiers call the one at ``scope``."""
    path = scope.node.path
    require(
        cluster.default_cloud_map_namespace is not None,
        path,
        "an app server needs a cluster with a default Cloud Map namespace: use ContainerCluster, "
        "or cluster.add_default_cloud_map_namespace(name=...)",
    )
    require(not is_token(port), path, "container.port must be known now: it is a part of the tier's url")
    claim_dns_name(path, cluster, dns_name)
    if discovery_name is not None and discovery_name != dns_name:
        claim_discovery_name(path, cluster, discovery_name)
    return ecs.ServiceConnectService(
        port_mapping_name=CONTAINER_NAME,
        # Else it is the name of the port, which is the same in every app server of the namespace.
        discovery_name=discovery_name or dns_name,
        dns_name=dns_name,
        port=port,
        per_request_timeout=duration(longest_request),
        tls=None if certificate_authority_arn is None else _tls(scope, certificate_authority_arn, encryption_key),
    )


def _tls(
    scope: Construct, certificate_authority_arn: str, encryption_key: kms.IKey | None
) -> ecs.ServiceConnectTlsConfiguration:
    """Let ECS issue certificates for the proxies.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """
    check_name(
        scope.node.path,
        "certificate_authority_arn",
        certificate_authority_arn,
        r"arn:[a-z-]+:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority/[0-9a-f-]{36}",
        "the ARN of a private certificate authority",
    )
    role = iam.Role(
        scope,
        "TlsRole",
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),  # pyright: ignore[reportArgumentType]  # jsii#4541
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name(
                "service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
            )
        ],
    )
    accept_findings(role, "TLS role", "role")
    if encryption_key is not None:
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"],
                resources=[encryption_key.key_arn],
            )
        )
    return ecs.ServiceConnectTlsConfiguration(
        aws_pca_authority_arn=certificate_authority_arn,
        kms_key=encryption_key,
        role=role,  # pyright: ignore[reportArgumentType]  # jsii#4541
    )

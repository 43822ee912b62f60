"""The names of one namespace, each of which belongs to one tier."""

from __future__ import annotations

from aws_cdk import Token
from aws_cdk import aws_ecs as ecs
from constructs import IConstruct

from ecs_workloads._checks import check_name, require

_CLAIM = "ecs-workloads:dns-name"


def claim_dns_name(path: str, cluster: ecs.ICluster, dns_name: str) -> None:
    """Note that the tier at ``path`` bears ``dns_name`` in the namespace of ``cluster``.

    Raises:
        ValueError: It is no DNS label, or another tier of this app bears it.
    """
    check_name(
        path,
        "dns_name",
        dns_name,
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "1 to 63 lower-case letters, digits and hyphens",
    )
    _claim_name(path, cluster, "dns_name", dns_name)


def claim_discovery_name(path: str, cluster: ecs.ICluster, discovery_name: str) -> None:
    """Note that the tier at ``path`` is registered as ``discovery_name`` in the namespace of ``cluster``.

    Raises:
        ValueError: It is no such name, or another tier of this app bears it.
    """
    check_name(
        path,
        "discovery_name",
        discovery_name,
        r"[a-z0-9_][a-z0-9_-]{0,63}",
        "1 to 64 lower-case letters, digits, hyphens and underscores, not beginning with a hyphen",
    )
    _claim_name(path, cluster, "discovery_name", discovery_name)


def _claim_name(path: str, cluster: ecs.ICluster, argument: str, name: str) -> None:
    """Note the name where every tier of the namespace finds it."""
    holder, namespace = _holder(cluster)
    for entry in holder.node.metadata:
        if entry.type == _CLAIM and entry.data["namespace"] == namespace:
            other = entry.data
            require(other["name"] != name, path, f"{other['path']} already bears {other['argument']}={name!r}")
    holder.node.add_metadata(_CLAIM, {"namespace": namespace, "argument": argument, "name": name, "path": path})


def _holder(cluster: ecs.ICluster) -> tuple[IConstruct, str]:
    """Return the app and the namespace, where all stacks that import it say which it is, else the cluster."""
    namespace = cluster.default_cloud_map_namespace
    for known in () if namespace is None else (namespace.namespace_arn, namespace.namespace_id):
        if not Token.is_unresolved(known):
            return cluster.node.root, known
    return cluster, ""

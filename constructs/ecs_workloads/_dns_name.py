"""The names of one namespace, each of which belongs to one tier."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs

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
    for entry in cluster.node.metadata:
        if entry.type == _CLAIM:
            require(entry.data["name"] != dns_name, path, f"{entry.data['path']} already bears dns_name={dns_name!r}")
    cluster.node.add_metadata(_CLAIM, {"name": dns_name, "path": path})

"""The names at which Cloud Map shows the tasks of a service."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document

_discovery = _ministack.module("services.servicediscovery")


def names_of(service: Document) -> list[str]:
    """Return the names in namespaces with DNS at which the tasks of an ECS service are found."""
    found: list[str] = []
    for registry in _ministack.listed(service, "serviceRegistries"):
        # An ARN ends with the id of the service of Cloud Map.
        shown: Document | None = _discovery._services.get(str(registry["registryArn"]).rsplit("/", 1)[-1])
        if shown is not None and shown.get("DnsConfig"):
            namespace = str(shown.get("NamespaceId") or _ministack.nested(shown, "DnsConfig").get("NamespaceId"))
            known: Document | None = _discovery._namespaces.get(namespace)
            found += [] if known is None else [f"{shown['Name']}.{known['Name']}"]
    return found

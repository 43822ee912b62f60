"""What a service says about Service Connect, with the defaults that ECS gives it."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document

_discovery = _ministack.module("services.servicediscovery")


@dataclass(frozen=True, kw_only=True)
class ConnectName:
    """A name at which a service answers.

    Args:
        name: The name.
        port: The port at that name.
        port_name: Name of the port mapping that it leads to.
    """

    name: str
    port: int
    port_name: str


def namespace_of(service: Document) -> str:
    """Return the name of the namespace that a service is in; empty for one that is in none."""
    configuration = _ministack.nested(service, "serviceConnectConfiguration")
    if not configuration.get("enabled"):
        return ""
    namespace = str(configuration.get("namespace") or "")
    # An ARN ends with the id of the namespace.
    known: Document | None = _discovery._namespaces.get(namespace.rsplit("/", 1)[-1])
    return namespace if known is None else str(known["Name"])


def names_of(service: Document) -> list[ConnectName]:
    """Return the names that a service answers at; where it gives none, ``DISCOVERY_NAME.NAMESPACE``."""
    namespace = namespace_of(service)
    found: list[ConnectName] = []
    for offered in _ministack.listed(_ministack.nested(service, "serviceConnectConfiguration"), "services"):
        port_name = str(offered["portName"])
        default = f"{offered.get('discoveryName') or port_name}.{namespace}"
        found += [
            ConnectName(name=str(alias.get("dnsName") or default), port=int(alias["port"]), port_name=port_name)
            for alias in _ministack.listed(offered, "clientAliases")
            if namespace
        ]
    return found

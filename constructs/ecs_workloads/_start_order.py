"""Which service is deployed after which."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs


def service_of(tier: object) -> ecs.FargateService | None:
    """Return the service of a tier, of ours or of anybody who exposes it as ``service``; of several the last."""
    nodes: Sequence[object] | None = getattr(tier, "nodes", None)
    service: object = getattr(nodes[-1] if nodes else tier, "service", None)
    return service if isinstance(service, ecs.FargateService) else None


def start_after(later: object, earlier: object) -> None:
    """Deploy the service of ``later`` after that of ``earlier``, where both are in one stack."""
    first, second = service_of(earlier), service_of(later)
    if first is not None and second is not None and Stack.of(first) == Stack.of(second):
        cfn_service(second).node.add_dependency(cfn_service(first))


def cfn_service(service: ecs.FargateService) -> ecs.CfnService:
    """Return the resource behind ``service``, to say what it waits for and nothing else."""
    child = service.node.find_child("Service")
    if not isinstance(child, ecs.CfnService):  # pragma: no cover - guards an id inside aws_cdk
        raise TypeError(f"{service.node.path}: aws_cdk no longer keeps the service's resource under 'Service'")
    return child

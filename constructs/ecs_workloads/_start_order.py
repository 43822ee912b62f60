"""Which service is deployed after which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs

_ORDER = "ecs-workloads:start-order"


def service_of(tier: object) -> ecs.FargateService | None:
    """Return the service of a tier, of ours or of anybody who exposes it as ``service``; of several the last."""
    nodes: Sequence[object] | None = getattr(tier, "nodes", None)
    service: object = getattr(nodes[-1] if nodes else tier, "service", None)
    return service if isinstance(service, ecs.FargateService) else None


def start_after(later: object, earlier: object) -> None:
    """Deploy the service of ``later`` after that of ``earlier``, where one stack or the nested ones in it have both.

    CloudFormation deploys a nested stack as a whole: all of it waits, or all of it is waited for. What would close a
    circle is left out, so that of two that call each other the first word counts.
    """
    first, second = service_of(earlier), service_of(later)
    if first is None or second is None:
        return
    units = _units(first, second)
    if units is None:
        return
    root, waiting, awaited = first.node.root.node, *units
    waits: dict[str, set[str]] = {}
    for entry in root.metadata:
        if entry.type == _ORDER:
            waits.setdefault(entry.data["later"], set()).add(entry.data["earlier"])
    if not _reaches(waits, awaited, waiting):
        root.add_metadata(_ORDER, {"later": waiting, "earlier": awaited})
        cfn_service(second).node.add_dependency(cfn_service(first))


def _units(first: ecs.FargateService, second: ecs.FargateService) -> tuple[str, str] | None:
    """Return the paths of what holds ``second`` and ``first`` in the stack that both have in common, if any."""
    ways = [_way_in(service) for service in (second, first)]
    common = {stack.node.path for stack, _ in ways[0]} & {stack.node.path for stack, _ in ways[1]}
    found = [next((unit for stack, unit in way if stack.node.path in common), None) for way in ways]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _way_in(service: ecs.FargateService) -> Sequence[tuple[Stack, str]]:
    """Return the stacks around a service, innermost first, each with the path of what holds the service in it."""
    way: list[tuple[Stack, str]] = []
    stack, unit = Stack.of(service), service.node.path
    while True:
        way.append((stack, unit))
        parent = stack.nested_stack_parent
        if parent is None:
            return way
        stack, unit = parent, stack.node.path


def _reaches(waits: Mapping[str, set[str]], start: str, goal: str) -> bool:
    return start == goal or any(_reaches(waits, one, goal) for one in waits.get(start, ()))


def cfn_service(service: ecs.FargateService) -> ecs.CfnService:
    """Return the resource behind ``service``, to say what it waits for and nothing else."""
    child = service.node.find_child("Service")
    if not isinstance(child, ecs.CfnService):  # pragma: no cover - guards an id inside aws_cdk
        raise TypeError(f"{service.node.path}: aws_cdk no longer keeps the service's resource under 'Service'")
    return child

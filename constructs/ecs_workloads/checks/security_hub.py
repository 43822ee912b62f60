"""Controls of AWS Security Hub that a template decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ecs_workloads.checks._broker_controls import BROKER_CONTROLS
from ecs_workloads.checks._container_controls import CONTAINER_CONTROLS
from ecs_workloads.checks._control import Resources, TemplateResource
from ecs_workloads.checks._data_controls import DATA_CONTROLS
from ecs_workloads.checks._load_balancer_controls import LOAD_BALANCER_CONTROLS
from ecs_workloads.checks._network_controls import NETWORK_CONTROLS
from ecs_workloads.checks.assembly import StackTemplate

_CONTROLS = (*CONTAINER_CONTROLS, *LOAD_BALANCER_CONTROLS, *NETWORK_CONTROLS, *DATA_CONTROLS, *BROKER_CONTROLS)
#: Every control that `broken_controls` knows.
SECURITY_HUB_CONTROLS = tuple(dict.fromkeys(control.control_id for control in _CONTROLS))


@dataclass(frozen=True, kw_only=True)
class BrokenControl:
    """One resource that breaks one control of AWS Security Hub.

    Args:
        control_id: Name of the control, such as ``ECS.5``.
        requires: What the control asks for.
        environment: Environment of the resource's stack.
        stack_name: Stack of the resource.
        logical_id: Name of the resource in the stack's template.
        resource_type: Type of the resource.
    """

    control_id: str
    requires: str
    environment: str
    stack_name: str
    logical_id: str
    resource_type: str


def broken_controls(stacks: Sequence[StackTemplate]) -> list[BrokenControl]:
    """Return all that Security Hub would find in the templates, in the order of the stacks.

    The stacks of one environment are read together: a web ACL may be in another stack than its load balancer. What
    only a running account can tell, such as the age of a secret, is not found here.
    """
    by_environment = groupby(sorted(stacks, key=lambda stack: stack.environment), lambda stack: stack.environment)
    return [broken for environment, group in by_environment for broken in _broken(environment, group)]


def _broken(environment: str, stacks: Iterable[StackTemplate]) -> list[BrokenControl]:
    resources = Resources(
        tuple(
            TemplateResource(
                stack_name=stack.stack_name,
                logical_id=logical_id,
                resource_type=resource["Type"],
                properties=resource.get("Properties", {}),
            )
            for stack in stacks
            for logical_id, resource in stack.template.get("Resources", {}).items()
        )
    )
    return [
        BrokenControl(
            control_id=control.control_id,
            requires=control.requires,
            environment=environment,
            stack_name=resource.stack_name,
            logical_id=resource.logical_id,
            resource_type=resource.resource_type,
        )
        for resource in resources.all
        for control in _CONTROLS
        if control.resource_type == resource.resource_type and not control.is_met(resource, resources)
    ]

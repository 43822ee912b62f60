"""One control of AWS Security Hub, and what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# Properties of a resource, as a template has them.
Properties = Mapping[str, Any]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"


@dataclass(frozen=True, kw_only=True)
class TemplateResource:
    """One resource of the templates that are held against the controls.

    Args:
        stack_name: Name of its stack.
        logical_id: Its name in the template.
        resource_type: Its type, such as ``AWS::ECS::Service``.
        properties: Its properties, functions of CloudFormation unresolved.
    """

    stack_name: str
    logical_id: str
    resource_type: str
    properties: Properties


@dataclass(frozen=True, kw_only=True)
class Control:
    """One control: which resources it looks at, and which of them break it.

    Args:
        control_id: Name of the control, such as ``ECS.5``.
        resource_type: Type of the resources that it looks at.
        requires: What it asks for, in words.
        is_met: Tells whether a resource meets it, given all resources of the environment.
    """

    control_id: str
    resource_type: str
    requires: str
    is_met: Callable[[TemplateResource, Resources], bool]


@dataclass(frozen=True)
class Resources:
    """All resources of one environment, in which a control may look for those that belong together."""

    all: tuple[TemplateResource, ...]

    def of_type(self, resource_type: str) -> Iterator[TemplateResource]:
        """Return the resources of one type."""
        return (one for one in self.all if one.resource_type == resource_type)

    def refers(self, resource_type: str, key: str, target: TemplateResource) -> bool:
        """Tell whether a resource of ``resource_type`` in the same stack names ``target`` in its property ``key``."""
        return any(
            one.stack_name == target.stack_name and names(one.properties.get(key), target.logical_id)
            for one in self.of_type(resource_type)
        )


def names(value: Json, logical_id: str) -> bool:
    """Tell whether a value of a template refers to a resource."""
    match value:
        case {"Ref": str(name)}:
            return name == logical_id
        case {"Fn::GetAtt": [str(name), *_]}:
            return name == logical_id
        case dict():
            inner: Iterable[Json] = value.values()
        case list():
            inner = value
        case _:
            return False
    return any(names(one, logical_id) for one in inner)


def is_tagged(resource: TemplateResource, _: Resources) -> bool:
    """Tell whether a resource has a tag that is not one of AWS."""
    return any(not str(tag["Key"]).startswith("aws:") for tag in resource.properties.get("Tags", []))


def for_everybody(policy: Properties) -> Iterator[str]:
    """Return the actions that a resource policy allows to everybody without a condition."""
    for statement in policy.get("Statement", []):
        if (
            statement.get("Effect") == "Allow"
            and statement.get("Principal") in ("*", {"AWS": "*"})
            and not statement.get("Condition")
        ):
            # What NotAction leaves out is not read: it allows all the rest.
            actions = statement.get("Action", "*")
            yield from [actions] if isinstance(actions, str) else actions

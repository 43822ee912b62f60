"""Task definitions with everything that the template says; ministack drops secrets, health checks and volumes."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.camel_case import camel_case

_ecs = _ministack.module("services.ecs")


def types() -> list[ResourceType]:
    """Return the types of this module."""
    return [ResourceType(name="AWS::ECS::TaskDefinition", create=_create, update=_update, delete=_delete)]


def tags(properties: Document) -> list[Document]:
    """Return the tags of a resource as the API of ECS spells them."""
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in _ministack.listed(properties, "Tags")]


def _create(logical_id: str, properties: Document, stack: str) -> Created:
    request = camel_case({key: value for key, value in properties.items() if key != "Tags"})
    for size in ("cpu", "memory"):
        if size in request:
            request[size] = str(request[size])
    request["family"] = properties.get("Family") or f"{stack}{logical_id}"
    request["tags"] = tags(properties)
    made = _ministack.answer(_ecs._register_task_definition(request), "AWS::ECS::TaskDefinition")
    arn = made["taskDefinition"]["taskDefinitionArn"]
    return arn, {"TaskDefinitionArn": arn}


def _update(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if {**old, "Tags": None} != {**new, "Tags": None}:
        return _create(logical_id, new, stack)
    updated: Created = _ministack.provisioners()._ecs_task_def_update(physical_id, old, new, stack, logical_id)
    return updated


def _delete(physical_id: str, _properties: Document) -> None:
    _ecs._deregister_task_definition({"taskDefinition": physical_id})

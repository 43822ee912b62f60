"""Capacity providers. They are records: every task runs on this machine."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.camel_case import camel_case
from ecs_workloads.local._resources.task_definitions import tags

_ecs = _ministack.module("services.ecs")


def types() -> list[ResourceType]:
    """Return the types of this module."""
    return [
        ResourceType(name="AWS::ECS::CapacityProvider", create=_create, update=_update, delete=_delete),
        ResourceType(
            name="AWS::ECS::ClusterCapacityProviderAssociations",
            create=_associate,
            update=_associate_again,
            delete=_disassociate,
        ),
    ]


def _request(properties: Document) -> Document:
    return camel_case({key: value for key, value in properties.items() if key != "Tags"})


def _create(logical_id: str, properties: Document, stack: str) -> Created:
    name = properties.get("Name") or _ministack.provisioners()._physical_name(stack, logical_id, max_len=255)
    request = {**_request(properties), "name": name, "tags": tags(properties)}
    _ministack.answer(_ecs._create_capacity_provider(request), "AWS::ECS::CapacityProvider")
    return str(name), {}


def _update(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if old.get("Name") != new.get("Name"):
        return _create(logical_id, new, stack)
    request = {**_request(new), "name": physical_id}
    _ministack.answer(_ecs._update_capacity_provider(request), "AWS::ECS::CapacityProvider")
    return physical_id, {}


def _delete(physical_id: str, _properties: Document) -> None:
    _ecs._delete_capacity_provider({"capacityProvider": physical_id})


def _associate(_logical_id: str, properties: Document, _stack: str) -> Created:
    _ministack.answer(
        _ecs._put_cluster_capacity_providers(_request(properties)), "AWS::ECS::ClusterCapacityProviderAssociations"
    )
    return str(properties["Cluster"]), {}


def _associate_again(_physical_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> Created:
    return _associate(logical_id, new, stack)


def _disassociate(physical_id: str, _properties: Document) -> None:
    _ecs._put_cluster_capacity_providers(
        {"cluster": physical_id, "capacityProviders": [], "defaultCapacityProviderStrategy": []}
    )

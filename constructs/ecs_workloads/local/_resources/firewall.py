"""Associations and logging of AWS WAF. They are records: no request is filtered."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType

_waf = _ministack.module("services.waf")


def types() -> list[ResourceType]:
    """Return the types of this module."""
    return [
        ResourceType(
            name="AWS::WAFv2::WebACLAssociation",
            create=_associate,
            update=_associate_again,
            delete=_disassociate,
        ),
        ResourceType(
            name="AWS::WAFv2::LoggingConfiguration",
            create=_log,
            update=_log_again,
            delete=_stop_logging,
        ),
    ]


def _associate(_logical_id: str, properties: Document, _stack: str) -> Created:
    request = {"WebACLArn": properties["WebACLArn"], "ResourceArn": properties["ResourceArn"]}
    _ministack.answer(_waf._associate_web_acl(request), "AWS::WAFv2::WebACLAssociation")
    return f"{request['WebACLArn']}|{request['ResourceArn']}", {}


def _associate_again(_physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    _disassociate("", old)
    return _associate(logical_id, new, stack)


def _disassociate(_physical_id: str, properties: Document) -> None:
    _waf._disassociate_web_acl({"ResourceArn": properties["ResourceArn"]})


def _log(_logical_id: str, properties: Document, _stack: str) -> Created:
    if not properties.get("LogDestinationConfigs"):
        raise ValueError("AWS::WAFv2::LoggingConfiguration needs LogDestinationConfigs")
    return str(properties["ResourceArn"]), {"ManagedByFirewallManager": False}


def _log_again(_physical_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> Created:
    return _log(logical_id, new, stack)


def _stop_logging(_physical_id: str, _properties: Document) -> None:
    """Forget nothing: ministack has no store for this configuration."""

"""Resources of a VPC that ministack lacks. They are records: no packet is filtered or translated by them."""

from __future__ import annotations

import uuid

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType

_ec2 = _ministack.module("services.ec2")


def types() -> list[ResourceType]:
    """Return the types of this module."""
    return [
        ResourceType(name="AWS::EC2::EIP", create=_create_address, update=_update_address, delete=_delete_address),
        ResourceType(name="AWS::EC2::NatGateway", create=_create_nat, update=_update_nat, delete=_delete_nat),
        ResourceType(
            name="AWS::EC2::FlowLog", create=_create_flow_log, update=_update_flow_log, delete=_delete_flow_log
        ),
        _security_group_rule("AWS::EC2::SecurityGroupIngress", "IpPermissions"),
        _security_group_rule("AWS::EC2::SecurityGroupEgress", "IpPermissionsEgress"),
    ]


def _tag(resource_id: str, properties: Document, old: Document | None = None) -> None:
    _ministack.provisioners()._ec2_apply_tags(resource_id, properties, old)


def _identifier(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:17]}"


def _create_address(_logical_id: str, properties: Document, _stack: str) -> Created:
    allocation, address = _identifier("eipalloc"), _ec2._random_ip("52.")
    _ec2._addresses[allocation] = {
        "AllocationId": allocation,
        "PublicIp": address,
        "Domain": properties.get("Domain", "vpc"),
        "AssociationId": None,
        "InstanceId": None,
        "NetworkInterfaceId": None,
        "PrivateIpAddress": None,
    }
    _tag(allocation, properties)
    return address, {"AllocationId": allocation, "PublicIp": address}


def _allocation(address: str) -> str:
    return next((key for key, value in _ec2._addresses.items() if value["PublicIp"] == address), "")


def _update_address(address: str, old: Document, new: Document, _stack: str, _logical_id: str) -> Created:
    allocation = _allocation(address)
    _tag(allocation, new, old)
    return address, {"AllocationId": allocation, "PublicIp": address}


def _delete_address(address: str, _properties: Document) -> None:
    _ec2._addresses.pop(_allocation(address), None)


def _create_nat(_logical_id: str, properties: Document, _stack: str) -> Created:
    gateway = _identifier("nat")
    subnet = _ec2._subnets.get(properties["SubnetId"])
    if subnet is None:
        raise ValueError(f"the subnet '{properties['SubnetId']}' does not exist")
    _ec2._nat_gateways[gateway] = {
        "NatGatewayId": gateway,
        "SubnetId": properties["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AllocationId": properties.get("AllocationId"),
        "ConnectivityType": properties.get("ConnectivityType", "public"),
        "State": "available",
        "CreateTime": _ec2._now_ts(),
        "Tags": [],
    }
    _tag(gateway, properties)
    return gateway, {"NatGatewayId": gateway}


def _update_nat(gateway: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if (old["SubnetId"], old.get("AllocationId")) != (new["SubnetId"], new.get("AllocationId")):
        return _create_nat(logical_id, new, stack)
    _tag(gateway, new, old)
    return gateway, {"NatGatewayId": gateway}


def _delete_nat(gateway: str, _properties: Document) -> None:
    _ec2._nat_gateways.pop(gateway, None)


def _create_flow_log(_logical_id: str, properties: Document, _stack: str) -> Created:
    flow_log = _identifier("fl")
    _ec2._flow_logs[flow_log] = {
        "FlowLogId": flow_log,
        "ResourceId": properties["ResourceId"],
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination", ""),
        "LogGroupName": properties.get("LogGroupName", ""),
        "DeliverLogsPermissionArn": properties.get("DeliverLogsPermissionArn", ""),
        "MaxAggregationInterval": str(properties.get("MaxAggregationInterval", 600)),
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS",
        "CreationTime": _ec2._now_ts(),
        "Tags": [],
    }
    _tag(flow_log, properties)
    return flow_log, {"Id": flow_log}


def _update_flow_log(flow_log: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if {**old, "Tags": None} != {**new, "Tags": None}:
        return _create_flow_log(logical_id, new, stack)
    _tag(flow_log, new, old)
    return flow_log, {"Id": flow_log}


def _delete_flow_log(flow_log: str, _properties: Document) -> None:
    _ec2._flow_logs.pop(flow_log, None)


def _security_group_rule(name: str, direction: str) -> ResourceType:
    def create(_logical_id: str, properties: Document, _stack: str) -> Created:
        group = _ec2._security_groups.get(properties["GroupId"])
        if group is None:
            raise ValueError(f"the security group '{properties['GroupId']}' does not exist")
        rule = _identifier("sgr")
        permission = _ministack.provisioners()._ec2_sg_permissions([properties])[0]
        group.setdefault(direction, []).append({**permission, "SecurityGroupRuleId": rule})
        return rule, {"Id": rule}

    def delete(rule: str, properties: Document) -> None:
        group = _ec2._security_groups.get(properties.get("GroupId"))
        if group is not None:
            rules = group.get(direction, [])
            group[direction] = [each for each in rules if each.get("SecurityGroupRuleId") != rule]

    def update(rule: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
        delete(rule, old)
        return create(logical_id, new, stack)

    return ResourceType(name=name, create=create, update=update, delete=delete)

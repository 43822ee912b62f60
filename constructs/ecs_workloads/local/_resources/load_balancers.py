"""Load balancers that know their VPC."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created


def know_the_vpc() -> None:
    """Give each new load balancer the VPC of its subnets."""
    handler = _ministack.provisioners()._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::LoadBalancer"]
    original = handler["create"]
    alb, ec2 = _ministack.module("services.alb"), _ministack.module("services.ec2")

    def create(logical_id: str, properties: Document, stack: str) -> Created:
        arn, attributes = original(logical_id, properties, stack)
        for subnet in alb._lbs[arn]["Subnets"]:
            if subnet in ec2._subnets:
                alb._lbs[arn]["VpcId"] = ec2._subnets[subnet]["VpcId"]
        return arn, attributes

    handler["create"] = create

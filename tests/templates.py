"""Short ways to look into a template."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

HEALTHY = ecs.HealthCheck(command=["CMD", "true"])


def resources(stack: cdk.Stack, resource_type: str) -> list[dict[str, Any]]:
    """Return all resources of one type."""
    found = Template.from_stack(stack).find_resources(resource_type)
    return [dict(resource) for resource in found.values()]


def properties(stack: cdk.Stack, resource_type: str) -> dict[str, Any]:
    """Return the properties of the only resource of one type."""
    [resource] = resources(stack, resource_type)
    return dict(resource["Properties"])


def main_container(stack: cdk.Stack) -> dict[str, Any]:
    """Return the main container of the only task definition."""
    containers = properties(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    [container] = [one for one in containers if one["Name"] == "main"]
    return dict(container)


def statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return the statements of all policies of roles."""
    return [
        statement
        for policy in resources(stack, "AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def ingress(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return every open port: rules that stand alone, and rules inside their group."""
    alone = [rule["Properties"] for rule in resources(stack, "AWS::EC2::SecurityGroupIngress")]
    inside = [
        rule
        for group in resources(stack, "AWS::EC2::SecurityGroup")
        for rule in group["Properties"].get("SecurityGroupIngress", [])
    ]
    return [*alone, *inside]

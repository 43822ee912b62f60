"""Tests of `ListenerRule`."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import ListenerRule

HOST = {"priority": 1, "host_headers": ["a.example.com"]}


@pytest.fixture
def listener(stack: cdk.Stack) -> elbv2.IApplicationListener:
    return elbv2.ApplicationListener.from_application_listener_attributes(
        stack,
        "Listener",
        listener_arn="arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/a/b/c",
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1"),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"priority": 0, "host_headers": ["a.example.com"]}, "priority must be from 1 to 50000, got 0"),
        ({"priority": 50001, "host_headers": ["a.example.com"]}, "priority must be from 1 to 50000, got 50001"),
        ({"priority": 1, "host_headers": ["*.example.com"]}, "the first of host_headers must be one host"),
        ({"priority": 1, "host_headers": []}, "host_headers must name at least one host"),
        (
            {"priority": 1, "host_headers": ["a.example.com"], "path_patterns": ["/1", "/2", "/3", "/4", "/5"]},
            "one rule matches at most 5 values",
        ),
        ({**HOST, "path_patterns": ["v2"]}, "path_patterns must be paths that begin with '/', got 'v2'"),
        ({**HOST, "http_headers": {"X Version": ["2"]}}, "http_headers must be names of headers, got 'X Version'"),
        ({**HOST, "http_headers": {"X-Version": []}}, "http_headers must say which values of 'X-Version' match"),
    ],
)
def test_refuses(listener: elbv2.IApplicationListener, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ListenerRule(listener=listener, **arguments)

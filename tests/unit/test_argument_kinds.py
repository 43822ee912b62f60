"""Tests of the checks that many arguments share: lists, and whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, OpenTelemetryCollector, Scaling, TargetCpu, WebFirewall, WritablePath
from tests.templates import HEALTHY

IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")


@pytest.mark.parametrize("port", [True, "80", 80.0])
def test_a_whole_number_is_no_truth_value_and_no_text(port: Any) -> None:
    with pytest.raises(TypeError, match="Container: port must be a whole number, got"):
        Container(image=IMAGE, port=port)


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("entry_point", "sh"),
        ("entry_point", {"sh"}),
        ("not_secret", "TOKEN"),
        ("ulimits", [1]),
        ("writable_paths", WritablePath(container_path="/a")),
        ("writable_paths", ["/a"]),
        ("restart_ignored_exit_codes", 1),
    ],
)
def test_a_container_asks_for_lists(argument: str, values: Any) -> None:
    with pytest.raises(TypeError, match=f"Container: {argument} must be a list of "):
        Container(image=IMAGE, **{argument: values})


@pytest.mark.parametrize("policies", [["cpu"], TargetCpu(), [TargetCpu], 3])
def test_policies_are_a_list_of_what_can_be_bound(policies: Any) -> None:
    with pytest.raises(TypeError, match=r"Scaling: policies must be a list of policies, such as TargetCpu\(\), got"):
        Scaling(max_capacity=2, policies=policies)


@pytest.mark.parametrize("values", [("NET_ADMIN",), ["a", "b"], []])
def test_any_sequence_is_a_list(values: Sequence[str]) -> None:
    assert Container(image=IMAGE, command=values).command == values


@pytest.mark.parametrize(
    ("argument", "one", "of"),
    [
        ("capacity", "FARGATE_SPOT", "CapacityShare"),
        ("sidecars", OpenTelemetryCollector(image=IMAGE), "sidecars"),
        ("sidecars", [OpenTelemetryCollector], "sidecars"),
        ("security_groups", "sg-1", "ec2.ISecurityGroup"),
        ("security_groups", ["sg-1"], "ec2.ISecurityGroup"),
        ("deployment_alarms", ["alarm"], "cloudwatch.IAlarm"),
    ],
)
def test_a_tier_asks_for_lists(stack: cdk.Stack, cluster: ecs.Cluster, argument: str, one: Any, of: str) -> None:
    container = Container(image=IMAGE, port=80, health_check=HEALTHY)

    with pytest.raises(TypeError, match=f"Stack/App: {argument} must be a list of {of}"):
        AppServer(stack, "App", cluster=cluster, container=container, dns_name="app", **{argument: one})


def test_what_is_imported_is_taken(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    AppServer(
        stack,
        "App",
        cluster=cluster,
        container=Container(image=IMAGE, port=80, health_check=HEALTHY),
        dns_name="app",
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")],
        deployment_alarms=[
            cloudwatch.Alarm.from_alarm_arn(stack, "Alarm", "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:a")
        ],
    )


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("SizeRestrictions_BODI", "SizeRestrictions_BODY"),
        ("sizerestrictions_body", "SizeRestrictions_BODY"),
        ("NoUserAgent_HEADERS", "NoUserAgent_HEADER"),
        ("Log4jRCE_BODY", "Log4JRCE_BODY"),
    ],
)
def test_a_misspelt_rule_of_the_firewall_is_named(rule: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"counted_rules names no rule '{rule}' .did you mean '{meant}'?"):
        WebFirewall(counted_rules={"AWSManagedRulesCommonRuleSet": [rule]})


@pytest.mark.parametrize(
    "rule",
    ["SizeRestrictions_Cookie_HEADER", "GenericRFI_COOKIE", "CrossSiteScripting_HEADER", "EC2MetaDataSSRF_HEADER"],
)
def test_a_rule_that_aws_has_or_may_add_is_taken(rule: str) -> None:
    WebFirewall(counted_rules={"AWSManagedRulesCommonRuleSet": [rule]})

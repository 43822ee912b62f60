"""The defaults of every value: what leaves them out is equal to what says them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import SecretValue, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_logs as logs

from ecs_workloads import (
    AlarmThresholds,
    ArrivalRate,
    BacklogPerTask,
    CapacityShare,
    DownstreamLimit,
    EbsVolume,
    EfsVolume,
    FluentBit,
    InternalLoadBalancer,
    OidcAuthentication,
    OpenTelemetryCollector,
    RequestsPerTarget,
    Scaling,
    Scheduled,
    TargetCpu,
    TargetMemory,
    TargetTimings,
    WebFirewall,
    WritablePath,
)

MINUTE = timedelta(minutes=1)
COOLDOWNS = {"scale_out_cooldown": MINUTE, "scale_in_cooldown": 5 * MINUTE}
IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
OIDC = {
    "issuer": "https://id.example.com",
    "authorization_endpoint": "https://id.example.com/authorize",
    "token_endpoint": "https://id.example.com/token",
    "user_info_endpoint": "https://id.example.com/me",
    "client_id": "shop",
    "client_secret": SecretValue.secrets_manager("shop/oidc"),
}


@pytest.mark.parametrize(
    ("kind", "required", "defaults"),
    [
        (
            AlarmThresholds,
            {},
            {
                "failed_responses": 5,
                "slow_responses": timedelta(seconds=2),
                "unhealthy_hosts": 1,
                "no_running_task": 5 * MINUTE,
                "high_cpu": 90,
                "high_memory": 90,
                "restarts": 5,
                "oldest_message_age": "by_latency",
                "dead_letters": 1,
            },
        ),
        (
            ArrivalRate,
            {"processing_time": MINUTE},
            {"messages_at_once": 1, "target_utilization_percent": 75, **COOLDOWNS},
        ),
        (
            BacklogPerTask,
            {"acceptable_latency": MINUTE, "processing_time": MINUTE},
            {"messages_at_once": 1, **COOLDOWNS},
        ),
        (CapacityShare, {"capacity_provider": "Fleet"}, {"base": 0, "weight": 1, "interruptible": None}),
        (DownstreamLimit, {"name": "db", "connections": 100}, {"connections_per_task": 1}),
        (
            EbsVolume,
            {"name": "a", "container_path": "/a", "size_gib": 10},
            {"snapshot_id": None, "iops": None, "throughput_mib": None, "encryption_key": None},
        ),
        (
            FluentBit,
            {"image": IMAGE, "options": {"Name": "null"}},
            {"secret_options": {}, "policy_statements": (), "memory_limit_mib": 128},
        ),
        (
            InternalLoadBalancer,
            {},
            {
                "domain": None,
                "certificate": None,
                "health_check_path": "/",
                "startup_time": timedelta(seconds=30),
                "timings": TargetTimings(),
                "deletion_protection": True,
            },
        ),
        (OidcAuthentication, OIDC, {"scope": "openid", "session_timeout": timedelta(hours=12)}),
        (
            OpenTelemetryCollector,
            {"image": IMAGE},
            {"metric_namespace": "Application", "config": None, "policy_statements": (), "memory_limit_mib": 128},
        ),
        (RequestsPerTarget, {"requests_per_minute": 100}, COOLDOWNS),
        (
            Scaling,
            {},
            {"min_capacity": None, "max_capacity": 1, "policies": None, "zone_redundant": False, "downstream": ()},
        ),
        (
            Scheduled,
            {"name": "Noon", "schedule": "rate(1 hour)", "min_capacity": 1},
            {"max_capacity": None, "time_zone": "Etc/UTC"},
        ),
        (TargetCpu, {}, {"target_utilization_percent": 60, **COOLDOWNS}),
        (TargetMemory, {}, {"target_utilization_percent": 70, **COOLDOWNS}),
        (
            TargetTimings,
            {},
            {
                "health_check_interval": timedelta(seconds=10),
                "health_check_timeout": timedelta(seconds=5),
                "healthy_threshold_count": 2,
                "unhealthy_threshold_count": 3,
                "slow_start": None,
                "deregistration_delay": None,
                "health_check_grace_period": None,
            },
        ),
        (
            WebFirewall,
            {},
            {
                "managed_rule_groups": (
                    "AWSManagedRulesAmazonIpReputationList",
                    "AWSManagedRulesCommonRuleSet",
                    "AWSManagedRulesKnownBadInputsRuleSet",
                ),
                "counted_rules": {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)},
                "requests_per_ip": 10_000,
                "log_retention": logs.RetentionDays.THREE_MONTHS,
            },
        ),
        (WritablePath, {"container_path": "/a"}, {"size_mib": 64}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_is_left_out_is_the_default(kind: Any, required: dict[str, Any], defaults: dict[str, Any]) -> None:
    assert kind(**required) == kind(**required, **defaults)


def test_a_shared_folder_can_be_written_unless_told(stack: Stack) -> None:
    files = efs.FileSystem.from_file_system_attributes(
        stack,
        "Files",
        file_system_id="fs-12345678",
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1"),
    )
    folder = efs.AccessPoint.from_access_point_attributes(
        stack, "Folder", access_point_id="fsap-12345678", file_system=files
    )

    assert EfsVolume(name="a", container_path="/a", access_point=folder).read_only is False

"""The target group of a tier behind a load balancer."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Tokenization
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from ecs_workloads._checks import check_name, check_range, check_time, duration, is_token, require
from ecs_workloads.target_timings import TargetTimings

_HTTP, _HTTPS = elbv2.ApplicationProtocol.HTTP, elbv2.ApplicationProtocol.HTTPS
_LONGEST_PATH = 1024
_GRPC = elbv2.ApplicationProtocolVersion.GRPC


def target_group(
    scope: Construct,
    construct_id: str,
    *,
    vpc: ec2.IVpc,
    longest_request: timedelta,
    startup_time: timedelta,
    timings: TargetTimings,
    health_check_path: str,
    health_check_port: int | None = None,
    target_protocol: elbv2.ApplicationProtocol = _HTTP,
    protocol_version: elbv2.ApplicationProtocolVersion | None,
    stickiness_cookie_duration: timedelta | None = None,
    stickiness_cookie_name: str | None = None,
) -> elbv2.ApplicationTargetGroup:
    """Return a target group for tasks, whose times follow from the longest request and the time to start."""
    path = scope.node.path
    if protocol_version == _GRPC:
        method = "a method, such as /grpc.health.v1.Health/Check"
        check_name(path, "health_check_path of gRPC", health_check_path, r"/[\w.]+/\w+", method)
    else:
        check_name(path, "health_check_path", health_check_path, r"/\S*", "a path that begins with '/'")
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    require(
        is_token(health_check_path) or len(health_check_path) <= _LONGEST_PATH,
        path,
        f"health_check_path must have at most {_LONGEST_PATH} characters, got {len(health_check_path)}",
    )
    if health_check_port is not None:
        check_range(path, "health_check_port", health_check_port, 1, 65535)
    timings.grace_period_of(path, startup_time)
    delay = timings.deregistration_delay_of(path, longest_request)
    _check_stickiness(path, stickiness_cookie_duration, stickiness_cookie_name)
    tls = target_protocol == _HTTPS
    slow_start = timings.slow_start_of(startup_time)
    return elbv2.ApplicationTargetGroup(
        scope,
        construct_id,
        vpc=vpc,
        # Its port is only a default, which ECS overrules for each task: a group that named the container's port would
        # be replaced, and empty for a while, when that port changes.
        protocol=target_protocol,
        protocol_version=protocol_version,
        deregistration_delay=duration(delay),
        slow_start=duration(slow_start) if slow_start else None,
        stickiness_cookie_duration=None if stickiness_cookie_duration is None else duration(stickiness_cookie_duration),
        stickiness_cookie_name=stickiness_cookie_name,
        health_check=elbv2.HealthCheck(
            path=health_check_path,
            port=None if health_check_port is None else Tokenization.stringify_number(health_check_port),
            protocol=elbv2.Protocol.HTTPS if tls else None,
            healthy_grpc_codes="0" if protocol_version == _GRPC else None,
            interval=duration(timings.health_check_interval),
            timeout=duration(timings.health_check_timeout),
            healthy_threshold_count=timings.healthy_threshold_count,
            unhealthy_threshold_count=timings.unhealthy_threshold_count,
        ),
    )


def _check_stickiness(path: str, cookie_duration: timedelta | None, cookie_name: str | None) -> None:
    if cookie_duration is not None:
        check_time(path, "stickiness_cookie_duration", cookie_duration, timedelta(seconds=1), timedelta(days=7))
    if cookie_name is not None:
        require(cookie_duration is not None, path, "stickiness_cookie_name needs a stickiness_cookie_duration")
        check_name(
            path,
            "stickiness_cookie_name",
            cookie_name,
            r"(?!AWSALB)[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}",
            "the name of a cookie that does not begin with AWSALB",
        )

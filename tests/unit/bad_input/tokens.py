"""Values that are known only at deployment, where a known one would be checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns

from ecs_workloads import (
    AlarmThresholds,
    ArrivalRate,
    CapacityShare,
    Domain,
    DownstreamLimit,
    FluentBit,
    OpenTelemetryCollector,
    RequestsPerTarget,
    Scheduled,
    TargetCpu,
    TargetMemory,
    TargetTimings,
    WebFirewall,
    WritablePath,
)
from tests.unit.bad_input import bounds
from tests.unit.bad_input.entries import jwt, oidc
from tests.unit.bad_input.row import IMAGE, TIER, Agent, Bench, TokenRow
from tests.unit.bad_input.volumes import disk, scratch, shared

_SECOND = timedelta(seconds=1)


def _scheduled(**changes: Any) -> Scheduled:
    arguments: dict[str, Any] = {"name": "Night", "schedule": "rate(1 hour)", "min_capacity": 1, **changes}
    return Scheduled(**arguments)


def _files(soft_limit: float, hard_limit: float) -> ecs.Ulimit:
    return ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=soft_limit, hard_limit=hard_limit)


def _subscribe_to_token(at: Bench) -> None:
    topic = sns.Topic.from_topic_arn(at.stack, "Sales", at.text)
    at.queue(fifo=True).subscribe_to("Sales", topic=topic)


ROWS = (
    *bounds.TOKEN_ROWS,
    TokenRow("path of a health check", lambda at: at.web(health_check_path=at.text)),
    TokenRow(
        "method of a health check",
        lambda at: at.web(health_check_path=at.text, protocol_version=elbv2.ApplicationProtocolVersion.GRPC),
    ),
    TokenRow("path of a health check of many parts", lambda at: at.web(health_check_path=f"/{60 * at.text}")),
    TokenRow("host", lambda at: at.rule(host_headers=[at.text])),
    TokenRow("time zone", lambda at: _scheduled(time_zone=at.text)),
    TokenRow("port", lambda at: at.container(port=at.number)),
    TokenRow("cpu", lambda at: at.container(cpu=at.number)),
    TokenRow("variable", lambda at: at.container(environment={at.text: "x"})),
    TokenRow(
        "retries of a health check",
        lambda at: at.container(health_check=ecs.HealthCheck(command=["CMD", "healthy"], retries=at.number)),
    ),
    TokenRow(
        "retries of a sidecar's health check",
        lambda at: at.app(
            sidecars=[Agent(health_check=ecs.HealthCheck(command=["CMD", "healthy"], retries=at.number))]
        ),
    ),
    TokenRow("working_directory", lambda at: at.container(working_directory=at.text)),
    TokenRow("ephemeral_storage_gib", lambda at: at.container(ephemeral_storage_gib=at.number)),
    TokenRow(
        "exit code",
        lambda at: at.container(restart_attempt_period=timedelta(minutes=5), restart_ignored_exit_codes=[at.number]),
    ),
    TokenRow("folder", lambda at: WritablePath(container_path=at.text)),
    TokenRow("folder's size", lambda at: WritablePath(container_path="/a", size_mib=at.number)),
    TokenRow("scratch volume", lambda at: scratch(name=at.text)),
    TokenRow("scratch volume's path", lambda at: scratch(container_path=at.text)),
    TokenRow("EFS volume", lambda at: shared(at, name=at.text)),
    TokenRow("EFS volume's path", lambda at: shared(at, container_path=at.text)),
    TokenRow("EBS volume", lambda at: disk(name=at.text)),
    TokenRow("EBS volume's path", lambda at: disk(container_path=at.text)),
    TokenRow("snapshot_id", lambda at: disk(snapshot_id=at.text)),
    TokenRow("iops", lambda at: disk(iops=at.number, throughput_mib=125)),
    TokenRow("throughput_mib", lambda at: disk(throughput_mib=at.number)),
    TokenRow("shared folder's path", lambda at: at.folder(path=at.text)),
    TokenRow("shared folder's user", lambda at: at.folder(uid=at.text)),
    TokenRow("shared folder's permissions", lambda at: at.folder(permissions=at.text)),
    TokenRow("sidecar's memory", lambda at: at.app(sidecars=[Agent(memory_limit_mib=at.number)])),
    TokenRow(
        "memory_limit_mib",
        lambda at: at.app(container=at.served(memory_limit_mib=at.number), sidecars=[Agent()]),
    ),
    TokenRow("sidecar's variable", lambda at: at.app(sidecars=[Agent(environment={at.text: "x"})])),
    TokenRow("image", lambda at: at.app(container=at.served(image=ecs.ContainerImage.from_registry(at.text)))),
    TokenRow("sidecar's image", lambda at: at.app(sidecars=[Agent(image=ecs.ContainerImage.from_registry(at.text))])),
    TokenRow(
        "log router's image",
        lambda at: at.app(
            sidecars=[FluentBit(image=ecs.ContainerImage.from_registry(at.text), options={"Name": "null"})]
        ),
    ),
    TokenRow("metric_namespace", lambda at: OpenTelemetryCollector(image=IMAGE, metric_namespace=at.text)),
    TokenRow("repository_prefix", lambda at: at.cache(repository_prefix=at.text)),
    TokenRow("cached image", lambda at: at.cache().image(at.text, "1.0.0")),
    TokenRow("cached image's tag", lambda at: at.cache().image("acme/worker", at.text)),
    TokenRow("image's tag", lambda at: at.repository().image(at.text)),
    TokenRow("fewest tasks of a tier", lambda at: replace(TIER, min_capacity=at.number)),
    TokenRow("repository_name", lambda at: at.repository(repository_name=at.text)),
    TokenRow("pull_account_ids", lambda at: at.repository(pull_account_ids=[at.text])),
    TokenRow("arrivals' target", lambda at: ArrivalRate(processing_time=_SECOND, target_utilization_percent=at.number)),
    TokenRow("requests", lambda at: RequestsPerTarget(requests_per_minute=at.number)),
    TokenRow("cpu target", lambda at: TargetCpu(target_utilization_percent=at.number)),
    TokenRow("memory target", lambda at: TargetMemory(target_utilization_percent=at.number)),
    TokenRow("schedule's name", lambda at: _scheduled(name=at.text)),
    TokenRow("schedule", lambda at: _scheduled(schedule=at.text)),
    TokenRow("schedule's min", lambda at: _scheduled(min_capacity=at.number)),
    TokenRow("schedule's max", lambda at: _scheduled(max_capacity=at.number)),
    TokenRow("base", lambda at: CapacityShare.fargate(base=at.number, weight=0)),
    TokenRow("namespace_name", lambda at: at.container_cluster(namespace_name=at.text)),
    TokenRow(
        "zone_name",
        lambda at: Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name=at.text),
    ),
    TokenRow(
        "domain_name",
        lambda at: Domain(domain_name=at.text, hosted_zone_id="Z1", zone_name="example.com"),
    ),
    TokenRow(
        "priority",
        lambda at: at.rule(priority=at.number),
    ),
    TokenRow("path_patterns", lambda at: at.rule(path_patterns=[at.text])),
    TokenRow("http_headers", lambda at: at.rule(http_headers={at.text: ["2"]})),
    TokenRow("requests_per_ip", lambda at: WebFirewall(requests_per_ip=at.number)),
    TokenRow("forwarded_ip_header", lambda at: WebFirewall(forwarded_ip_header=at.text)),
    TokenRow("issuer", lambda at: oidc(issuer=at.text)),
    TokenRow("client_secret", lambda at: oidc(client_secret=cdk.SecretValue.unsafe_plain_text(at.text))),
    TokenRow("issuer of tokens", lambda at: jwt(issuer=at.text)),
    TokenRow("unhealthy_threshold_count", lambda at: TargetTimings(unhealthy_threshold_count=at.number)),
    # Through a tier, which computes its grace period from it.
    TokenRow("healthy_threshold_count", lambda at: at.web(timings=TargetTimings(healthy_threshold_count=at.number))),
    TokenRow("max_failed_percent", lambda at: at.web(max_failed_percent=at.number)),
    TokenRow(
        "percent of an alarm",
        lambda at: AlarmThresholds(failed_responses=at.number, high_cpu=at.number, high_memory=at.number),
    ),
    TokenRow("number of an alarm", lambda at: AlarmThresholds(unhealthy_hosts=at.number, dead_letters=at.number)),
    TokenRow("restarts", lambda at: AlarmThresholds(restarts=at.number)),
    TokenRow(
        "connections of a task", lambda at: DownstreamLimit(name="db", connections=1, connections_per_task=at.number)
    ),
    TokenRow("soft limit", lambda at: at.container(ulimits=[_files(at.number, 1)])),
    TokenRow("hard limit", lambda at: at.container(ulimits=[_files(1, at.number)])),
    TokenRow("health_check_port", lambda at: at.web(health_check_port=at.number)),
    TokenRow(
        "stickiness_cookie_name",
        lambda at: at.web(stickiness_cookie_duration=_SECOND, stickiness_cookie_name=at.text),
    ),
    TokenRow("certificate_authority_arn", lambda at: at.app(certificate_authority_arn=at.text)),
    TokenRow("dns_name", lambda at: at.app(dns_name=at.text)),
    TokenRow("discovery_name", lambda at: at.app(discovery_name=at.text)),
    TokenRow("broker's dns_name", lambda at: at.broker(dns_name=at.text)),
    TokenRow("prefix", lambda at: at.sqs_queue.connection_environment(at.text)),
    TokenRow("max_receive_count", lambda at: at.queue(max_receive_count=at.number)),
    TokenRow("queue's name of many parts", lambda at: at.rabbit_queue(name=20 * at.text)),
    TokenRow("queue_name", lambda at: at.queue(queue_name=at.text)),
    TokenRow("queue_name of a FIFO queue", lambda at: at.queue(queue_name=f"{at.text}.fifo", fifo=True)),
    TokenRow("ARN of a FIFO topic", _subscribe_to_token),
    TokenRow("instance type", lambda at: at.managed_broker(host_instance_type=at.text)),
    TokenRow(
        "time of maintenance",
        lambda at: at.managed_broker(
            maintenance_window=amazonmq.CfnBroker.MaintenanceWindowProperty(
                day_of_week="SUNDAY", time_of_day=at.text, time_zone="UTC"
            )
        ),
    ),
    TokenRow("name of a managed broker's queue", lambda at: at.managed_queue(name=20 * at.text)),
    TokenRow("endpoint", lambda at: at.managed_queue(endpoint=at.text)),
    TokenRow("queue's port", lambda at: at.rabbit_queue(port=at.number)),
)

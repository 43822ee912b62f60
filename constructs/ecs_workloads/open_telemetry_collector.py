"""Traces and metrics of a program, collected beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, require
from ecs_workloads.extensible_task import ExtensibleTask

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_HEALTH_PORT = 13133  # which the command of the health check asks
# The uid of the image of AWS's distribution.
_USER = "4317:4317"
# Only on the loopback of the task. The memory limiter refuses data before ECS kills the container for it.
_CONFIG = """\
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "localhost:4317"}
      http: {endpoint: "localhost:4318"}
processors:
  memory_limiter: {check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 20}
  resourcedetection: {detectors: [env, ecs]}
  batch: {}
exporters:
  awsxray: {}
  awsemf: {namespace: "%(namespace)s", log_group_name: "%(log_group)s", log_stream_name: "metrics"}
extensions:
  health_check: {endpoint: "localhost:13133"}
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, resourcedetection, batch], exporters: [awsxray]}
    metrics: {receivers: [otlp], processors: [memory_limiter, resourcedetection, batch], exporters: [awsemf]}
"""
_TRACE_ACTIONS = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class OpenTelemetryCollector:
    """The AWS Distro for OpenTelemetry beside the program: traces to X-Ray, metrics to CloudWatch.

    The program finds it by ``OTEL_EXPORTER_OTLP_ENDPOINT``, which all OpenTelemetry SDKs read; nothing outside
    the task can reach it. It starts before the program and stops after it. If it fails it is started again, and
    the program goes on.

    Args:
        image: The image of AWS's distribution, such as ``public.ecr.aws/aws-observability/aws-otel-collector``, with
            its version or digest.
        metric_namespace: Namespace of the metrics in CloudWatch, 1 to 255 characters.
        config: Configuration of the collector in YAML. Defaults to OTLP in, X-Ray and CloudWatch out.
        policy_statements: Permissions that a ``config`` of your own needs. Defaults to none besides those to
            write traces and to write to the log group of the tier.
        memory_limit_mib: Memory at which the collector is killed, in MiB, out of the task's.

    Raises:
        ValueError: A value is out of its range, or the program's container sets the variable itself, or listens on a
            port of the collector, 4317, 4318 or 13133.
        TypeError: An argument is of another kind.
    """

    image: ecs.ContainerImage
    metric_namespace: str = "Application"
    config: str | None = None
    policy_statements: Sequence[iam.PolicyStatement] = ()
    memory_limit_mib: int = 128

    def __post_init__(self) -> None:
        check_name(
            "OpenTelemetryCollector",
            "metric_namespace",
            self.metric_namespace,
            r"(?!AWS/)[A-Za-z0-9._/#:-]{1,255}",
            "1 to 255 letters, digits and ._/#:- and not begin with AWS/",
        )

    def bind(self, task: ExtensibleTask) -> None:
        """Add the collector to ``task``."""
        taken = {4318, _HEALTH_PORT} if self.config else {4317, 4318, _HEALTH_PORT}
        ports = [mapping.container_port for mapping in task.container.port_mappings]
        require(
            not taken & set(ports),
            task.path,
            f"container.port must be none of {', '.join(map(str, sorted(taken)))}, on which the OpenTelemetryCollector "
            f"listens in the same task, got {ports[0] if ports else None}",
        )
        task.add_environment(_ENDPOINT, "http://localhost:4318")
        config = self.config or _CONFIG % {
            "namespace": self.metric_namespace,
            "log_group": task.log_group.log_group_name,
        }
        task.add_container(
            "otel-collector",
            image=self.image,
            user=_USER,
            memory_limit_mib=self.memory_limit_mib,
            environment={"AOT_CONFIG_CONTENT": config},
            health_check=ecs.HealthCheck(command=["CMD", "/healthcheck"]),
        )
        role = task.task_definition
        # X-Ray knows no resource to which these could be limited.
        role.add_to_task_role_policy(iam.PolicyStatement(actions=list(_TRACE_ACTIONS), resources=["*"]))
        task.log_group.grant_write(role.task_role)
        for statement in self.policy_statements:
            role.add_to_task_role_policy(statement)

"""How many tasks of a service run, measured by what every service publishes."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_workloads.tier_metrics import TierMetrics


def metric_running_tasks(service: ecs.BaseService) -> cloudwatch.Metric:
    """Return the number of running tasks of ``service``; see `TierMetrics.metric_running_tasks`."""
    return TierMetrics(
        cluster_name=service.cluster.cluster_name, service_name=service.service_name, min_capacity=0
    ).metric_running_tasks()

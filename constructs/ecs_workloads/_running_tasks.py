"""How many tasks of a service run, measured by what every service publishes."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_workloads._once import once
from ecs_workloads.tier_metrics import TierMetrics


def metric_running_tasks(service: ecs.BaseService) -> cloudwatch.Metric:
    """Return the number of running tasks of ``service``; see `TierMetrics.metric_running_tasks`."""
    cluster_name, service_name = service_names(service)
    return TierMetrics(cluster_name=cluster_name, service_name=service_name, min_capacity=0).metric_running_tasks()


@once
def service_names(service: ecs.BaseService) -> tuple[str, str]:
    """Return the names by which CloudWatch knows ``service``: that of its cluster, and its own."""
    return _name_of(service.cluster), service.service_name


@once
def _name_of(cluster: ecs.ICluster) -> str:
    return cluster.cluster_name

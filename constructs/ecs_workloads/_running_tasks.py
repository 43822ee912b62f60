"""How many tasks of a service run, measured by what every service publishes."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs


def metric_running_tasks(service: ecs.BaseService) -> cloudwatch.Metric:
    """Return the number of running tasks of ``service``, on any cluster and at no charge.

    Each running task adds one sample a minute to its service's CPU metric, so that the sample count of one
    minute is the number of tasks ("Service RUNNING task count" in
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html). With no task there is
    no sample: expressions fill the gap with 0.
    """
    return cloudwatch.Metric(
        namespace="AWS/ECS",
        metric_name="CPUUtilization",
        dimensions_map={"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name},
        statistic="SampleCount",
        period=Duration.minutes(1),
    )

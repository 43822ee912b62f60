"""The operations layer: what people look at."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks import shared_values
from stacks.environments import IMAGES, Environment


class OperationsStack(cdk.Stack):
    """One dashboard: a row for each tier, and one for the queue where it has metrics."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        for tier in IMAGES:
            dashboard.add_widgets(
                *(self._utilization(tier, metric) for metric in ("CPUUtilization", "MemoryUtilization"))
            )
        orders = shared_values.orders(self, environment)
        depth = [orders.metric_messages_waiting(), orders.metric_messages_in_flight()]
        measured = [metric for metric in depth if metric is not None]
        if measured:
            dashboard.add_widgets(cloudwatch.GraphWidget(title="orders", left=measured, width=24))

    def _utilization(self, tier: str, metric_name: str) -> cloudwatch.GraphWidget:
        cluster_name = shared_values.read(self, self._environment, "platform", "cluster-name")
        service_name = shared_values.read(self, self._environment, "application", f"{tier}-service-name")
        dimensions = {"ClusterName": cluster_name, "ServiceName": service_name}
        return cloudwatch.GraphWidget(
            title=f"{tier} {metric_name}",
            width=12,
            left=[
                cloudwatch.Metric(
                    namespace="AWS/ECS", metric_name=metric_name, dimensions_map=dimensions, statistic=statistic
                )
                for statistic in ("Average", "Maximum")
            ],
        )

"""What is measured of one tier."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import is_token, require
from ecs_workloads._plain_metric import PlainMetric, plain_metric
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.queue_metrics import QueueMetrics
from ecs_workloads.request_metrics import RequestMetrics
from ecs_workloads.service_connect_metrics import ServiceConnectMetrics

_MINUTE = Duration.minutes(1)
_MISSING = "IF(deployments < 2 AND running < desired, desired - running, 0)"


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class TierMetrics:
    """What is measured of one tier: what `Alarms` and `Dashboard` take.

    Every tier has its own, as ``tier.metrics``. Make one yourself for a service of which you only know the names.

    Args:
        cluster_name: Name of the cluster.
        service_name: Name of the service.
        min_capacity: Fewest tasks that the tier ever runs. With 0, for a tier that is stopped at night, or starts
            its first task for a message, there is no alarm on running tasks.
        path: Construct path of the tier, for descriptions. Defaults to none.
        requests: Requests to the tier, as its load balancer or Service Connect measures them. Defaults to none.
        queue: Queue from which the tier takes its work, if it has one with metrics.
        broker: What the broker tells of itself, where the tier is one that has metrics.
        restarts_in_place: Whether ECS starts the container again in its task when it ends, as
            ``Container.restart_attempt_period`` makes it. Then the ``restarts`` alarm sees that too.
        suspended: Whether the tier is stopped on purpose. Then there is no alarm on running tasks, on responses and
            hosts, and on messages that wait. Dead letters are told of all the same.

    Raises:
        ValueError: ``min_capacity`` is negative.
        TypeError: An argument is of another kind.
    """

    cluster_name: str
    service_name: str
    min_capacity: int
    path: str | None = None
    requests: RequestMetrics | ServiceConnectMetrics | None = None
    queue: QueueMetrics | None = None
    broker: BrokerMetrics | None = None
    restarts_in_place: bool = False
    suspended: bool = False

    def __post_init__(self) -> None:
        subject = "TierMetrics" if self.path is None else self.path
        require(
            is_token(self.min_capacity) or self.min_capacity >= 0,
            subject,
            f"min_capacity must be at least 0, got {self.min_capacity}",
        )

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Return the CPU that the tasks use of what they have: percent, average over the tasks."""
        return self._of_service("AWS/ECS", "CPUUtilization", "Average")

    def metric_memory_utilization(self) -> cloudwatch.Metric:
        """Return the memory that the tasks use of what they have: percent, average over the tasks."""
        return self._of_service("AWS/ECS", "MemoryUtilization", "Average")

    def metric_running_tasks(self) -> cloudwatch.Metric:
        """Return the number of running tasks, on any cluster and at no charge: count, sample count of one minute.

        Each running task adds one sample a minute to its service's CPU metric, so that the sample count of one
        minute is the number of tasks ("Service RUNNING task count" in
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html). With no task there is
        no sample: expressions fill the gap with 0.
        """
        return self._of_service("AWS/ECS", "CPUUtilization", "SampleCount")

    def metric_missing_tasks(self) -> cloudwatch.MathExpression:
        """Return the number of tasks that should run and do not, 0 during a deployment: count.

        It needs Container Insights, of either kind, on the cluster: `ContainerCluster` has it. A container that ECS
        starts again in its task is no missing task: see `metric_restarts`.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-enhanced-observability-metrics-ECS.html
        """
        return cloudwatch.MathExpression(
            label="Tasks that are missing",
            expression=_MISSING,
            using_metrics=self._task_counts(),
            period=_MINUTE,
        )

    def metric_restarts(self) -> cloudwatch.MathExpression:
        """Return the tasks that are missing, and 1 more in a minute in which containers start again in their tasks.

        It needs Container Insights too, whose ``RestartCount`` exists for containers with a restart policy: that of
        the tier, by ``Container.restart_attempt_period``, and sidecars that are not essential. What counts is a
        rise, since AWS does not say whether the count begins anew each minute.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
        """
        restarts = self._of_service("ECS/ContainerInsights", "RestartCount", "Sum")
        return cloudwatch.MathExpression(
            label="Tasks that are missing or start again",
            expression=f"{_MISSING} + IF(DIFF(FILL(restarts, 0)) > 0, 1, 0)",
            using_metrics={**self._task_counts(), "restarts": restarts},
            period=_MINUTE,
        )

    def _task_counts(self) -> dict[str, cloudwatch.IMetric]:
        names = {"desired": "DesiredTaskCount", "running": "RunningTaskCount", "deployments": "DeploymentCount"}
        return {key: self._of_service("ECS/ContainerInsights", name, "Average") for key, name in names.items()}

    def _of_service(self, namespace: str, metric_name: str, statistic: str) -> cloudwatch.Metric:
        dimensions = {"ClusterName": self.cluster_name, "ServiceName": self.service_name}
        return plain_metric(
            PlainMetric(namespace=namespace, metric_name=metric_name, dimensions=dimensions, statistic=statistic)
        )

"""What is measured of the requests to one tier."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._argument_kinds import checks_arguments

_MINUTE = Duration.minutes(1)
# With fewer requests in a minute, one failure would already be a large share of them.
_FEWEST_REQUESTS = 20


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class RequestMetrics:
    """The requests that a load balancer sends to one tier.

    A web server has its own, as ``web.metrics.requests``. Make one yourself where you only know the names.

    Args:
        load_balancer_full_name: Last part of the load balancer's ARN, such as ``app/shop/0123456789abcdef``.
        target_group_full_name: Last part of the target group's ARN, such as ``targetgroup/web/0123456789abcdef``.
        owns_load_balancer: Whether the tier is alone on the load balancer. Then what the load balancer answers
            itself, 502, 503 and 504, counts as a failure of the tier.
    """

    load_balancer_full_name: str
    target_group_full_name: str
    owns_load_balancer: bool = True

    def metric_requests(self) -> cloudwatch.Metric:
        """Return the number of requests sent to the tasks in one minute: count, sum."""
        return self._of_targets("RequestCount", "Sum")

    def metric_failed_responses(self) -> cloudwatch.IMetric:
        """Return the number of requests answered with 5xx in one minute: count, sum.

        By the tasks, and on a load balancer of its own also by the load balancer.
        """
        failed = self._of_targets("HTTPCode_Target_5XX_Count", "Sum")
        if not self.owns_load_balancer:
            return failed
        return cloudwatch.MathExpression(
            label="Requests that fail",
            expression="FILL(failed, 0) + FILL(unanswered, 0)",
            using_metrics={"failed": failed, "unanswered": self._unanswered()},
            period=_MINUTE,
        )

    def metric_failed_percent(self) -> cloudwatch.MathExpression:
        """Return the share of requests that fail with 5xx, in percent; 0 with less than 20 requests in a minute."""
        metrics: dict[str, cloudwatch.IMetric] = {
            "requests": self.metric_requests(),
            "failed": self._of_targets("HTTPCode_Target_5XX_Count", "Sum"),
        }
        failures, total = "FILL(failed, 0)", "FILL(requests, 0)"
        if self.owns_load_balancer:
            # What the load balancer answers itself when no task does, 502, 503 and 504: without a healthy task
            # these are all there is, and not among the requests.
            metrics["unanswered"] = self._unanswered()
            failures, total = "(FILL(failed, 0) + FILL(unanswered, 0))", "(FILL(requests, 0) + FILL(unanswered, 0))"
        return cloudwatch.MathExpression(
            label="Percent of requests that fail",
            expression=f"IF({total} >= {_FEWEST_REQUESTS}, 100 * {failures} / {total}, 0)",
            using_metrics=metrics,
            period=_MINUTE,
        )

    def metric_response_time(self, statistic: str = "p99") -> cloudwatch.Metric:
        """Return the time from sending a request to a task until its answer begins: seconds.

        Args:
            statistic: Any of CloudWatch, such as ``p50``, ``p99`` or ``Average``.
        """
        return self._of_targets("TargetResponseTime", statistic)

    def metric_unhealthy_hosts(self) -> cloudwatch.Metric:
        """Return the number of tasks that fail the health check of the load balancer: count, maximum."""
        return self._of_targets("UnHealthyHostCount", "Maximum")

    def _of_targets(self, metric_name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name=metric_name,
            dimensions_map={"LoadBalancer": self.load_balancer_full_name, "TargetGroup": self.target_group_full_name},
            statistic=statistic,
            period=_MINUTE,
        )

    def _unanswered(self) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name="HTTPCode_ELB_5XX_Count",
            dimensions_map={"LoadBalancer": self.load_balancer_full_name},
            statistic="Sum",
            period=_MINUTE,
        )

"""What is measured of the requests to one tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_time

_MINUTE = Duration.minutes(1)
# With fewer requests in a minute, one failure would already be a large share of them.
_FEWEST_REQUESTS = 20
# The metrics of an alarm are chosen when it is made, before others may join the load balancer. Then they stay in its
# expression, since CloudWatch does not say that it takes an alarm with metrics of no use.
_UNCOUNTED = "0 * "


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class RequestMetrics:
    """The requests that a load balancer sends to one tier.

    A web server has its own, as ``web.metrics.requests``. Make one yourself where you only know the names.

    Args:
        load_balancer_full_name: Last part of the load balancer's ARN, such as ``app/shop/0123456789abcdef``.
        target_group_full_name: Last part of the target group's ARN, such as ``targetgroup/web/0123456789abcdef``.
        owns_load_balancer: Whether the tier is alone on the load balancer. Then what the load balancer answers
            itself, such as 502, 503 and 504, counts as a failure of the tier. Of a web server, it no longer does once
            another service of the app has a `ListenerRule` on its listener, or after
            `WebServer.share_load_balancer`.
        health_check_grace_period: Time for which a new task may fail its health checks, up to one day. The
            ``unhealthy_hosts`` alarm waits for a minute more, and for five at least. Defaults to none.

    Raises:
        ValueError: The grace period is out of its range.
        TypeError: An argument is of another kind.
    """

    load_balancer_full_name: str
    target_group_full_name: str
    owns_load_balancer: bool = True
    health_check_grace_period: timedelta | None = None

    def __post_init__(self) -> None:
        grace = self.health_check_grace_period
        if grace is not None:
            check_time("RequestMetrics", "health_check_grace_period", grace, timedelta(0), timedelta(days=1))

    def metric_requests(self) -> cloudwatch.Metric:
        """Return the number of requests sent to the tasks in one minute: count, sum."""
        return self._of_targets("RequestCount", "Sum")

    def metric_failed_responses(self) -> cloudwatch.IMetric:
        """Return the number of requests answered with 5xx in one minute: count, sum.

        By the tasks, and also by the load balancer where the tier is alone on it.
        """
        failed = self._of_targets("HTTPCode_Target_5XX_Count", "Sum")
        if not self._is_alone():
            return failed
        return cloudwatch.MathExpression(
            label="Requests that fail",
            expression=self._as_one_of(_failures(), _failures(_UNCOUNTED)),
            using_metrics={"failed": failed, "unanswered": self._of_load_balancer("HTTPCode_ELB_5XX_Count")},
            period=_MINUTE,
        )

    def metric_failed_percent(self) -> cloudwatch.MathExpression:
        """Return the share of requests that fail with 5xx, in percent; 0 with less than 20 requests in a minute.

        ``RequestCount`` has the requests for which the load balancer chose a task. A 502 or 504 is its answer when that
        task fails it, so that these are counted already; any other 5xx of its own, such as 503 without a task or what
        an ``authentication`` makes, is not.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
        """
        metrics: dict[str, cloudwatch.IMetric] = {
            "requests": self.metric_requests(),
            "failed": self._of_targets("HTTPCode_Target_5XX_Count", "Sum"),
        }
        if self._is_alone():
            metrics["unanswered"] = self._of_load_balancer("HTTPCode_ELB_5XX_Count")
            metrics["bad_gateway"] = self._of_load_balancer("HTTPCode_ELB_502_Count")
            metrics["timed_out"] = self._of_load_balancer("HTTPCode_ELB_504_Count")
            expression = self._as_one_of(
                _percent(f"({_failures()})", f"({_total()})"),
                _percent(f"({_failures(_UNCOUNTED)})", f"({_total(_UNCOUNTED)})"),
            )
        else:
            expression = _percent("FILL(failed, 0)", "FILL(requests, 0)")
        return cloudwatch.MathExpression(
            label="Percent of requests that fail",
            expression=expression,
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

    def _of_load_balancer(self, metric_name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name=metric_name,
            dimensions_map={"LoadBalancer": self.load_balancer_full_name},
            statistic="Sum",
            period=_MINUTE,
        )

    def _is_alone(self) -> bool:
        """Return whether the tier is to blame for what the load balancer answers itself, as far as is known now."""
        return self.owns_load_balancer

    def _as_one_of(self, alone: str, shared: str) -> str:
        """Return the expression of a tier that is alone, or that of one which shares the load balancer."""
        del shared
        return alone


def _failures(times: str = "") -> str:
    return f"FILL(failed, 0) + {times}FILL(unanswered, 0)"


def _total(times: str = "") -> str:
    return f"FILL(requests, 0) + {times}(FILL(unanswered, 0) - FILL(bad_gateway, 0) - FILL(timed_out, 0))"


def _percent(failures: str, total: str) -> str:
    return f"IF({total} >= {_FEWEST_REQUESTS}, 100 * {failures} / {total}, 0)"

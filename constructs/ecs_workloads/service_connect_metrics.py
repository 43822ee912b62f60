"""What Service Connect measures of the requests to one tier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._argument_kinds import checks_arguments

_MINUTE = Duration.minutes(1)
# With fewer requests in a minute, one failure would already be a large share of them.
_FEWEST_REQUESTS = 20


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class ServiceConnectMetrics:
    """The requests that other tiers send to one tier by Service Connect.

    An `AppServer` with a ``dns_name`` has its own, as ``app.metrics.requests``. Make one yourself where you only know
    the names. They exist for HTTP/1.1 and HTTP/2, not for gRPC.

    ECS counts failures and times them by the name that is called: the ``ServiceName`` that it can add to those two is
    the caller's. So tiers with one name, in several clusters of one account and region, share them: give each a
    ``discovery_name`` of its own. Only answers of the program count: a 503 or 504 of a proxy, when no task answers,
    does not.

    The metrics are listed at https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html.
    Their dimensions here are taken from projects that use them, and were not tried on AWS; nor was whether ECS
    publishes percentiles of the response time. Where it does not, ``slow_responses`` stays silent.

    Args:
        discovery_name: Name of the tier in the namespace: for an `AppServer`, its ``discovery_name``, else its
            ``dns_name``.
        cluster_name: Name of the tier's cluster.
        service_name: Name of the tier's service.

    Raises:
        TypeError: An argument is of another kind.
    """

    discovery_name: str
    cluster_name: str
    service_name: str

    def metric_requests(self) -> cloudwatch.Metric:
        """Return the number of requests that the proxies of this tier take in one minute: count, sum."""
        dimensions = {
            "DiscoveryName": self.discovery_name,
            "ClusterName": self.cluster_name,
            "ServiceName": self.service_name,
        }
        return _metric("RequestCount", "Sum", dimensions)

    def metric_failed_responses(self) -> cloudwatch.Metric:
        """Return the number of requests that tasks of this name answer with 5xx in one minute: count, sum."""
        return self._of_name("HTTPCode_Target_5XX_Count", "Sum")

    def metric_failed_percent(self) -> cloudwatch.MathExpression:
        """Return the share of requests that fail with 5xx, in percent; 0 with less than 20 requests in a minute."""
        return cloudwatch.MathExpression(
            label="Percent of requests that fail",
            expression=f"IF(FILL(requests, 0) >= {_FEWEST_REQUESTS}, 100 * FILL(failed, 0) / FILL(requests, 0), 0)",
            using_metrics={
                # Of all tiers with the name, as the failures are: a share needs both of the same.
                "requests": _metric("RequestCount", "Sum", {"DiscoveryName": self.discovery_name}),
                "failed": self.metric_failed_responses(),
            },
            period=_MINUTE,
        )

    def metric_response_time(self, statistic: str = "p99") -> cloudwatch.MathExpression:
        """Return the time from a request's arrival at a task's proxy until the program's answer: seconds.

        Args:
            statistic: Any of CloudWatch, such as ``p50``, ``p99`` or ``Average``.
        """
        # One graph cannot have two metrics of one name.
        name = re.sub(r"\W", "_", f"milliseconds_{statistic}")
        return cloudwatch.MathExpression(
            label=f"Response time {statistic}",
            # ECS measures milliseconds, where a load balancer measures seconds.
            expression=f"{name} / 1000",
            using_metrics={name: self._of_name("TargetResponseTime", statistic)},
            period=_MINUTE,
        )

    def _of_name(self, metric_name: str, statistic: str) -> cloudwatch.Metric:
        return _metric(metric_name, statistic, {"TargetDiscoveryName": self.discovery_name})


def _metric(metric_name: str, statistic: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ECS",
        metric_name=metric_name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=_MINUTE,
    )

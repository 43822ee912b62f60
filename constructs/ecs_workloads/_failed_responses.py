"""An alarm on the share of requests that a web server fails to answer."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

_MINUTE = Duration.minutes(1)
# With fewer requests in a minute, one failure would already be a large share of them.
_FEWEST_REQUESTS = 20


def failed_responses_alarm(
    scope: Construct,
    construct_id: str,
    *,
    target_group: elbv2.ApplicationTargetGroup,
    load_balancer: elbv2.ApplicationLoadBalancer | None,
    max_percent: float,
) -> cloudwatch.Alarm:
    """Return an alarm that goes off when more than ``max_percent`` fail in two of three minutes.

    It looks at the load balancer alone, never at the service: a service whose deployment refers to an alarm on
    a metric of its own depends on itself.
    """
    metrics: dict[str, cloudwatch.IMetric] = {
        "requests": target_group.metrics.request_count(period=_MINUTE),
        "failed": target_group.metrics.http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=_MINUTE),
    }
    failures, total = "FILL(failed, 0)", "FILL(requests, 0)"
    if load_balancer is not None:
        # What the load balancer answers itself when no task does, 502, 503 and 504: without a healthy task these
        # are all there is, and not among the requests.
        metrics["unanswered"] = load_balancer.metrics.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT, period=_MINUTE)
        failures, total = "(FILL(failed, 0) + FILL(unanswered, 0))", "(FILL(requests, 0) + FILL(unanswered, 0))"
    return cloudwatch.Alarm(
        scope,
        construct_id,
        alarm_description=f"More than {max_percent:g} percent of the requests to {scope.node.path} fail",
        metric=cloudwatch.MathExpression(
            label="Percent of requests that fail",
            expression=f"IF({total} >= {_FEWEST_REQUESTS}, 100 * {failures} / {total}, 0)",
            using_metrics=metrics,
            period=_MINUTE,
        ),
        threshold=max_percent,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )

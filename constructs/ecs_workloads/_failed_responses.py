"""An alarm on the share of requests that a web server fails to answer."""

from __future__ import annotations

from aws_cdk import Tokenization
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads.request_metrics import RequestMetrics


def failed_responses_alarm(
    scope: Construct, construct_id: str, *, requests: RequestMetrics, max_percent: float
) -> cloudwatch.Alarm:
    """Return an alarm that goes off when more than ``max_percent`` fail in two of three minutes.

    It looks at the load balancer alone, never at the service: a service whose deployment refers to an alarm on
    a metric of its own depends on itself.
    """
    percent = Tokenization.stringify_number(max_percent)
    alarm = cloudwatch.Alarm(
        scope,
        construct_id,
        alarm_description=f"More than {percent} percent of the requests to {scope.node.path} fail",
        metric=requests.metric_failed_percent(),
        threshold=max_percent,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    accept_findings(alarm, "rollback alarm")
    return alarm

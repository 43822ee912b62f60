"""Target tracking on an expression of several metrics, for which aws_cdk's L2 has no way (aws-cdk#20659)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._plain_metric import parts_of
from ecs_workloads.scaling import ScalableService

_Policy = appscaling.CfnScalingPolicy
# The sample count of no task is missing, not 0, and nothing may be divided by 0.
RUNNING_OR_ONE = "IF(FILL(running, 0) > 0, FILL(running, 0), 1)"


def track_expression(
    service: ScalableService,
    policy_name: str,
    *,
    expression: str,
    label: str,
    metrics: Mapping[str, cloudwatch.IMetric],
    steps: Mapping[str, str] | None = None,
    target_value: float,
    scale_out_cooldown: timedelta,
    scale_in_cooldown: timedelta,
) -> None:
    """Move the task count so that ``expression``, made of metrics and ``steps``, stays near ``target_value``."""
    _Policy(
        service.tasks,
        policy_name,
        policy_name=policy_name,
        policy_type="TargetTrackingScaling",
        scaling_target_id=scalable_target(service).scalable_target_id,
        target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=target_value,
            scale_out_cooldown=int(scale_out_cooldown.total_seconds()),
            scale_in_cooldown=int(scale_in_cooldown.total_seconds()),
            customized_metric_specification=_Policy.CustomizedMetricSpecificationProperty(
                metrics=[
                    *(_query(identifier, metric, service.path) for identifier, metric in metrics.items()),
                    *(
                        _Policy.TargetTrackingMetricDataQueryProperty(id=name, expression=step, return_data=False)
                        for name, step in (steps or {}).items()
                    ),
                    _Policy.TargetTrackingMetricDataQueryProperty(
                        id="tracked", label=label, expression=expression, return_data=True
                    ),
                ]
            ),
        ),
    )


def scalable_target(service: ScalableService) -> appscaling.ScalableTarget:
    """Return the scalable target behind the task count of ``service``."""
    target = service.tasks.node.find_child("Target")
    if not isinstance(target, appscaling.ScalableTarget):  # pragma: no cover - guards an id inside aws_cdk
        raise TypeError(f"{service.path}: aws_cdk no longer keeps the scalable target under 'Target'")
    return target


def _query(
    identifier: str, metric: cloudwatch.IMetric, path: str
) -> appscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty:
    if not isinstance(metric, cloudwatch.Metric):
        raise ValueError(f"{path}: the queue's metric {identifier!r} must be a plain metric, not an expression")  # noqa: TRY004 - it is of the right type
    parts = parts_of(metric)
    return _Policy.TargetTrackingMetricDataQueryProperty(
        id=identifier,
        return_data=False,
        metric_stat=_Policy.TargetTrackingMetricStatProperty(
            stat=parts.statistic,
            metric=_Policy.TargetTrackingMetricProperty(
                namespace=parts.namespace,
                metric_name=parts.metric_name,
                dimensions=[
                    _Policy.TargetTrackingMetricDimensionProperty(name=name, value=value)
                    for name, value in sorted(parts.dimensions.items())
                ],
            ),
        ),
    )

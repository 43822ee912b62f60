"""Metrics that this library made, of which it knows without asking what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch


@dataclass(frozen=True, kw_only=True)
class PlainMetric:
    """The parts of a metric that is no expression; region and account of where it is measured, if known."""

    namespace: str
    metric_name: str
    dimensions: Mapping[str, str]
    statistic: str
    region: str | None = None
    account: str | None = None


_MINUTE = Duration.minutes(1)
_OURS: WeakKeyDictionary[cloudwatch.IMetric, PlainMetric] = WeakKeyDictionary()


def remember(metric: cloudwatch.Metric, parts: PlainMetric) -> cloudwatch.Metric:
    """Note that ``metric`` is made of ``parts``, and return it."""
    _OURS[metric] = parts
    return metric


def plain_metric(parts: PlainMetric) -> cloudwatch.Metric:
    """Return the metric of one minute that is made of ``parts``."""
    metric = cloudwatch.Metric(
        namespace=parts.namespace,
        metric_name=parts.metric_name,
        dimensions_map=parts.dimensions,
        statistic=parts.statistic,
        period=_MINUTE,
    )
    return remember(metric, parts)


def parts_of(metric: cloudwatch.Metric) -> PlainMetric:
    """Return what ``metric`` is made of."""
    # Not to_metric_config(): it answers with some twenty calls to Node, for each metric of each worker.
    return _OURS.get(metric) or PlainMetric(
        namespace=metric.namespace,
        metric_name=metric.metric_name,
        dimensions=metric.dimensions or {},
        statistic=metric.statistic,
        region=metric.region,
        account=metric.account,
    )

"""Alarms on metric math, which ministack refuses. They are kept, and never change their state."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document


def keep_metric_math() -> None:
    """Make ministack keep alarms on metric math."""
    module = _ministack.provisioners()
    original = module._cw_metric_alarm_record

    def record(name: str, properties: Document) -> Document:
        metrics = properties.get("Metrics")
        if not metrics:
            single: Document = original(name, properties)
            return single
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        kept: Document = original(name, {**plain, "MetricName": "metric-math", "Namespace": "metric-math"})
        return {**kept, "_Metrics": metrics}

    _ministack.replace(module, "_cw_metric_alarm_record", record)

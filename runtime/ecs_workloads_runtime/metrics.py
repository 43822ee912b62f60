"""Metrics as log lines: CloudWatch makes metrics of lines in its embedded metric format."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Mapping

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
_MOST_METRICS = 100
_MOST_DIMENSIONS = 30
_LONGEST_NAME = 1024
_NAMESPACE = re.compile(r"(?!AWS/)[0-9A-Za-z.\-_/#][0-9A-Za-z.\-_/#:]{0,254}")
_SIZES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits")
_RATED = (*_SIZES, "Terabits", "Count")
_UNITS = frozenset(
    {"Seconds", "Microseconds", "Milliseconds", "Percent", "None", *_RATED, *(f"{unit}/Second" for unit in _RATED)}
)


def emit_metrics(namespace: str, metrics: Mapping[str, tuple[float, str]], dimensions: Mapping[str, str]) -> None:
    """Write one line to stdout of which CloudWatch makes metrics, where the log goes to CloudWatch Logs.

    Args:
        namespace: Namespace of the metrics, 1 to 255 letters, digits and ``.-_/#:``, not ``AWS/``.
        metrics: 1 to 100 values, each with its unit, by name: ``{"OrdersPlaced": (1, "Count")}``. Units are those of
            CloudWatch, such as ``Milliseconds``, ``Bytes``, ``Percent`` or ``None``.
        dimensions: Up to 30 names and values that tell the metrics of one program from those of another, such as
            ``{"Service": "app"}``. Each combination of values is a metric of its own, and costs as one.

    Raises:
        ValueError: A name, unit or value is not one that CloudWatch takes.
    """
    if _NAMESPACE.fullmatch(namespace) is None:
        raise ValueError(f"namespace must be 1 to 255 letters, digits and .-_/#:, not AWS/, got {namespace!r}")
    if not 1 <= len(metrics) <= _MOST_METRICS:
        raise ValueError(f"metrics must be 1 to {_MOST_METRICS}, got {len(metrics)}")
    if len(dimensions) > _MOST_DIMENSIONS:
        raise ValueError(f"dimensions must be {_MOST_DIMENSIONS} at most, got {len(dimensions)}")
    clash = sorted((metrics.keys() & dimensions.keys()) | ({"_aws"} & (metrics.keys() | dimensions.keys())))
    if clash:
        raise ValueError(f"{', '.join(clash)} must stand in metrics or in dimensions alone, and _aws in neither")
    for name in (*metrics, *dimensions, *dimensions.values()):
        if not 1 <= len(name) <= _LONGEST_NAME or not name.strip():
            raise ValueError(f"names and dimensions must have 1 to {_LONGEST_NAME} characters, got {name!r}")
    for name, (value, unit) in metrics.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value}")
        if unit not in _UNITS:
            raise ValueError(f"the unit of {name} must be one of {', '.join(sorted(_UNITS))}, got {unit!r}")
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
                }
            ],
        },
        **dimensions,
        **{name: value for name, (value, _) in metrics.items()},
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()

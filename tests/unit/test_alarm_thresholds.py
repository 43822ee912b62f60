"""Tests of `AlarmThresholds`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecs_workloads import AlarmThresholds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"failed_responses": 0}, "failed_responses must be above 0 and up to 100, got 0"),
        ({"high_memory": -1}, "high_memory must be above 0 and up to 100, got -1"),
        ({"dead_letters": 0}, "dead_letters must be at least 1, got 0"),
        ({"no_consumer": timedelta(seconds=30)}, "no_consumer must be from 1 minute to 1 hour, got 30"),
        ({"blocked": timedelta(seconds=90)}, "blocked must be whole minutes, got 90 seconds"),
        ({"missing_nodes": timedelta(hours=2)}, "missing_nodes must be from 1 minute to 1 hour, got 2 hours"),
        ({"unmeasured": timedelta(hours=2)}, "unmeasured must be from 1 minute to 1 hour, got 2 hours"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"AlarmThresholds: {message}"):
        AlarmThresholds(**changes)

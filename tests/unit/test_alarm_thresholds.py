"""Tests of `AlarmThresholds`."""

from __future__ import annotations

from typing import Any

import pytest

from ecs_workloads import AlarmThresholds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"failed_responses": 0}, "failed_responses must be above 0 and up to 100, got 0"),
        ({"high_memory": -1}, "high_memory must be above 0 and up to 100, got -1"),
        ({"dead_letters": 0}, "dead_letters must be at least 1, got 0"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"AlarmThresholds: {message}"):
        AlarmThresholds(**changes)

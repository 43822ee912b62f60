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
        ({"failed_responses": 101}, "failed_responses must be above 0 and up to 100, got 101"),
        ({"high_cpu": 101}, "high_cpu must be above 0 and up to 100, got 101"),
        ({"high_memory": -1}, "high_memory must be above 0 and up to 100, got -1"),
        ({"unhealthy_hosts": 0}, "unhealthy_hosts must be at least 1, got 0"),
        ({"dead_letters": 0}, "dead_letters must be at least 1, got 0"),
        ({"restarts": 0}, "restarts must be from 1 to 15, got 0"),
        ({"restarts": 16}, "restarts must be from 1 to 15, got 16"),
        ({"slow_responses": timedelta(0)}, "slow_responses must be from 0.001 seconds to 3600 seconds, got 0 seconds"),
        ({"no_running_task": timedelta(seconds=30)}, "no_running_task must be from 60 seconds to 3600 seconds, got 30"),
        ({"no_running_task": timedelta(seconds=90)}, "no_running_task must be whole minutes, got 90 seconds"),
        ({"oldest_message_age": timedelta(days=15)}, "oldest_message_age must be from 1 seconds to 1209600 seconds"),
        ({"oldest_message_age": "soon"}, "oldest_message_age must be a timedelta, 'by_latency' or None, got 'soon'"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"AlarmThresholds: {message}"):
        AlarmThresholds(**changes)

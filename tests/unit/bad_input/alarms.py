"""Rules of alarms, of the dashboard, and of what they are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ecs_workloads import AlarmThresholds, QueueMetrics, RequestMetrics, TierMetrics
from tests.unit.bad_input.row import FRACTION, TIER, Row

_NO_ALARM: Any = "high_cpus"
_LATENCY = "acceptable_latency must be from 1 second to 14 days, got"
_PROCESSING = "longest_processing_time must be from 1 second to 14 days, got"
_RETENTION = "retention_period must be from 1 second to 14 days, got"
_GRACE = "health_check_grace_period must be from 0 seconds to 1 day, got"
_NO_TASK = "no_running_task must be from 1 minute to 1 hour, got"
_OLDEST = "oldest_message_age must be from 1 second to 14 days, got"
_SLOW = "slow_responses must be from 0.001 seconds to 1 hour, got"
_KEY = "a name in tiers must be letters, digits and hyphens, beginning with a letter, got"
_REQUESTS = RequestMetrics(load_balancer_full_name="app/shop/1", target_group_full_name="targetgroup/web/2")


def _threshold(wrong: str, message: str, **changes: Any) -> Row:
    return Row(wrong, "AlarmThresholds", message, lambda _: AlarmThresholds(**changes))


def _latency(name: str, message: str, value: timedelta) -> Row:
    return Row(name, "QueueMetrics", message, lambda _: QueueMetrics.of_sqs("orders", acceptable_latency=value))


def _processing(name: str, message: str, value: timedelta) -> Row:
    return Row(name, "QueueMetrics", message, lambda _: QueueMetrics.of_sqs("orders", longest_processing_time=value))


def _retention(name: str, message: str, value: timedelta) -> Row:
    return Row(name, "QueueMetrics", message, lambda _: QueueMetrics.of_sqs("orders", retention_period=value))


def _grace(name: str, message: str, value: timedelta) -> Row:
    return Row(name, "RequestMetrics", message, lambda _: replace(_REQUESTS, health_check_grace_period=value))


def _alarms(wrong: str, message: str, **arguments: Any) -> Row:
    return Row(wrong, "Stack/Alarms", message, lambda at: at.alarms(**arguments))


def _dashboard(name: str, message: str, tiers: dict[str, TierMetrics]) -> Row:
    return Row(name, "Stack/Dashboard", message, lambda at: at.dashboard(tiers))


ROWS = (
    _threshold("an alarm on no use", "high_cpu must be above 0 and up to 100, got 0", high_cpu=0),
    _threshold("an alarm on too much use", "high_cpu must be above 0 and up to 100, got 101", high_cpu=101),
    _threshold("an alarm on no host", "unhealthy_hosts must be at least 1, got 0", unhealthy_hosts=0),
    _threshold("restarts in no minute", "restarts must be from 1 to 15, got 0", restarts=0),
    _threshold("restarts in 16 minutes", "restarts must be from 1 to 15, got 16", restarts=16),
    _threshold("slow at once", f"{_SLOW} 0", slow_responses=timedelta(0)),
    _threshold("slow after two hours", f"{_SLOW} 2 hours", slow_responses=timedelta(hours=2)),
    _threshold("no task for half a minute", f"{_NO_TASK} 30", no_running_task=timedelta(seconds=30)),
    _threshold("no task for two hours", f"{_NO_TASK} 2 hours", no_running_task=timedelta(hours=2)),
    _threshold(
        "no task for half seconds",
        "no_running_task must be a whole number of seconds, got 60.5",
        no_running_task=timedelta(minutes=1) + FRACTION,
    ),
    _threshold(
        "no task for half minutes",
        "no_running_task must be whole minutes, got 90 seconds",
        no_running_task=timedelta(seconds=90),
    ),
    _threshold("a message old at once", f"{_OLDEST} 0", oldest_message_age=timedelta(0)),
    _threshold("a message of 15 days", f"{_OLDEST} 15 days", oldest_message_age=timedelta(days=15)),
    _threshold(
        "a message of half seconds",
        "oldest_message_age must be a whole number of seconds, got 60.5",
        oldest_message_age=timedelta(minutes=1) + FRACTION,
    ),
    _threshold(
        "an age that is a word",
        "oldest_message_age must be a timedelta, 'by_latency' or None, got 'soon'",
        oldest_message_age="soon",
    ),
    _latency("a queue that may not wait", f"{_LATENCY} 0", timedelta(0)),
    _latency("a queue that may wait 15 days", f"{_LATENCY} 15 days", timedelta(days=15)),
    _latency(
        "a queue that may wait half seconds",
        "acceptable_latency must be a whole number of seconds, got 60.5",
        timedelta(minutes=1) + FRACTION,
    ),
    _processing("a queue whose work takes no time", f"{_PROCESSING} 0", timedelta(0)),
    _processing("a queue whose work takes 15 days", f"{_PROCESSING} 15 days", timedelta(days=15)),
    _processing(
        "a queue whose work takes half seconds",
        "longest_processing_time must be a whole number of seconds, got 60.5",
        timedelta(minutes=1) + FRACTION,
    ),
    _retention("a queue that keeps nothing", f"{_RETENTION} 0", timedelta(0)),
    _retention("a queue that keeps for 15 days", f"{_RETENTION} 15 days", timedelta(days=15)),
    _retention(
        "a queue that keeps for half seconds",
        "retention_period must be a whole number of seconds, got 60.5",
        timedelta(minutes=1) + FRACTION,
    ),
    _grace(
        "hosts that fail for half seconds",
        "health_check_grace_period must be a whole number of seconds, got 60.5",
        timedelta(minutes=1) + FRACTION,
    ),
    _grace("hosts that fail for less than no time", f"{_GRACE} -1", -timedelta(seconds=1)),
    _grace("hosts that fail for two days", f"{_GRACE} 2 days", timedelta(days=2)),
    Row(
        "a tier of fewer tasks than none",
        "TierMetrics",
        "min_capacity must be at least 0, got -1",
        lambda _: TierMetrics(cluster_name="shop", service_name="web", min_capacity=-1),
    ),
    _alarms("alarms of no tier", "tiers must name at least one", tiers={}),
    _alarms("a tier's name with a space", f"{_KEY} 'my shop'", tiers={"Shop": TIER, "my shop": TIER}),
    _alarms(
        "a severity without topics",
        "topics has no 'warning': name its topics, or [] if it shall tell nobody",
        topics={"critical": []},
    ),
    _alarms(
        "topics of no severity",
        "topics must name critical, warning, got 'warnings' (did you mean 'warning'?)",
        topics={"critical": [], "warning": [], "warnings": []},
    ),
    _alarms(
        "thresholds of no tier",
        "tier_thresholds must name Shop, got 'Shp' (did you mean 'Shop'?)",
        tier_thresholds={"Shp": AlarmThresholds()},
    ),
    _alarms(
        "an age that no message reaches",
        "oldest_message_age=4 days of 'Shop' must be below the retention_period of its queue, 4 days, after which a ",
        tiers={"Shop": replace(TIER, queue=QueueMetrics.of_sqs("orders", retention_period=timedelta(days=4)))},
        thresholds=AlarmThresholds(oldest_message_age=timedelta(days=4)),
    ),
    _alarms("the severity of no alarm", "severities must name failed_responses,", severities={"high_cpus": "warning"}),
    _alarms(
        "a severity that is none",
        "severities must name critical, warning, got 'fatal'",
        severities={"high_cpu": "fatal"},
    ),
    Row(
        "an alarm that is none",
        "Stack/Alarms",
        "no alarm Shop.high_cpus (did you mean 'Shop.high_cpu'?)",
        lambda at: at.alarms().alarm("Shop", _NO_ALARM),
        leaves=True,
    ),
    _dashboard("a dashboard of no tier", "tiers must name at least one", {}),
    _dashboard("a title that is none", f"{_KEY} '# Web'", {"# Web": TIER}),
    _dashboard(
        "more than a dashboard shows",
        "a dashboard has at most 500 widgets, and these 72 tiers need 504: make two",
        {
            f"Web{index}": TierMetrics(cluster_name="a", service_name="b", min_capacity=1, requests=_REQUESTS)
            for index in range(72)
        },
    ),
)

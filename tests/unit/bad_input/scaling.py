"""Rules of the number of tasks, and of what moves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads import (
    ArrivalRate,
    BacklogPerTask,
    RequestsPerTarget,
    Scaling,
    Scheduled,
    TargetCpu,
    TargetMemory,
)
from tests.unit.bad_input.row import FRACTION, HalfMeasured, Row

_HOURS = timedelta(hours=13)
_PROCESSING = "processing_time must be from 0.001 seconds to 12 hours, got"
_LATENCY = "acceptable_latency must be from 1 second to 14 days, got"
_UTILIZATION = "target_utilization_percent must be from 10 to 90, got"
_AT_ONCE = "messages_at_once must be from 1 to 10000, got"


def _arrivals(**changes: Any) -> ArrivalRate:
    arguments: dict[str, Any] = {"processing_time": timedelta(seconds=2), **changes}
    return ArrivalRate(**arguments)


def _backlog(**changes: Any) -> BacklogPerTask:
    defaults: dict[str, Any] = {"acceptable_latency": timedelta(days=14), "processing_time": timedelta(seconds=2)}
    return BacklogPerTask(**{**defaults, **changes})


def _requests(**changes: Any) -> RequestsPerTarget:
    arguments: dict[str, Any] = {"requests_per_minute": 100, **changes}
    return RequestsPerTarget(**arguments)


def _scheduled(**changes: Any) -> Scheduled:
    arguments: dict[str, Any] = {"name": "Night", "schedule": "rate(1 hour)", "min_capacity": 1, **changes}
    return Scheduled(**arguments)


def _moved_by(*policies: Any, min_capacity: int = 1) -> Scaling:
    return Scaling(min_capacity=min_capacity, max_capacity=2, policies=policies)


def _queue_length() -> cloudwatch.Metric:
    return cloudwatch.Metric(namespace="Stream", metric_name="Length")


def _cooldowns(subject: str, policy: Callable[..., object]) -> list[Row]:
    def row(what: str, argument: str, value: timedelta, message: str) -> Row:
        name = f"{subject}, {argument} {what}"
        return Row(name, subject, f"{argument} must be {message}", lambda _: policy(**{argument: value}))

    return [
        row(what, argument, value, message)
        for argument in ("scale_out_cooldown", "scale_in_cooldown")
        for what, value, message in (
            ("below zero", timedelta(seconds=-1), "from 0 seconds to 1 hour, got -1"),
            ("above an hour", timedelta(hours=2), "from 0 seconds to 1 hour, got 2 hours"),
            ("of half a second", FRACTION, "a whole number of seconds, got 0.5"),
        )
    ]


ROWS = (
    *_cooldowns("ArrivalRate", _arrivals),
    *_cooldowns("BacklogPerTask", _backlog),
    *_cooldowns("RequestsPerTarget", _requests),
    *_cooldowns("TargetCpu", TargetCpu),
    *_cooldowns("TargetMemory", TargetMemory),
    Row("arrivals, no time", "ArrivalRate", f"{_PROCESSING} 0", lambda _: _arrivals(processing_time=timedelta(0))),
    Row("arrivals, 13 hours", "ArrivalRate", f"{_PROCESSING} 13 hours", lambda _: _arrivals(processing_time=_HOURS)),
    Row("arrivals, none at once", "ArrivalRate", f"{_AT_ONCE} 0", lambda _: _arrivals(messages_at_once=0)),
    Row("arrivals, 10001 at once", "ArrivalRate", f"{_AT_ONCE} 10001", lambda _: _arrivals(messages_at_once=10_001)),
    Row(
        "arrivals, at once what only the deployment knows",
        "ArrivalRate",
        "messages_at_once must be known now: the metric is computed from it",
        lambda at: _arrivals(messages_at_once=at.number),
    ),
    Row("arrivals, idle", "ArrivalRate", f"{_UTILIZATION} 9", lambda _: _arrivals(target_utilization_percent=9)),
    Row("arrivals, no room", "ArrivalRate", f"{_UTILIZATION} 91", lambda _: _arrivals(target_utilization_percent=91)),
    Row(
        "arrivals that nobody measures",
        "Stack/Worker",
        "ArrivalRate needs a tier whose queue has metric_messages_sent(), as SqsQueue has",
        lambda at: at.worker(queue=at.rabbit_queue(), scaling=_moved_by(_arrivals())),
        leaves=True,
    ),
    Row("no latency", "BacklogPerTask", f"{_LATENCY} 0", lambda _: _backlog(acceptable_latency=timedelta(0))),
    Row("15 days", "BacklogPerTask", f"{_LATENCY} 15 days", lambda _: _backlog(acceptable_latency=timedelta(days=15))),
    Row(
        "a latency of half seconds",
        "BacklogPerTask",
        "acceptable_latency must be a whole number of seconds, got 60.5",
        lambda _: _backlog(acceptable_latency=timedelta(minutes=1) + FRACTION),
    ),
    Row("backlog, no time", "BacklogPerTask", f"{_PROCESSING} 0", lambda _: _backlog(processing_time=timedelta(0))),
    Row("backlog, 13 hours", "BacklogPerTask", f"{_PROCESSING} 13 hours", lambda _: _backlog(processing_time=_HOURS)),
    Row(
        "processing longer than latency",
        "BacklogPerTask",
        "no number of tasks meets acceptable_latency=1 minute when processing_time is 61 seconds",
        lambda _: _backlog(acceptable_latency=timedelta(minutes=1), processing_time=timedelta(seconds=61)),
    ),
    Row("backlog, none at once", "BacklogPerTask", f"{_AT_ONCE} 0", lambda _: _backlog(messages_at_once=0)),
    Row("backlog, 10001 at once", "BacklogPerTask", f"{_AT_ONCE} 10001", lambda _: _backlog(messages_at_once=10_001)),
    Row(
        "backlog, at once what only the deployment knows",
        "BacklogPerTask",
        "messages_at_once must be known now: the target is computed from it",
        lambda at: _backlog(messages_at_once=at.number),
    ),
    Row(
        "a backlog without a queue",
        "Stack/App",
        "BacklogPerTask needs a tier that takes its work from a queue",
        lambda at: at.app(scaling=_moved_by(_backlog())),
        leaves=True,
    ),
    Row(
        "waiting messages that nobody counts",
        "Stack/Worker",
        "BacklogPerTask needs a queue with metrics, and HalfMeasured has none; scale on TargetCpu() instead",
        lambda at: at.backlog_worker(HalfMeasured(waiting=None, in_flight=_queue_length())),
        leaves=True,
    ),
    Row(
        "messages in flight that nobody counts",
        "Stack/Worker",
        "BacklogPerTask needs a queue with metrics, and HalfMeasured has none; scale on TargetCpu() instead",
        lambda at: at.backlog_worker(HalfMeasured(waiting=_queue_length(), in_flight=None)),
        leaves=True,
    ),
    Row(
        "waiting messages that are an expression",
        "Stack/Worker",
        "the queue's metric 'waiting' must be a plain metric, not an expression",
        lambda at: at.backlog_worker(
            HalfMeasured(
                waiting=cloudwatch.MathExpression(expression="2 * a", using_metrics={"a": _queue_length()}),
                in_flight=_queue_length(),
            )
        ),
        leaves=True,
    ),
    Row(
        "no request",
        "RequestsPerTarget",
        "requests_per_minute must be from 1 to 1000000, got 0",
        lambda _: _requests(requests_per_minute=0),
    ),
    Row(
        "too many requests",
        "RequestsPerTarget",
        "requests_per_minute must be from 1 to 1000000, got 1000001",
        lambda _: _requests(requests_per_minute=1_000_001),
    ),
    Row(
        "requests without a load balancer",
        "Stack/App",
        "RequestsPerTarget needs a tier behind a load balancer",
        lambda at: at.app(scaling=_moved_by(_requests())),
        leaves=True,
    ),
    Row("cpu idle", "TargetCpu", f"{_UTILIZATION} 9", lambda _: TargetCpu(target_utilization_percent=9)),
    Row("cpu without room", "TargetCpu", f"{_UTILIZATION} 91", lambda _: TargetCpu(target_utilization_percent=91)),
    Row("memory idle", "TargetMemory", f"{_UTILIZATION} 9", lambda _: TargetMemory(target_utilization_percent=9)),
    Row("full memory", "TargetMemory", f"{_UTILIZATION} 91", lambda _: TargetMemory(target_utilization_percent=91)),
    Row(
        "fewer tasks than none",
        "Scaling",
        "need 0 <= min_capacity <= max_capacity, got -1 and 2",
        lambda _: Scaling(min_capacity=-1, max_capacity=2),
    ),
    Row(
        "min above max",
        "Scaling",
        "need 0 <= min_capacity <= max_capacity, got 3 and 2",
        lambda _: Scaling(min_capacity=3, max_capacity=2),
    ),
    Row(
        "never a task",
        "Scaling",
        "max_capacity must be at least 1, got 0",
        lambda _: Scaling(min_capacity=0, max_capacity=0),
    ),
    Row(
        "bounds and nothing that moves the count",
        "Scaling",
        "nothing would move the count between 1 and 2: policies must not be empty",
        lambda _: Scaling(min_capacity=1, max_capacity=2, policies=()),
    ),
    Row(
        "a schedule's name with a space",
        "Scheduled 'morning rush'",
        "name must be PascalCase letters and digits, got 'morning rush'",
        lambda _: _scheduled(name="morning rush"),
    ),
    Row(
        "a cron of five fields",
        "Scheduled 'Night'",
        "schedule must be cron(...) with six fields, rate(...) or at(...), got 'cron(0 8 * * *)'",
        lambda _: _scheduled(schedule="cron(0 8 * * *)"),
    ),
    Row(
        "a cron of two kinds of days",
        "Scheduled 'Night'",
        "schedule must have a ? in one of day-of-month and day-of-week, and what counts in the other, got "
        "'cron(0 8 * * * *)' (did you mean 'cron(0 8 * * ? *)'?)",
        lambda _: _scheduled(schedule="cron(0 8 * * * *)"),
    ),
    Row(
        "the 31st of short months",
        "Scheduled 'Night'",
        "schedule never comes: no such month has such a day, got 'cron(0 8 31 2,APR ? *)'",
        lambda _: _scheduled(schedule="cron(0 8 31 2,APR ? *)"),
    ),
    Row(
        "a schedule in words",
        "Scheduled 'Night'",
        "schedule must be cron(...) with six fields, rate(...) or at(...), got 'every day'",
        lambda _: _scheduled(schedule="every day"),
    ),
    Row(
        "an hour that no day has",
        "Scheduled 'Night'",
        "hours of the schedule must be 0 to 23, got '24' in 'cron(0 24 ? * MON-FRI *)'",
        lambda _: _scheduled(schedule="cron(0 24 ? * MON-FRI *)"),
    ),
    Row(
        "all the time",
        "Scheduled 'Night'",
        "schedule must be as rate(1 hour) or rate(5 minutes), got 'rate(0 minutes)'",
        lambda _: _scheduled(schedule="rate(0 minutes)"),
    ),
    Row(
        "a day that no month has",
        "Scheduled 'Night'",
        "schedule must be as at(2026-12-24T18:00:00), got 'at(2026-02-30T09:00:00)'",
        lambda _: _scheduled(schedule="at(2026-02-30T09:00:00)"),
    ),
    Row(
        "an unknown time zone",
        "Scheduled 'Night'",
        "time_zone must be an IANA name, got 'Europe/Berln' (did you mean 'Europe/Berlin'?)",
        lambda _: _scheduled(time_zone="Europe/Berln"),
    ),
    Row(
        "a schedule that moves nothing",
        "Scheduled 'Night'",
        "needs min_capacity, max_capacity or both",
        lambda _: _scheduled(min_capacity=None),
    ),
    Row(
        "a schedule below zero",
        "Scheduled 'Night'",
        "need 0 <= min_capacity <= max_capacity, got -1 and None",
        lambda _: _scheduled(min_capacity=-1),
    ),
    Row(
        "a schedule's min above its max",
        "Scheduled 'Night'",
        "need 0 <= min_capacity <= max_capacity, got 4 and 3",
        lambda _: _scheduled(min_capacity=4, max_capacity=3),
    ),
)

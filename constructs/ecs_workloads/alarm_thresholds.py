"""When alarms go off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_percent, check_range, check_time, in_words, is_token, require

AlarmName = Literal[
    "failed_responses",
    "slow_responses",
    "unhealthy_hosts",
    "no_running_task",
    "high_cpu",
    "high_memory",
    "restarts",
    "oldest_message_age",
    "dead_letters",
    "no_consumer",
    "blocked",
    "missing_nodes",
    "unmeasured",
]

RESTART_WINDOW = timedelta(minutes=15)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """When each alarm of a tier goes off. ``None`` switches an alarm off.

    An alarm exists only where its metric does: on a worker there is none on responses, whatever is said here.

    Args:
        failed_responses: Percent of requests that are answered with 5xx, above 0 and up to 100, in three of five
            minutes with at least 20 requests each.
        slow_responses: Time that the slowest hundredth of the requests takes (p99), from one millisecond to one
            hour, in three of five minutes.
        unhealthy_hosts: Tasks that fail the health check of the load balancer, from 1, for five minutes, or for a
            minute more than the grace period of the tier, which follows from its ``startup_time``, where that is
            longer: until then a new task may fail.
        no_running_task: Time for which no task runs, one minute to one hour, in whole minutes. Only where the
            tier always has a task: its fewest tasks are 1 or more, and it is not suspended.
        high_cpu: Percent of their CPU that the tasks use on average for ten minutes, above 0 and up to 100.
        high_memory: Percent of its memory that the task with most uses for five minutes, above 0 and up to 100.
        restarts: Minutes, 1 to 15, of the last 15, in which tasks are missing though no deployment runs: they
            stop and are being replaced; or in which ECS starts a container again in its task, where
            ``Container.restart_attempt_period`` lets it. It needs Container Insights on the cluster and stays silent
            without. It does not see a task that is replaced within the minute; tasks that are added and take long
            count too.
        oldest_message_age: Time since the oldest message was sent that is not worked off, from one second to 14 days,
            in three minutes in a row. SQS counts messages that consumers work on right now, too. Defaults, as
            ``by_latency``, to twice the acceptable latency of the tier's `BacklogPerTask`, or 15 minutes for a tier
            without, and the ``longest_processing_time`` of the queue; at most to half the ``retention_period`` of the
            queue, where it is known. A time of your own must be below that period: no message gets older.
        dead_letters: Messages on the dead-letter queue, from 1.
        no_consumer: Time for which messages wait on a queue of a broker and no consumer is connected, one minute to
            one hour, in whole minutes.
        blocked: Time for which a broker takes no messages, since it has no memory or no disk left, one minute to one
            hour, in whole minutes.
        missing_nodes: Time for which a node of a broker is down or not measured, one minute to one hour, in whole
            minutes. A deployment takes each node down for a few minutes.
        unmeasured: Time for which a broker tells nothing of itself, one minute to one hour, in whole minutes. Then
            no other alarm on it, or on its queues, can go off.

    Raises:
        ValueError: A value is out of its range.
        TypeError: An argument is of another kind.
    """

    failed_responses: float | None = 5
    slow_responses: timedelta | None = timedelta(seconds=2)
    unhealthy_hosts: int | None = 1
    no_running_task: timedelta | None = timedelta(minutes=5)
    high_cpu: float | None = 90
    high_memory: float | None = 90
    restarts: int | None = 5
    oldest_message_age: timedelta | Literal["by_latency"] | None = "by_latency"
    dead_letters: int | None = 1
    no_consumer: timedelta | None = timedelta(minutes=5)
    blocked: timedelta | None = timedelta(minutes=2)
    missing_nodes: timedelta | None = timedelta(minutes=10)
    unmeasured: timedelta | None = timedelta(minutes=10)

    def __post_init__(self) -> None:
        subject = "AlarmThresholds"
        for name, percent in (
            ("failed_responses", self.failed_responses),
            ("high_cpu", self.high_cpu),
            ("high_memory", self.high_memory),
        ):
            if percent is not None:
                check_percent(subject, name, percent)
        for name, number in (("unhealthy_hosts", self.unhealthy_hosts), ("dead_letters", self.dead_letters)):
            require(
                number is None or is_token(number) or number >= 1, subject, f"{name} must be at least 1, got {number}"
            )
        if self.restarts is not None:
            check_range(subject, "restarts", self.restarts, 1, RESTART_WINDOW // timedelta(minutes=1))
        if self.slow_responses is not None:
            shortest, longest = timedelta(milliseconds=1), timedelta(hours=1)
            require(
                shortest <= self.slow_responses <= longest,
                subject,
                f"slow_responses must be from {in_words(shortest)} to {in_words(longest)}, "
                f"got {in_words(self.slow_responses)}",
            )
        for name, time in (
            ("no_running_task", self.no_running_task),
            ("no_consumer", self.no_consumer),
            ("blocked", self.blocked),
            ("missing_nodes", self.missing_nodes),
            ("unmeasured", self.unmeasured),
        ):
            if time is not None:
                check_time(subject, name, time, timedelta(minutes=1), timedelta(hours=1))
                require(
                    time % timedelta(minutes=1) == timedelta(0),
                    subject,
                    f"{name} must be whole minutes, got {in_words(time)}",
                )
        if isinstance(self.oldest_message_age, timedelta):
            longest = timedelta(days=14)
            check_time(subject, "oldest_message_age", self.oldest_message_age, timedelta(seconds=1), longest)
        else:
            require(
                self.oldest_message_age in (None, "by_latency"),
                subject,
                f"oldest_message_age must be a timedelta, 'by_latency' or None, got {self.oldest_message_age!r}",
            )

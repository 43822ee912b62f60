"""The times by which a load balancer knows its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_range, check_time, in_words, is_token, require

_SUBJECT = "TargetTimings"
_NO_TIME = timedelta(0)
_FEWEST_ANSWERS, _MOST_ANSWERS = 2, 10
_SHORTEST_SLOW_START, _LONGEST_SLOW_START = timedelta(seconds=30), timedelta(minutes=15)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class TargetTimings:
    """Times of health checks and of draining, for who wants to set them by hand.

    What is left out follows from the tier's ``longest_request`` and ``startup_time``; what is set is held against
    them.

    Args:
        health_check_interval: Time from one health check of a task to the next, 5 to 300 seconds.
        health_check_timeout: Time for one answer, 2 to 120 seconds and shorter than the interval.
        healthy_threshold_count: Good answers after which a task gets requests, 2 to 10.
        unhealthy_threshold_count: Bad answers after which it gets none, 2 to 10.
        slow_start: Time in which a new task gets more and more requests, 30 seconds to 15 minutes, or none. Defaults
            to ``startup_time``, up to 15 minutes; to none where that is below 30 seconds.
        deregistration_delay: Time for which a task that is taken out of service finishes its requests, up to one
            hour. Defaults to ``longest_request``, and must not be shorter.
        health_check_grace_period: Time for which bad answers do not count against a new task. Defaults to twice
            ``startup_time`` and the time of the first good answers.

    Raises:
        ValueError: A value is out of its range, or they do not fit each other.
        TypeError: An argument is of another kind.
    """

    health_check_interval: timedelta = timedelta(seconds=10)
    health_check_timeout: timedelta = timedelta(seconds=5)
    healthy_threshold_count: int = 2
    unhealthy_threshold_count: int = 3
    slow_start: timedelta | None = None
    deregistration_delay: timedelta | None = None
    health_check_grace_period: timedelta | None = None

    def __post_init__(self) -> None:
        interval, timeout = self.health_check_interval, self.health_check_timeout
        check_time(_SUBJECT, "health_check_interval", interval, timedelta(seconds=5), timedelta(minutes=5))
        check_time(_SUBJECT, "health_check_timeout", timeout, timedelta(seconds=2), timedelta(minutes=2))
        require(
            timeout < interval,
            _SUBJECT,
            f"health_check_timeout must be shorter than health_check_interval={in_words(interval)}, "
            f"got {in_words(timeout)}",
        )
        check_range(_SUBJECT, "healthy_threshold_count", self.healthy_threshold_count, _FEWEST_ANSWERS, _MOST_ANSWERS)
        check_range(
            _SUBJECT, "unhealthy_threshold_count", self.unhealthy_threshold_count, _FEWEST_ANSWERS, _MOST_ANSWERS
        )
        if self.slow_start:
            check_time(_SUBJECT, "slow_start", self.slow_start, _SHORTEST_SLOW_START, _LONGEST_SLOW_START)
        if self.deregistration_delay is not None:
            check_time(_SUBJECT, "deregistration_delay", self.deregistration_delay, _NO_TIME, timedelta(hours=1))
        if self.health_check_grace_period is not None:
            check_time(
                _SUBJECT, "health_check_grace_period", self.health_check_grace_period, _NO_TIME, timedelta(days=1)
            )

    def slow_start_of(self, startup_time: timedelta) -> timedelta:
        """Return the slow start of a program that starts for so long; zero for none."""
        if self.slow_start is not None:
            return self.slow_start
        return _NO_TIME if startup_time < _SHORTEST_SLOW_START else min(startup_time, _LONGEST_SLOW_START)

    def deregistration_delay_of(self, path: str, longest_request: timedelta) -> timedelta:
        """Return the time for which a task finishes its requests.

        Raises:
            ValueError: It is shorter than a request.
        """
        delay = longest_request if self.deregistration_delay is None else self.deregistration_delay
        require(
            delay >= longest_request,
            path,
            f"deregistration_delay must be at least longest_request={in_words(longest_request)}, else requests are "
            f"cut, got {in_words(delay)}",
        )
        return delay

    def grace_period_of(self, path: str, startup_time: timedelta) -> timedelta:
        """Return the time for which bad answers do not count.

        Raises:
            ValueError: No new task could become healthy in it.
        """
        grace = self.health_check_grace_period
        if grace is None:
            return 2 * startup_time + self._first_answers(unknown=_MOST_ANSWERS)
        needed = startup_time + self._first_answers(unknown=_FEWEST_ANSWERS)
        require(
            grace >= needed,
            path,
            f"health_check_grace_period must be at least {in_words(needed)}, for startup_time and the first good "
            f"answers, else new tasks are stopped before they serve, got {in_words(grace)}",
        )
        return grace

    def _first_answers(self, *, unknown: int) -> timedelta:
        """Return the time of the good answers that a new task has to give, ``unknown`` where the number is a token."""
        count = unknown if is_token(self.healthy_threshold_count) else self.healthy_threshold_count
        return count * self.health_check_interval

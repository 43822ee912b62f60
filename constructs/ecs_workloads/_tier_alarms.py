"""The alarms of one tier, before they are made: each with its metric, threshold and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from aws_cdk import Tokenization
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_workloads._checks import in_words
from ecs_workloads.alarm_thresholds import RESTART_WINDOW, AlarmName, AlarmThresholds
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.queue_metrics import QueueMetrics
from ecs_workloads.request_metrics import RequestMetrics
from ecs_workloads.service_connect_metrics import ServiceConnectMetrics
from ecs_workloads.tier_metrics import TierMetrics

_MINUTE = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(minutes=15)
_FEWEST_MINUTES_OF_BAD_HEALTH = 5
# How far back CloudWatch looks with periods of less than an hour.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_MOST_MINUTES = timedelta(days=1) // _MINUTE


@dataclass(frozen=True, kw_only=True)
class TierAlarm:
    """An alarm: it goes off when ``metric`` is at ``threshold`` or above in ``datapoints`` of ``minutes``, or all."""

    name: AlarmName
    says: str
    metric: cloudwatch.IMetric
    threshold: float
    minutes: int
    datapoints: int | None = None
    below: bool = False
    # A metric of CloudWatch is missing where there is nothing to measure: no request, no message, no task. That is
    # no fault of itself. The one exception says so.
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING

    @property
    def construct_id(self) -> str:
        """Its name as ids are written."""
        return self.name.title().replace("_", "")


def tier_alarms(tier: TierMetrics | BrokerMetrics, thresholds: AlarmThresholds) -> Iterator[TierAlarm]:
    """Return every alarm that ``tier`` has a metric for and ``thresholds`` do not switch off."""
    if isinstance(tier, BrokerMetrics):
        yield from _of_broker(tier, thresholds)
        return
    if tier.requests is not None and not tier.suspended:
        yield from _of_requests(tier.requests, thresholds)
    yield from _of_tasks(tier, thresholds)
    if tier.queue is not None:
        # While nobody takes them on purpose, messages may wait.
        quiet = replace(tier.queue, oldest_message_age=None, consumers=None)
        yield from _of_queue(quiet if tier.suspended else tier.queue, thresholds)
    if tier.broker is not None:
        yield from _of_broker(tier.broker, thresholds)


def _of_requests(requests: RequestMetrics | ServiceConnectMetrics, thresholds: AlarmThresholds) -> Iterator[TierAlarm]:
    if thresholds.failed_responses is not None:
        yield TierAlarm(
            name="failed_responses",
            says=f"{_digits(thresholds.failed_responses)} percent or more of the requests fail",
            metric=requests.metric_failed_percent(),
            threshold=thresholds.failed_responses,
            minutes=5,
            datapoints=3,
        )
    if thresholds.slow_responses is not None:
        yield TierAlarm(
            name="slow_responses",
            says=f"one request in a hundred takes {in_words(thresholds.slow_responses)} or longer",
            metric=requests.metric_response_time(),
            threshold=thresholds.slow_responses.total_seconds(),
            minutes=5,
            datapoints=3,
        )
    if isinstance(requests, RequestMetrics) and thresholds.unhealthy_hosts is not None:
        yield TierAlarm(
            name="unhealthy_hosts",
            says=f"{_digits(thresholds.unhealthy_hosts)} or more tasks fail their health check",
            metric=requests.metric_unhealthy_hosts(),
            threshold=thresholds.unhealthy_hosts,
            minutes=_minutes_of_bad_health(requests.health_check_grace_period),
        )


def _minutes_of_bad_health(grace_period: timedelta | None) -> int:
    """Return for how long a task must fail its health check: longer than a new one may, which is counted as well."""
    if grace_period is None:
        return _FEWEST_MINUTES_OF_BAD_HEALTH
    begun = -(-grace_period // _MINUTE)
    return min(max(_FEWEST_MINUTES_OF_BAD_HEALTH, begun + 1), _MOST_MINUTES)


def _of_tasks(tier: TierMetrics, thresholds: AlarmThresholds) -> Iterator[TierAlarm]:
    # A token is a negative number: where only the deployment knows the fewest tasks, none may be all right.
    if thresholds.no_running_task is not None and tier.min_capacity >= 1 and not tier.suspended:
        minutes = thresholds.no_running_task // _MINUTE
        yield TierAlarm(
            name="no_running_task",
            says=f"no task has run for {minutes} minutes",
            metric=tier.metric_running_tasks(),
            threshold=1,
            minutes=minutes,
            below=True,
            # The metric is a count of samples, and without a task there is no sample: missing is what it looks for.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
    if thresholds.high_cpu is not None:
        yield TierAlarm(
            name="high_cpu",
            says=f"the tasks use {_digits(thresholds.high_cpu)} percent or more of their CPU",
            metric=tier.metric_cpu_utilization(),
            threshold=thresholds.high_cpu,
            minutes=10,
        )
    if thresholds.high_memory is not None:
        yield TierAlarm(
            name="high_memory",
            says=f"a task uses {_digits(thresholds.high_memory)} percent or more of its memory",
            # A task is killed at its own limit, however much the others have left.
            metric=tier.metric_memory_utilization().with_(statistic="Maximum"),
            threshold=thresholds.high_memory,
            minutes=5,
        )
    if thresholds.restarts is not None:
        window = RESTART_WINDOW // _MINUTE
        stopped = "tasks stopped and were missing"
        if tier.restarts_in_place:
            stopped += ", or containers stopped and were started again,"
        yield TierAlarm(
            name="restarts",
            says=f"{stopped} in {_digits(thresholds.restarts)} of {window} minutes, without a deployment",
            metric=tier.metric_restarts() if tier.restarts_in_place else tier.metric_missing_tasks(),
            threshold=1,
            minutes=window,
            datapoints=thresholds.restarts,
        )


def _of_queue(queue: QueueMetrics, thresholds: AlarmThresholds) -> Iterator[TierAlarm]:
    age = thresholds.oldest_message_age
    if queue.oldest_message_age is not None and age is not None:
        if not isinstance(age, timedelta):
            age = _LONGEST_WAIT if queue.acceptable_latency is None else 2 * queue.acceptable_latency
            # A message that is worked on is in the queue, and has an age, until it is deleted.
            age += queue.longest_processing_time or timedelta(0)
            if queue.retention_period is not None:
                # No message is ever older, and the alarm shall tell of it while there is time to do something.
                age = min(age, queue.retention_period / 2)
        yield TierAlarm(
            name="oldest_message_age",
            says=f"a message was sent {in_words(age)} ago or earlier, and is not worked off",
            metric=queue.oldest_message_age,
            threshold=age.total_seconds(),
            minutes=3,
        )
    if queue.dead_letters is not None and thresholds.dead_letters is not None:
        yield TierAlarm(
            name="dead_letters",
            says=f"{_digits(thresholds.dead_letters)} or more messages could not be processed, and lie on the "
            "dead-letter queue",
            metric=queue.dead_letters,
            threshold=thresholds.dead_letters,
            minutes=1,
        )
    unconsumed = queue.metric_unconsumed()
    if unconsumed is not None and thresholds.no_consumer is not None:
        yield TierAlarm(
            name="no_consumer",
            says=f"messages have waited for {in_words(thresholds.no_consumer)}, and no consumer is connected",
            metric=unconsumed,
            threshold=1,
            minutes=thresholds.no_consumer // _MINUTE,
        )


def _of_broker(broker: BrokerMetrics, thresholds: AlarmThresholds) -> Iterator[TierAlarm]:
    if thresholds.blocked is not None:
        yield TierAlarm(
            name="blocked",
            says="the broker takes no messages: it has no memory or no disk left",
            metric=broker.blocked,
            threshold=1,
            minutes=thresholds.blocked // _MINUTE,
        )
    if broker.suspended:
        return
    missing = broker.metric_missing_nodes()
    if missing is not None and thresholds.missing_nodes is not None:
        yield TierAlarm(
            name="missing_nodes",
            says=f"a node of {len(broker.nodes)} is down or not measured",
            metric=missing,
            threshold=1,
            minutes=thresholds.missing_nodes // _MINUTE,
        )
    if thresholds.unmeasured is not None:
        yield TierAlarm(
            name="unmeasured",
            says=f"the broker has told nothing of itself for {in_words(thresholds.unmeasured)}",
            # No value of it is below 0: the alarm is on data that is not there.
            metric=broker.blocked,
            threshold=0,
            below=True,
            missing=cloudwatch.TreatMissingData.BREACHING,
            minutes=thresholds.unmeasured // _MINUTE,
        )


def _digits(number: float) -> str:
    """Return a number as text, in which a token stays one."""
    return Tokenization.stringify_number(number)

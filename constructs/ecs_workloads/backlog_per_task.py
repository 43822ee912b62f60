"""Scaling on the backlog of a queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import (
    check_cooldowns,
    check_known_range,
    check_processing_time,
    check_time,
    in_words,
    require,
)
from ecs_workloads._metric_math import RUNNING_OR_ONE, scalable_target, track_expression
from ecs_workloads._running_tasks import metric_running_tasks
from ecs_workloads.scaling import ScalableService


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class BacklogPerTask:
    """Run as many tasks as it takes to work off the queue within a given time.

    The target is ``messages_at_once * acceptable_latency / processing_time`` messages for each task, as in
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html, and messages in flight count as
    well. Busy tasks count at the target, so that the number of tasks never falls below what the messages in flight
    keep busy. Which task then stops is ECS's choice: a program with long messages protects its task meanwhile.
    Beside it belongs an `ArrivalRate`, which keeps the tasks that a steady flow of messages needs. With
    ``min_capacity=0``, the first waiting message starts a first task; on SQS that takes a few minutes,
    and up to 15 after some hours without any traffic, since an idle queue stops reporting its metrics.

    Args:
        acceptable_latency: Time for which a message may wait, from one second to 14 days, and below the
            ``retention_period`` of the queue, after which it is deleted.
        processing_time: Mean time that one message takes, from one millisecond to 12 hours. Not the longest:
            that is the queue's ``longest_processing_time``.
        messages_at_once: Messages that one task works on at the same time, 1 to 10000.
        scale_out_cooldown: Time after adding tasks before more are added, up to one hour.
        scale_in_cooldown: Time after removing tasks before more are removed, up to one hour.

    Raises:
        ValueError: A value is out of its range, one message takes longer than the acceptable latency, or the
            tier's queue has no metrics, has them elsewhere, or deletes messages before that.
        TypeError: An argument is of another kind.
    """

    acceptable_latency: timedelta
    processing_time: timedelta
    messages_at_once: int = 1
    scale_out_cooldown: timedelta = timedelta(minutes=1)
    scale_in_cooldown: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        subject = "BacklogPerTask"
        check_time(subject, "acceptable_latency", self.acceptable_latency, timedelta(seconds=1), timedelta(days=14))
        check_processing_time(subject, self.processing_time)
        require(
            self.processing_time <= self.acceptable_latency,
            subject,
            f"no number of tasks meets acceptable_latency={in_words(self.acceptable_latency)} "
            f"when processing_time is {in_words(self.processing_time)}",
        )
        check_known_range(
            subject, "messages_at_once", self.messages_at_once, 1, 10_000, why="the target is computed from it"
        )
        check_cooldowns(subject, self.scale_out_cooldown, self.scale_in_cooldown)

    @property
    def target_backlog(self) -> float:
        """Messages for each task at which the queue is worked off in the acceptable latency."""
        return self.messages_at_once * (self.acceptable_latency / self.processing_time)

    def bind(self, service: ScalableService) -> None:
        """Attach this policy to the task count of ``service``."""
        waiting, in_flight = _queue_metrics(service)
        running = metric_running_tasks(service.service)
        slots, target = f"({self.messages_at_once} * tasks)", f"{self.target_backlog:.9g}"
        track_expression(
            service,
            "BacklogPerTask",
            steps={
                "tasks": RUNNING_OR_ONE,
                "backlog": "(waiting + in_flight) / tasks",
                # At the target when every task is busy, so that the count falls only by what is idle.
                "busy": f"IF(in_flight >= {slots}, {target}, {target} * in_flight / {slots})",
            },
            expression="IF(backlog > busy, backlog, busy)",
            label="Messages for each running task, busy tasks counted at the target",
            metrics={"waiting": waiting, "in_flight": in_flight, "running": running},
            target_value=self.target_backlog,
            scale_out_cooldown=self.scale_out_cooldown,
            scale_in_cooldown=self.scale_in_cooldown,
        )
        # A token is a negative number, and may turn out to be 0.
        if service.min_capacity <= 0:
            _wake_from_zero(service, waiting, running)


def _queue_metrics(service: ScalableService) -> tuple[cloudwatch.IMetric, cloudwatch.IMetric]:
    queue = service.queue
    if queue is None:
        raise ValueError(f"{service.path}: BacklogPerTask needs a tier that takes its work from a queue")
    waiting, in_flight = queue.metric_messages_waiting(), queue.metric_messages_in_flight()
    if waiting is None or in_flight is None:
        raise ValueError(
            f"{service.path}: BacklogPerTask needs a queue with metrics, and {type(queue).__name__} has none; "
            "scale on TargetCpu() instead"
        )
    return waiting, in_flight


def _wake_from_zero(
    service: ScalableService,
    waiting: cloudwatch.IMetric,
    running: cloudwatch.IMetric,
) -> None:
    """Start one task when a message waits and none runs: the target alone may be far above one message."""
    action = appscaling.StepScalingAction(
        service.tasks,
        "WakeFromZero",
        scaling_target=scalable_target(service),
        adjustment_type=appscaling.AdjustmentType.CHANGE_IN_CAPACITY,
        # Until the first sample of a new task appears the alarm stays on, and must not start a second one.
        cooldown=Duration.minutes(5),
        metric_aggregation_type=appscaling.MetricAggregationType.MAXIMUM,
    )
    action.add_adjustment(adjustment=1, lower_bound=0)
    alarm = cloudwatch.Alarm(
        service.tasks,
        "WaitingWithoutTask",
        alarm_description=f"Messages wait for {service.path}, and no task runs",
        metric=cloudwatch.MathExpression(
            expression="IF(waiting > 0 AND FILL(running, 0) < 1, 1, 0)",
            using_metrics={"waiting": waiting, "running": running},
            period=Duration.minutes(1),
        ),
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(
        cloudwatch_actions.ApplicationScalingAction(action)  # pyright: ignore[reportArgumentType]  # jsii#4541
    )

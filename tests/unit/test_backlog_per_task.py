"""Tests of `BacklogPerTask`."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from ecs_workloads import BacklogPerTask, Container, Scaling, Scheduled, SqsQueue, Worker
from tests.templates import properties, resources

POLICY = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))


def worker(stack: cdk.Stack, cluster: ecs.Cluster, container: Container, scaling: Scaling) -> Worker:
    queue = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    return Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=scaling)


def test_the_target_is_the_backlog_that_one_task_works_off_in_time() -> None:
    assert POLICY.target_backlog == 150
    assert BacklogPerTask(
        acceptable_latency=timedelta(seconds=10), processing_time=timedelta(milliseconds=500), messages_at_once=4
    ).target_backlog == pytest.approx(80)


def test_tracks_waiting_and_in_flight_messages_for_each_running_task(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    worker(stack, cluster, container, Scaling(min_capacity=1, max_capacity=5, policies=(POLICY,)))

    policy = properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    queries = {query["Id"]: query for query in configuration["CustomizedMetricSpecification"]["Metrics"]}
    names = {
        key: query["MetricStat"]["Metric"]["MetricName"] for key, query in queries.items() if "MetricStat" in query
    }
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert configuration["TargetValue"] == 150
    assert (configuration["ScaleOutCooldown"], configuration["ScaleInCooldown"]) == (60, 300)
    assert queries["tracked"]["Label"] == "Messages for each running task, busy tasks counted at the target"
    assert names == {
        "waiting": "ApproximateNumberOfMessagesVisible",
        "in_flight": "ApproximateNumberOfMessagesNotVisible",
        "running": "CPUUtilization",
    }
    assert queries["running"]["MetricStat"]["Stat"] == "SampleCount"
    assert [key for key, query in queries.items() if query["ReturnData"]] == ["tracked"]
    assert queries["tracked"]["Expression"] == "IF(backlog > busy, backlog, busy)"


def fill(value: float, _: float) -> float:
    return value


def choose(condition: bool, yes: float, no: float) -> float:  # noqa: FBT001 - as CloudWatch's IF
    return yes if condition else no


def wanted_tasks(stack: cdk.Stack, *, waiting: int, in_flight: int, running: int) -> int:
    """Work the policy's own expressions out, and return the number of tasks that target tracking wants."""
    configuration = properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")[
        "TargetTrackingScalingPolicyConfiguration"
    ]
    values: dict[str, Any] = {"waiting": waiting, "in_flight": in_flight, "running": running}
    values |= {"FILL": fill, "IF": choose}
    for query in configuration["CustomizedMetricSpecification"]["Metrics"]:
        if "Expression" in query:
            values[query["Id"]] = eval(query["Expression"], {}, values)  # noqa: S307 - our own expression
    wanted: float = running * values["tracked"] / configuration["TargetValue"]
    return math.ceil(wanted)


def test_the_count_never_falls_below_the_tasks_that_work(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    worker(stack, cluster, container, Scaling(min_capacity=1, max_capacity=30, policies=(POLICY,)))

    # Nothing waits and everybody works: nobody goes. Prefetched messages add no tasks.
    assert wanted_tasks(stack, waiting=0, in_flight=20, running=20) == 20
    assert wanted_tasks(stack, waiting=0, in_flight=200, running=20) == 20
    # A quarter works: no fewer than these. Nobody works: all may go.
    assert wanted_tasks(stack, waiting=0, in_flight=5, running=20) == 5
    assert wanted_tasks(stack, waiting=0, in_flight=0, running=20) == 0
    # More waits than these tasks work off in time.
    assert wanted_tasks(stack, waiting=3000, in_flight=20, running=20) == 21


def test_the_first_message_wakes_a_worker_that_has_no_task(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    worker(stack, cluster, container, Scaling(min_capacity=0, max_capacity=5, policies=(POLICY,)))

    alarm = properties(stack, "AWS::CloudWatch::Alarm")
    [step] = [
        resource
        for resource in resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")
        if resource["Properties"]["PolicyType"] == "StepScaling"
    ]
    configuration = step["Properties"]["StepScalingPolicyConfiguration"]
    assert "IF(waiting > 0 AND FILL(running, 0) < 1, 1, 0)" in str(alarm["Metrics"])
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["AlarmActions"]
    assert alarm["AlarmDescription"] == "Messages wait for Stack/Worker, and no task runs"
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"
    assert (configuration["Cooldown"], configuration["MetricAggregationType"]) == (300, "Maximum")
    assert configuration["AdjustmentType"] == "ChangeInCapacity"
    assert configuration["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]


def test_a_worker_whose_fewest_tasks_only_the_deployment_knows_can_be_woken(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    fewest: Any = cdk.CfnParameter(stack, "Fewest", type="Number").value_as_number
    worker(stack, cluster, container, Scaling(min_capacity=fewest, max_capacity=5, policies=(POLICY,)))

    Template.from_stack(stack).resource_count_is("AWS::CloudWatch::Alarm", 1)


def test_a_worker_that_the_clock_stops_can_be_woken(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    night = Scheduled(name="Night", schedule="cron(0 22 * * ? *)", min_capacity=0)
    day = Scheduled(name="Day", schedule="cron(0 6 * * ? *)", min_capacity=1)
    worker(stack, cluster, container, Scaling(min_capacity=1, max_capacity=5, policies=(POLICY, night, day)))

    Template.from_stack(stack).resource_count_is("AWS::CloudWatch::Alarm", 1)


def test_a_worker_that_always_has_a_task_needs_no_wake_up(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    worker(stack, cluster, container, Scaling(min_capacity=1, max_capacity=5, policies=(POLICY,)))

    Template.from_stack(stack).resource_count_is("AWS::CloudWatch::Alarm", 0)

"""Tests of `ArrivalRate`."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs

from ecs_workloads import ArrivalRate, Container, MessageQueue, Scaling, SqsQueue, Worker
from tests.templates import properties


def worker(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, queue: MessageQueue, policy: ArrivalRate
) -> Worker:
    scaling = Scaling(min_capacity=1, max_capacity=5, policies=(policy,))
    return Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=scaling)


def test_tracks_the_share_of_their_time_that_tasks_need_for_what_arrives(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    queue = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    worker(stack, cluster, container, queue, ArrivalRate(processing_time=timedelta(seconds=3), messages_at_once=2))

    policy = properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    queries = {query["Id"]: query for query in configuration["CustomizedMetricSpecification"]["Metrics"]}
    # One message a minute of 3 seconds keeps one task that takes two at once busy for 2.5 percent of its time.
    assert queries["tracked"]["Expression"] == "FILL(sent, 0) * 2.5 / IF(FILL(running, 0) > 0, FILL(running, 0), 1)"
    assert queries["sent"]["MetricStat"]["Metric"]["MetricName"] == "NumberOfMessagesSent"
    assert queries["sent"]["MetricStat"]["Stat"] == "Sum"
    assert configuration["TargetValue"] == 75
    assert (configuration["ScaleOutCooldown"], configuration["ScaleInCooldown"]) == (60, 300)
    assert queries["tracked"]["Label"] == "Percent of what the running tasks can work off"


def test_a_queue_of_another_stack_measures_arrivals_too(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    made = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    queue = SqsQueue.from_queue(made.queue, longest_processing_time=timedelta(minutes=1))
    worker(stack, cluster, container, queue, ArrivalRate(processing_time=timedelta(seconds=3)))

    assert properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")["PolicyName"] == "ArrivalRate"

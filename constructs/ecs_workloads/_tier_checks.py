"""What a tier of programs refuses before it makes anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from ecs_workloads._checks import in_words, require
from ecs_workloads._chosen_subnets import check_selection
from ecs_workloads._cluster_facts import cluster_facts
from ecs_workloads._distant_sqs_messages import DistantSqsMessages, place_of_metric_elsewhere
from ecs_workloads._exec_paths import check_exec_paths
from ecs_workloads._scaling_bounds import check_bounds
from ecs_workloads._shares import check_capacity
from ecs_workloads._task_bounds import TaskBounds, check_scaling
from ecs_workloads.arrival_rate import ArrivalRate
from ecs_workloads.backlog_per_task import BacklogPerTask
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.message_queue import ForgetsMessages, MessageQueue
from ecs_workloads.scaling import Scaling, ScalingPolicy
from ecs_workloads.sidecar import RoutesLogs, Sidecar

# Fargate kills a task 120 seconds after SIGTERM, at the latest. After the last request or message that a task may
# still finish, the program needs a moment to close what it holds.
LONGEST_STOP_TIMEOUT = timedelta(seconds=120)
STOP_MARGIN = timedelta(seconds=10)
LONGEST_REQUEST = LONGEST_STOP_TIMEOUT - STOP_MARGIN
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
_MOST_SECURITY_GROUPS = 5


def check_subnets(path: str, cluster: ecs.ICluster, vpc_subnets: ec2.SubnetSelection | None) -> None:
    """Refuse subnets that there are not, and public ones that nobody asked for, in which tasks could pull no image.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
    """
    require(
        vpc_subnets is not None or cluster_facts(cluster).has_private_subnets,
        path,
        "the VPC has no private subnets, and in public ones the tasks, which get no public address, could pull no "
        "image: add private subnets, or say vpc_subnets=... where they have another way out",
    )
    check_selection(path, cluster_facts(cluster).vpc, vpc_subnets)


def check_alarms(path: str, alarms: Sequence[cloudwatch.IAlarm]) -> None:
    """Refuse one alarm in two places."""
    names = [alarm.alarm_name for alarm in alarms]
    twice = [alarm.node.path for place, alarm in enumerate(alarms) if names[place] in names[:place]]
    require(not twice, path, f"deployment_alarms name an alarm twice, got {', '.join(twice)}")


def check_tier(
    path: str,
    *,
    cluster: ecs.ICluster,
    container: Container,
    capacity: Sequence[CapacityShare],
    longest_work: timedelta,
    sidecars: Sequence[Sidecar],
    deployment_alarms: Sequence[cloudwatch.IAlarm],
    scaling: Scaling,
    min_capacity: int,
    default_policies: Sequence[ScalingPolicy],
    vpc_subnets: ec2.SubnetSelection | None,
    security_groups: Sequence[ec2.ISecurityGroup],
    enable_execute_command: bool,
    suspended: bool,
) -> TaskBounds:
    """Refuse capacity that the cluster has not, work that a task could not finish, and what does not fit together.

    Return the number of tasks, of which ``min_capacity`` and ``default_policies`` are the tier's own.
    """
    check_subnets(path, cluster, vpc_subnets)
    check_alarms(path, deployment_alarms)
    check_capacity(path, cluster, capacity)
    require(
        len(security_groups) <= _MOST_SECURITY_GROUPS,
        path,
        f"security_groups must be at most {_MOST_SECURITY_GROUPS}, got {len(security_groups)}",
    )
    stop_timeout, needed = container.stop_timeout, min(longest_work, LONGEST_STOP_TIMEOUT)
    require(
        stop_timeout is None or stop_timeout >= needed,
        path,
        f"container.stop_timeout must be at least {in_words(needed)}, for the longest work that a task finishes, "
        f"got {in_words(stop_timeout or needed)}",
    )
    if enable_execute_command:
        check_exec_paths(path, container)
    routers = [sidecar for sidecar in sidecars if isinstance(sidecar, RoutesLogs)]
    require(len(routers) <= 1, path, f"only one sidecar may route the logs, got {len(routers)}")
    bounds = check_scaling(path, scaling, min_capacity=min_capacity, policies=default_policies)
    vpc = cluster_facts(cluster).vpc
    check_bounds(path, scaling, bounds, vpc=vpc, vpc_subnets=vpc_subnets, suspended=suspended)
    return bounds


def check_queue(tier: Construct, path: str, queue: MessageQueue, scaling: Scaling) -> None:
    """Refuse a queue that is measured elsewhere, a mean time that no message has, and a wait that none outlives."""
    for policy in scaling.policies or ():
        if isinstance(policy, BacklogPerTask | ArrivalRate):
            place = (
                queue.place
                if isinstance(queue, DistantSqsMessages)
                else place_of_metric_elsewhere(queue.metric_messages_waiting(), tier)
            )
            require(
                place is None,
                path,
                f"{type(policy).__name__} does not see the metrics of a queue in {place}: scale on TargetCpu(), or run "
                "the worker where its queue is",
            )
            require(
                policy.processing_time <= queue.longest_processing_time,
                path,
                f"{type(policy).__name__}: the mean processing_time={in_words(policy.processing_time)} is above the "
                f"longest of the queue, {in_words(queue.longest_processing_time)}",
            )
        if isinstance(policy, BacklogPerTask) and isinstance(queue, ForgetsMessages):
            require(
                policy.acceptable_latency < queue.retention_period,
                path,
                f"BacklogPerTask: acceptable_latency={in_words(policy.acceptable_latency)} must be below the "
                f"retention_period of the queue, {in_words(queue.retention_period)}, after which a message is deleted",
            )

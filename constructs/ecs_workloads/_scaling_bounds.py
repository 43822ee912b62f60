"""What the bounds of a tier's task count must fit."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

from ecs_workloads._checks import is_token, require
from ecs_workloads.arrival_rate import ArrivalRate
from ecs_workloads.backlog_per_task import BacklogPerTask
from ecs_workloads.requests_per_target import RequestsPerTarget
from ecs_workloads.scaling import Scaling, ScalingPolicy
from ecs_workloads.scheduled import Scheduled
from ecs_workloads.target_cpu import TargetCpu
from ecs_workloads.target_memory import TargetMemory

_ONE_OF_A_KIND = (ArrivalRate, BacklogPerTask, RequestsPerTarget, TargetCpu, TargetMemory)
_START_NO_FIRST_TASK = (TargetCpu, TargetMemory, RequestsPerTarget, ArrivalRate)
# A deployment starts as many new tasks as there are, before it stops the old ones.
_DURING_A_DEPLOYMENT = 2


def check_bounds(
    path: str,
    scaling: Scaling,
    policies: Sequence[ScalingPolicy],
    *,
    vpc: ec2.IVpc,
    vpc_subnets: ec2.SubnetSelection | None,
) -> None:
    """Refuse bounds under which a tier never starts, falls with one zone, or breaks what is behind it."""
    scheduled = [policy for policy in policies if isinstance(policy, Scheduled)]
    for kind in _ONE_OF_A_KIND:
        number = sum(isinstance(policy, kind) for policy in policies)
        require(number <= 1, path, f"policies must have one {kind.__name__} at most, got {number}")
    names = [one.name for one in scheduled]
    require(len(set(names)) == len(names), path, f"each Scheduled needs a name of its own, got {names}")
    _check_wakes(path, scaling, policies)
    lowest = [scaling.min_capacity, *(one.min_capacity for one in scheduled if one.min_capacity is not None)]
    highest = [scaling.max_capacity, *(one.max_capacity for one in scheduled if one.max_capacity is not None)]
    if any(is_token(bound) for bound in (*lowest, *highest)):
        return
    for one in scheduled:
        _check_schedule(path, one, lowest=min(lowest), highest=max(highest))
    require(
        not scaling.policies or min(lowest) < max(highest),
        path,
        f"policies can move nothing between {min(lowest)} and {max(highest)} tasks: say another max_capacity, or leave "
        "the policies out",
    )
    if scaling.zone_redundant:
        zones = _zones(vpc, vpc_subnets)
        require(
            min(lowest) >= zones,
            path,
            f"zone_redundant needs a task in each of the {zones} zones at any time, and the fewest are {min(lowest)}",
        )
    for limit in scaling.downstream:
        # A token is a negative number, so that with one of them for each task none are too many.
        most = max(highest) * _DURING_A_DEPLOYMENT * limit.connections_per_task
        require(
            is_token(limit.connections) or most <= limit.connections,
            path,
            f"{max(highest)} tasks, twice as many during a deployment, open up to {most} connections to "
            f"{limit.name!r}, which accepts {limit.connections}",
        )


def _zones(vpc: ec2.IVpc, chosen: ec2.SubnetSelection | None) -> int:
    """Return in how many zones the tasks may run."""
    subnets = ec2.SubnetSelection() if chosen is None else chosen
    selected = vpc.select_subnets(
        availability_zones=subnets.availability_zones,
        one_per_az=subnets.one_per_az,
        subnet_filters=subnets.subnet_filters,
        subnet_group_name=subnets.subnet_group_name,
        subnets=subnets.subnets,
        subnet_type=subnets.subnet_type,
    )
    return len(set(selected.availability_zones))


def _check_wakes(path: str, scaling: Scaling, policies: Sequence[ScalingPolicy]) -> None:
    """Refuse a tier that goes to no task and has nothing that would ever start one again."""
    asleep = all(
        isinstance(policy, _START_NO_FIRST_TASK) or (isinstance(policy, Scheduled) and not policy.min_capacity)
        for policy in policies
    )
    stops = any(isinstance(policy, Scheduled) and policy.min_capacity == 0 for policy in policies)
    require(
        ((is_token(scaling.min_capacity) or scaling.min_capacity > 0) and not stops) or not asleep,
        path,
        "with min_capacity=0 nothing would start a first task: CPU, memory, requests and arrivals are measured "
        "against tasks that run; add BacklogPerTask, or Scheduled with a min_capacity, or say min_capacity=1",
    )


def _check_schedule(path: str, action: Scheduled, *, lowest: int, highest: int) -> None:
    """Refuse an action that Application Auto Scaling would refuse when its hour comes."""
    require(
        action.max_capacity is not None or action.min_capacity is None or action.min_capacity <= highest,
        path,
        f"Scheduled {action.name!r} raises min_capacity to {action.min_capacity}, above every max_capacity: "
        f"the highest is {highest}",
    )
    require(
        action.min_capacity is not None or action.max_capacity is None or action.max_capacity >= lowest,
        path,
        f"Scheduled {action.name!r} lowers max_capacity to {action.max_capacity}, below every min_capacity: "
        f"the lowest is {lowest}",
    )

"""What the bounds of a tier's task count must fit."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

from ecs_workloads._checks import in_our_words, is_token, require
from ecs_workloads._chosen_subnets import chosen_subnets
from ecs_workloads._task_bounds import TaskBounds
from ecs_workloads.arrival_rate import ArrivalRate
from ecs_workloads.backlog_per_task import BacklogPerTask
from ecs_workloads.requests_per_target import RequestsPerTarget
from ecs_workloads.scaling import Scaling
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
    bounds: TaskBounds,
    *,
    vpc: ec2.IVpc,
    vpc_subnets: ec2.SubnetSelection | None,
    suspended: bool,
) -> None:
    """Refuse bounds under which a tier never starts, falls with one zone, or breaks what is behind it."""
    for kind in _ONE_OF_A_KIND:
        number = sum(isinstance(policy, kind) for policy in bounds.policies)
        require(number <= 1, path, f"policies must have one {kind.__name__} at most, got {number}")
    names = [one.name for one in bounds.scheduled]
    require(len(set(names)) == len(names), path, f"each Scheduled needs a name of its own, got {names}")
    _check_wakes(path, bounds)
    if any(is_token(bound) for bound in (*bounds.lows, *bounds.highs)):
        return
    for one in bounds.scheduled:
        _check_schedule(path, one, bounds)
    fewest, most = bounds.fewest, max(bounds.highs)
    require(
        not scaling.policies or fewest < most,
        path,
        f"policies can move nothing between {fewest} and {most} tasks: say another max_capacity, or leave the policies "
        "out",
    )
    if scaling.zone_redundant:
        zones = _zones(path, vpc, vpc_subnets)
        require(
            fewest >= zones,
            path,
            f"zone_redundant needs a task in each of the {zones} zones at any time, and the fewest are {fewest}",
        )
    for limit in scaling.downstream:
        # A token is a negative number, so that with one of them for each task none are too many.
        connections = most * _DURING_A_DEPLOYMENT * limit.connections_per_task
        require(
            suspended or is_token(limit.connections) or connections <= limit.connections,
            path,
            f"{most} tasks, twice as many during a deployment, open up to {connections} connections to "
            f"{limit.name!r}, which accepts {limit.connections}",
        )


def _zones(path: str, vpc: ec2.IVpc, chosen: ec2.SubnetSelection | None) -> int:
    """Return in how many zones the tasks may run.

    Raises:
        ValueError: A subnet was imported without its zone.
    """
    zones = in_our_words(
        lambda: chosen_subnets(vpc, chosen or ec2.SubnetSelection()).availability_zones,
        "availability zone if it was not supplied",
        path,
        lambda _: (
            "zone_redundant needs to know the zones of vpc_subnets: import each with "
            "ec2.Subnet.from_subnet_attributes(subnet_id=..., availability_zone=...)"
        ),
    )
    return len(set(zones))


def _check_wakes(path: str, bounds: TaskBounds) -> None:
    """Refuse a tier that goes to no task and has nothing that would ever start one again."""
    asleep = all(
        isinstance(policy, _START_NO_FIRST_TASK) or (isinstance(policy, Scheduled) and not policy.min_capacity)
        for policy in bounds.policies
    )
    stops = any(action.min_capacity == 0 for action in bounds.scheduled)
    require(
        (bounds.min_capacity != 0 and not stops) or not asleep,
        path,
        "with min_capacity=0 nothing would start a first task: CPU, memory, requests and arrivals are measured "
        "against tasks that run; add BacklogPerTask, or Scheduled with a min_capacity, or say min_capacity=1",
    )


def _check_schedule(path: str, action: Scheduled, bounds: TaskBounds) -> None:
    """Refuse one bound that the other, whichever is in force when its hour comes, does not fit.

    Application Auto Scaling then changes nothing, and the old bounds stay: "you must include both sizes".
    https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-policy-overview.html
    """
    low, high = action.min_capacity, action.max_capacity
    lowest_high, highest_low = min(bounds.highs), max(bounds.lows)
    require(
        high is not None or low is None or low <= lowest_high,
        path,
        f"Scheduled {action.name!r} raises min_capacity to {low} while max_capacity may be {lowest_high}, and would "
        "fail then: say its max_capacity too",
    )
    require(
        low is not None or high is None or high >= highest_low,
        path,
        f"Scheduled {action.name!r} lowers max_capacity to {high} while min_capacity may be {highest_low}, and would "
        "fail then: say its min_capacity too",
    )

"""Rules of what a tier's bounds, stop and capacity must fit, each held by each kind of tier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ecs_workloads import (
    Capacity,
    CapacityShare,
    DownstreamLimit,
    FluentBit,
    Scaling,
    Scheduled,
    ScratchVolume,
    TargetCpu,
)
from tests.unit.bad_input.row import IMAGE, Bench, Row, TokenRow

_ASLEEP = "with min_capacity=0 nothing would start a first task"
# What costs time to make is made when a row is run: mutants import all rows again and again.
_DATABASE = DownstreamLimit(name="db", connections=39, connections_per_task=10)
_ROUTER = FluentBit(image=IMAGE, options={"Name": "null"})
_LARGE = CapacityShare(capacity_provider="LARGE", interruptible=False)
# A tier with other arguments than its defaults.
Make = Callable[..., object]
# Each kind of tier: its name, its path, and what makes one.
PROGRAMS: tuple[tuple[str, str, Callable[[Bench], Make]], ...] = (
    ("web", "Stack/Web", lambda at: at.web),
    ("app", "Stack/App", lambda at: at.app),
    ("worker", "Stack/Worker", lambda at: at.worker),
)
TIERS: tuple[tuple[str, str, Callable[[Bench], Make]], ...] = (
    *PROGRAMS,
    ("broker", "Stack/Broker", lambda at: at.broker),
)


def _scratch(name: str, container_path: str) -> ScratchVolume:
    return ScratchVolume(name=name, container_path=container_path, image_declares_volume=True)


def _noon(*, min_capacity: int | None = None, max_capacity: int | None = None) -> Scheduled:
    return Scheduled(name="Noon", schedule="cron(0 12 * * ? *)", min_capacity=min_capacity, max_capacity=max_capacity)


def _night(*, min_capacity: int, max_capacity: int) -> Scheduled:
    return Scheduled(name="Night", schedule="cron(0 22 * * ? *)", min_capacity=min_capacity, max_capacity=max_capacity)


def _scaling(*policies: Scheduled | TargetCpu, low: int = 1, high: int = 2, **arguments: Any) -> Scaling:
    return Scaling(min_capacity=low, max_capacity=high, policies=(TargetCpu(), *policies), **arguments)


def _of_programs(kind: str, path: str, make: Callable[[Bench], Make]) -> list[Row]:
    def scaled(what: str, message: str, scaling: Callable[[], Scaling]) -> Row:
        return Row(f"{kind}: {what}", path, message, lambda at: make(at)(scaling=scaling()))

    return [
        scaled("one policy twice", "policies must have one TargetCpu at most, got 2", lambda: _scaling(TargetCpu())),
        scaled(
            "two schedules of one name",
            "each Scheduled needs a name of its own, got ['Noon', 'Noon']",
            lambda: _scaling(_noon(min_capacity=1), _noon(max_capacity=2)),
        ),
        scaled("no policy wakes it", _ASLEEP, lambda: _scaling(low=0)),
        scaled("the clock stops it for good", _ASLEEP, lambda: _scaling(_noon(min_capacity=0))),
        scaled(
            "policies that move nothing",
            "policies can move nothing between 1 and 1 tasks: say another max_capacity, or leave the policies out",
            lambda: _scaling(high=1),
        ),
        scaled(
            "a schedule above the max of another",
            "Scheduled 'Noon' raises min_capacity to 2 while max_capacity may be 1, and would fail then: say its "
            "max_capacity too",
            lambda: _scaling(_noon(min_capacity=2), _night(min_capacity=1, max_capacity=1), high=3),
        ),
        scaled(
            "a schedule below the min of another",
            "Scheduled 'Noon' lowers max_capacity to 2 while min_capacity may be 3, and would fail then: say its "
            "min_capacity too",
            lambda: _scaling(_noon(max_capacity=2), _night(min_capacity=3, max_capacity=3), high=4),
        ),
        scaled(
            "nothing that moves the tier's own bounds",
            "nothing would move the count between",
            lambda: Scaling(max_capacity=3, policies=()),
        ),
        scaled(
            "a zone without a task",
            "zone_redundant needs a task in each of the 2 zones at any time, and the fewest are 1",
            lambda: _scaling(zone_redundant=True),
        ),
        scaled(
            "more tasks than the database bears",
            "2 tasks, twice as many during a deployment, open up to 40 connections to 'db', which accepts 39",
            lambda: _scaling(downstream=[_DATABASE]),
        ),
        Row(
            f"{kind}: a volume with a name of ECS Exec",
            path,
            "enable_execute_command takes the volume names that begin with exec-lib or exec-log: call "
            "'exec-lib' otherwise",
            lambda at: make(at)(container=at.served(volumes=[_scratch("exec-lib", "/a")]), enable_execute_command=True),
        ),
        Row(
            f"{kind}: a folder of ECS Exec",
            path,
            "enable_execute_command makes /var/lib/amazon writable itself: leave it out of writable_paths and volumes",
            lambda at: make(at)(
                container=at.served(volumes=[_scratch("lib", "/var/lib/amazon")]), enable_execute_command=True
            ),
        ),
        Row(
            f"{kind}: killed before its work is done",
            path,
            "container.stop_timeout must be at least",
            lambda at: make(at)(container=at.served(stop_timeout=timedelta(seconds=29))),
        ),
        Row(
            f"{kind}: six security groups",
            path,
            "security_groups must be at most 5, got 6",
            lambda at: make(at)(security_groups=[at.security_group] * 6),
        ),
        Row(
            f"{kind}: two log routers",
            path,
            "only one sidecar may route the logs, got 2",
            lambda at: make(at)(sidecars=[_ROUTER, _ROUTER]),
        ),
    ]


def _of_tiers(kind: str, path: str, make: Callable[[Bench], Make]) -> list[Row]:
    return [
        Row(
            f"{kind}: tasks in public subnets",
            path,
            "the VPC has no private subnets, and in public ones the tasks, which get no public address, could pull no",
            lambda at: make(at)(cluster=at.cluster_in_public),
        ),
        Row(
            f"{kind}: one alarm in two places",
            path,
            "deployment_alarms name an alarm twice, got Stack/Alarm",
            lambda at: make(at)(deployment_alarms=[at.alarm, at.alarm]),
        ),
        Row(
            f"{kind}: one provider in two shares",
            path,
            "capacity names a provider twice, got ['FARGATE', 'FARGATE']",
            lambda at: make(at)(capacity=[CapacityShare.fargate(), CapacityShare.fargate(weight=2)]),
        ),
        Row(
            f"{kind}: two shares with a base",
            path,
            "only one share of the capacity may have a base, got FARGATE, LARGE",
            lambda at: make(at)(
                cluster=at.cluster_of_others,
                capacity=[
                    CapacityShare.fargate(base=1),
                    CapacityShare(capacity_provider="LARGE", interruptible=False, base=1),
                ],
            ),
        ),
        Row(
            f"{kind}: no share with a weight",
            path,
            "at least one share of the capacity must have a weight above 0",
            lambda at: make(at)(capacity=[CapacityShare.fargate(base=1, weight=0)]),
        ),
        Row(
            f"{kind}: capacity that the cluster does not offer",
            path,
            "the cluster offers FARGATE, not LARGE",
            lambda at: make(at)(cluster=at.container_cluster(capacity=[Capacity.fargate()]).cluster, capacity=[_LARGE]),
        ),
    ]


def made_with(make: Callable[[Bench], Make], **arguments: Any) -> Callable[[Bench], object]:
    """Return the call that makes a tier of ``make`` with ``arguments``."""
    return lambda at: make(at)(**arguments)


ROWS = (
    *(row for tier in TIERS for row in _of_tiers(*tier)),
    *(row for tier in PROGRAMS for row in _of_programs(*tier)),
    *(
        Row(
            f"{kind}: a max below the tier's own min",
            path,
            "scaling has max_capacity=1, below the 2 tasks that this tier runs by default: say a min_capacity too, or a"
            " higher max_capacity",
            made_with(make, scaling=Scaling(max_capacity=1)),
        )
        for kind, path, make in PROGRAMS
        if kind != "worker"
    ),
    Row(
        "a limit of nobody",
        "DownstreamLimit",
        "name must be some words, got ' '",
        lambda _: DownstreamLimit(name=" ", connections=1),
    ),
    Row(
        "a database that accepts nobody",
        "DownstreamLimit 'db'",
        "connections must be from 1 to 1000000, got 0",
        lambda _: DownstreamLimit(name="db", connections=0),
    ),
    Row(
        "a database that accepts everybody",
        "DownstreamLimit 'db'",
        "connections must be from 1 to 1000000, got 1000001",
        lambda _: DownstreamLimit(name="db", connections=1_000_001),
    ),
    Row(
        "a task that connects to nothing",
        "DownstreamLimit 'db'",
        "connections_per_task must be from 1 to 100000, got 0",
        lambda _: DownstreamLimit(name="db", connections=1, connections_per_task=0),
    ),
    Row(
        "a task that connects to everything",
        "DownstreamLimit 'db'",
        "connections_per_task must be from 1 to 100000, got 100001",
        lambda _: DownstreamLimit(name="db", connections=1, connections_per_task=100_001),
    ),
)
TOKEN_ROWS = (
    TokenRow(
        "provider",
        lambda at: [
            make(at)(capacity=[CapacityShare(capacity_provider=at.text, interruptible=False)]) for _, _, make in TIERS
        ],
    ),
    TokenRow(
        "weight", lambda at: [make(at)(capacity=[CapacityShare.fargate(weight=at.number)]) for _, _, make in TIERS]
    ),
    TokenRow(
        "what the database bears",
        lambda at: [
            make(at)(scaling=_scaling(downstream=[DownstreamLimit(name="db", connections=at.number)]))
            for _, _, make in PROGRAMS
        ],
    ),
    TokenRow(
        "most tasks",
        lambda at: [make(at)(scaling=Scaling(max_capacity=at.number, policies=())) for _, _, make in PROGRAMS],
    ),
    TokenRow(
        "fewest tasks",
        lambda at: [make(at)(scaling=_scaling(low=at.number, zone_redundant=True)) for _, _, make in PROGRAMS],
    ),
)

"""Rules of where tasks run; those of a tier's shares stand in ``bounds.py``."""

from __future__ import annotations

from ecs_workloads import Capacity, CapacityShare
from tests.unit.bad_input.row import Row

ROWS = (
    Row(
        "capacity of no known kind",
        "Capacity",
        "use Capacity.fargate() or Capacity.fargate_spot(), got 'FARGATE' with interruptible=True",
        lambda _: Capacity(capacity_provider="FARGATE", interruptible=True),
    ),
    Row(
        "a share of nobody",
        "CapacityShare",
        "capacity_provider must be the name of a provider, got ''",
        lambda _: CapacityShare(capacity_provider=""),
    ),
    Row(
        "a base below 0",
        "CapacityShare",
        "base must be from 0 to 100000, got -1",
        lambda _: CapacityShare.fargate(base=-1),
    ),
    Row(
        "a base above 100000",
        "CapacityShare",
        "base must be from 0 to 100000, got 100001",
        lambda _: CapacityShare.fargate(base=100_001),
    ),
    Row(
        "a weight below 0",
        "CapacityShare",
        "weight must be from 0 to 1000, got -1",
        lambda _: CapacityShare.fargate(base=1, weight=-1),
    ),
    Row(
        "a weight above 1000",
        "CapacityShare",
        "weight must be from 0 to 1000, got 1001",
        lambda _: CapacityShare.fargate(weight=1001),
    ),
    Row(
        "a share of nothing",
        "CapacityShare",
        "base and weight must not both be 0",
        lambda _: CapacityShare.fargate(base=0, weight=0),
    ),
    Row(
        "Spot that is never interrupted",
        "CapacityShare",
        "interruptible is True for FARGATE_SPOT, got False",
        lambda _: CapacityShare(capacity_provider="FARGATE_SPOT", interruptible=False),
    ),
)

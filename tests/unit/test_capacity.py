"""Tests of `Capacity` and `CapacityShare`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecs_workloads import Capacity, CapacityShare


def test_spot_may_be_interrupted_and_fargate_may_not() -> None:
    assert Capacity.fargate_spot().interruptible
    assert not Capacity.fargate().interruptible
    assert CapacityShare.fargate_spot().may_be_interrupted is True
    assert CapacityShare.fargate().may_be_interrupted is False
    assert CapacityShare(capacity_provider="FARGATE_SPOT").may_be_interrupted is True


def test_nobody_knows_of_another_provider_unless_told() -> None:
    assert CapacityShare(capacity_provider="Fleet").may_be_interrupted is None
    assert CapacityShare(capacity_provider="Fleet", interruptible=False).may_be_interrupted is False
    assert replace(CapacityShare.fargate(), capacity_provider="Fleet").may_be_interrupted is None


def test_a_cluster_offers_no_capacity_that_does_not_exist_yet() -> None:
    with pytest.raises(ValueError, match="use Capacity.fargate.. or Capacity.fargate_spot.., got 'Fleet'"):
        Capacity(capacity_provider="Fleet", interruptible=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"capacity_provider": ""}, "capacity_provider must be the name of a provider"),
        ({"capacity_provider": "FARGATE", "base": -1}, "base must be from 0 to 100000, got -1"),
        ({"capacity_provider": "FARGATE", "weight": 1001}, "weight must be from 0 to 1000, got 1001"),
        ({"capacity_provider": "FARGATE", "weight": 0}, "base and weight must not both be 0"),
        ({"capacity_provider": "FARGATE_SPOT", "interruptible": False}, "interruptible is True for FARGATE_SPOT"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CapacityShare(**arguments)

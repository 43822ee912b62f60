"""Tests of `Capacity` and `CapacityShare`."""

from __future__ import annotations

from dataclasses import replace

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

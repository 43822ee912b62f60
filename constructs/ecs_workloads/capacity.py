"""Where tasks run: the capacity of a cluster, and each tier's share of it."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_range, is_token, require

_FARGATE = "FARGATE"
_FARGATE_SPOT = "FARGATE_SPOT"
_INTERRUPTIBLE = {_FARGATE: False, _FARGATE_SPOT: True}


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class Capacity:
    """One kind of capacity that a `ContainerCluster` offers. Made by its static methods.

    Args:
        capacity_provider: Name of the capacity provider.
        interruptible: Whether AWS may take a task away with a short notice.

    Raises:
        TypeError: An argument is of another kind.
    """

    capacity_provider: str
    interruptible: bool

    def __post_init__(self) -> None:
        require(
            _INTERRUPTIBLE.get(self.capacity_provider) is self.interruptible,
            "Capacity",
            f"use Capacity.fargate() or Capacity.fargate_spot(), got {self.capacity_provider!r} with "
            f"interruptible={self.interruptible}",
        )

    @staticmethod
    def fargate() -> Capacity:
        """Return on-demand capacity without instances to look after."""
        return Capacity(capacity_provider=_FARGATE, interruptible=False)

    @staticmethod
    def fargate_spot() -> Capacity:
        """Return spare capacity at a lower price, which AWS takes back with two minutes' notice."""
        return Capacity(capacity_provider=_FARGATE_SPOT, interruptible=True)


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class CapacityShare:
    """The part of a tier's tasks that one capacity provider runs.

    ECS first places ``base`` tasks on the provider, then divides the rest by ``weight``. Only one share of a
    tier may have a base.

    Args:
        capacity_provider: Name of a provider of the cluster: ``FARGATE``, ``FARGATE_SPOT`` or another.
        base: Tasks that run here before any weight counts, 0 to 100000.
        weight: Relative part of the tasks beyond the base, 0 to 1000. Defaults to 1.
        interruptible: Whether AWS may take a task of this provider away. Known for the two Fargate
            providers; defaults to not known for any other, which a message broker refuses.

    Raises:
        ValueError: A number is out of its range, both are zero, or ``interruptible`` is untrue of a
            Fargate provider.
        TypeError: An argument is of another kind.
    """

    capacity_provider: str
    base: int = 0
    weight: int = 1
    interruptible: bool | None = None

    def __post_init__(self) -> None:
        require(
            self.capacity_provider != "", "CapacityShare", "capacity_provider must be the name of a provider, got ''"
        )
        check_range("CapacityShare", "base", self.base, 0, 100_000)
        check_range("CapacityShare", "weight", self.weight, 0, 1000)
        require(
            is_token(self.base) or is_token(self.weight) or self.base > 0 or self.weight > 0,
            "CapacityShare",
            "base and weight must not both be 0",
        )
        require(
            self.interruptible in (None, self.may_be_interrupted),
            "CapacityShare",
            f"interruptible is {self.may_be_interrupted} for {self.capacity_provider}, got {self.interruptible}",
        )

    @property
    def may_be_interrupted(self) -> bool | None:
        """Whether AWS may take a task away; ``None`` where nobody said."""
        return _INTERRUPTIBLE.get(self.capacity_provider, self.interruptible)

    @staticmethod
    def fargate(*, base: int = 0, weight: int = 1) -> CapacityShare:
        """Return a share of on-demand Fargate."""
        return CapacityShare(capacity_provider=_FARGATE, base=base, weight=weight)

    @staticmethod
    def fargate_spot(*, base: int = 0, weight: int = 1) -> CapacityShare:
        """Return a share of Fargate Spot."""
        return CapacityShare(capacity_provider=_FARGATE_SPOT, base=base, weight=weight)

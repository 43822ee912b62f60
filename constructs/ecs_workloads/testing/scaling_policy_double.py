"""A scaling policy that only watches."""

from __future__ import annotations

from collections.abc import Sequence

from ecs_workloads.scaling import ScalableService


class ScalingPolicyDouble:
    """A scaling policy that moves nothing and keeps the services that it was given."""

    def __init__(self) -> None:
        self._services: list[ScalableService] = []

    @property
    def services(self) -> Sequence[ScalableService]:
        """What the policy was attached to, in that order, with bounds, queue and target group."""
        return tuple(self._services)

    def bind(self, service: ScalableService) -> None:
        """Keep ``service``."""
        self._services.append(service)

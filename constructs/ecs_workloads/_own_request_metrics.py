"""What is measured of the requests to the owner of a load balancer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import Lazy

from ecs_workloads._written_late import WrittenLate
from ecs_workloads.request_metrics import RequestMetrics


@dataclass(frozen=True, kw_only=True)
class OwnRequestMetrics(RequestMetrics):
    """The requests to a tier whose load balancer others may join, also after its alarms were made.

    CloudWatch measures what a load balancer answers itself of the whole load balancer, not of a target group. So it
    counts as the owner's failure only as long as the owner is alone, which is known when the app is synthesised.

    Args:
        is_shared: Whether others have rules on the listener by now.
    """

    is_shared: Callable[[], bool]

    def _is_alone(self) -> bool:
        return super()._is_alone() and not self.is_shared()

    def _as_one_of(self, alone: str, shared: str) -> str:
        return Lazy.uncached_string(WrittenLate(lambda: shared if self.is_shared() else alone))

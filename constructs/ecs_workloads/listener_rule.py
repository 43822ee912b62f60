"""A place on a listener that several services share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._checks import check_range, require


@dataclass(frozen=True, kw_only=True)
class ListenerRule:
    """Requests that an existing listener sends to one web server.

    Args:
        listener: Listener of a load balancer that this web server does not own.
        priority: Place of the rule among those of the listener, 1 to 50000, lowest first; yours to choose,
            since a number derived from the order of code would move the other rules when one is inserted.
        host_headers: Host names to match, with ``*`` and ``?`` as wildcards but in the first, which is the tier's
            URL.
        path_patterns: Paths to match as well. Defaults to all.

    Raises:
        ValueError: The priority is out of its range, no host is named, or there are more than five values,
            which is the limit of one rule.
    """

    listener: elbv2.IApplicationListener
    priority: int
    host_headers: Sequence[str]
    path_patterns: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_range("ListenerRule", "priority", self.priority, 1, 50_000)
        require(len(self.host_headers) > 0, "ListenerRule", "host_headers must name at least one host")
        first = self.host_headers[0]
        require(
            not set("*?") & set(first), "ListenerRule", f"the first of host_headers must be one host, got {first!r}"
        )
        values = [*self.host_headers, *self.path_patterns]
        require(len(values) <= 5, "ListenerRule", f"one rule matches at most 5 values, got {values}")  # noqa: PLR2004

"""A place on a listener that several services share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, check_range, require

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_MOST_VALUES, _MOST_WILDCARDS = 5, 6


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class ListenerRule:
    """Requests that an existing listener sends to one web server.

    Args:
        listener: Listener of a load balancer that this web server does not own, such as `WebServer.listener`. Import
            the security group of one that this app does not make with ``allow_all_outbound=False``, else no way from it
            to the tasks is opened; with an ``authentication``, it must let the load balancer reach port 443 already.
        priority: Place of the rule among those of the listener, 1 to 50000, lowest first; yours to choose,
            since a number derived from the order of code would move the other rules when one is inserted.
        host_headers: Host names to match, with ``*`` and ``?`` as wildcards but in the first, which is the tier's
            URL. Defaults to all; then only the owner of the load balancer knows the URL.
        path_patterns: Paths to match, such as ``/api/*``. Defaults to all.
        http_headers: Headers to match, by name, each with the values of which one must be there; not ``Host``. Defaults
            to any.

    Raises:
        ValueError: The priority is out of its range, no host, path or header is named, a path or a header's name is
            none, or there are more than five values or six wildcards, which are the limits of one rule.
        TypeError: An argument is of another kind.
    """

    listener: elbv2.IApplicationListener
    priority: int
    host_headers: Sequence[str] = ()
    path_patterns: Sequence[str] = ()
    http_headers: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])

    def __post_init__(self) -> None:
        check_range("ListenerRule", "priority", self.priority, 1, 50_000)
        require(
            bool(self.host_headers or self.path_patterns or self.http_headers),
            "ListenerRule",
            "needs host_headers, path_patterns or http_headers: a rule without any would take every request",
        )
        for host in self.host_headers:
            check_name(
                "ListenerRule",
                "host_headers",
                host,
                r"[A-Za-z0-9*?.-]{1,128}",
                "host names, without scheme, port or path",
            )
        first = self.host_headers[0] if self.host_headers else ""
        require(
            not set("*?") & set(first), "ListenerRule", f"the first of host_headers must be one host, got {first!r}"
        )
        for path in self.path_patterns:
            check_name("ListenerRule", "path_patterns", path, r"[/*?][^\s]{0,127}", "paths that begin with '/'")
        for name, wanted in self.http_headers.items():
            check_name("ListenerRule", "http_headers", name, r"[A-Za-z0-9-]{1,40}", "names of headers")
            require(
                name.lower() != "host", "ListenerRule", f"http_headers must not name {name!r}: say it in host_headers"
            )
            require(len(wanted) > 0, "ListenerRule", f"http_headers must say which values of {name!r} match")
            require("" not in wanted, "ListenerRule", f"http_headers must not have the value '' of {name!r}")
        values = [
            *self.host_headers,
            *self.path_patterns,
            *(value for wanted in self.http_headers.values() for value in wanted),
        ]
        require(len(values) <= _MOST_VALUES, "ListenerRule", f"one rule matches at most 5 values, got {values}")
        wildcards = sum(value.count("*") + value.count("?") for value in values)
        require(
            wildcards <= _MOST_WILDCARDS,
            "ListenerRule",
            f"one rule has at most 6 wildcards, which are * and ?, got {wildcards} in {values}",
        )

    @property
    def conditions(self) -> list[elbv2.ListenerCondition]:
        """What a request must have."""
        conditions: list[elbv2.ListenerCondition] = []
        if self.host_headers:
            conditions.append(elbv2.ListenerCondition.host_headers(list(self.host_headers)))
        if self.path_patterns:
            conditions.append(elbv2.ListenerCondition.path_patterns(list(self.path_patterns)))
        for name, wanted in self.http_headers.items():
            conditions.append(elbv2.ListenerCondition.http_header(name, list(wanted)))
        return conditions

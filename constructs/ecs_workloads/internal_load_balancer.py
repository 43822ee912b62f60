"""A load balancer inside the VPC, for callers that are no tier of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_time, require
from ecs_workloads.domain import Domain
from ecs_workloads.target_timings import TargetTimings


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class InternalLoadBalancer:
    """How an app server is reached by functions, other clusters or other networks.

    It is not reachable from the internet, drops invalid headers and writes logs to a bucket.

    Args:
        domain: Host name, with a private hosted zone that gets the alias record. Defaults to the load balancer's own
            name.
        certificate: Certificate for the host name: callers then speak HTTPS. Defaults to none, and plain HTTP, which
            HTTP/2 and gRPC cannot do with. A private zone cannot prove a public certificate, so none is made.
        ip_address_type: Addresses of the load balancer. Defaults to IPv4; ``DUAL_STACK`` needs a VPC with IPv6.
        health_check_path: Path that answers 200 when a task can serve; for gRPC the method of the health check.
            Defaults to ``/``.
        startup_time: Time until a new task answers its health check, up to one hour.
        timings: Times of health checks and draining, where you set them by hand.
        deletion_protection: Whether the load balancer refuses to be deleted, by a first deployment that fails as well.
        log_bucket: Bucket for its logs, to which load balancers may write. Defaults to one that is made.

    Raises:
        ValueError: There is a certificate without a domain, a domain without its zone, or the time is out of its
            range.
        TypeError: An argument is of another kind.
    """

    domain: Domain | None = None
    certificate: acm.ICertificate | None = None
    ip_address_type: elbv2.IpAddressType | None = None
    health_check_path: str = "/"
    startup_time: timedelta = timedelta(seconds=30)
    timings: TargetTimings = TargetTimings()  # noqa: RUF009 - it is frozen
    deletion_protection: bool = True
    log_bucket: s3.IBucket | None = None

    def __post_init__(self) -> None:
        subject = "InternalLoadBalancer"
        check_time(subject, "startup_time", self.startup_time, timedelta(0), timedelta(hours=1))
        require(
            self.certificate is None or self.domain is not None,
            subject,
            "a certificate needs the domain that it is for",
        )
        require(
            self.domain is None or self.domain.hosted_zone_id is not None,
            subject,
            "the domain needs the hosted zone that answers for it, else nobody finds the load balancer by it",
        )

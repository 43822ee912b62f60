"""The load balancer of an app server, where it has one."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from ecs_workloads._checks import require
from ecs_workloads._load_balancer import LoadBalancer, check_addresses, check_zones, claim_domain
from ecs_workloads._load_balancer_logs import check_log_bucket
from ecs_workloads._target_group import target_group
from ecs_workloads.internal_load_balancer import InternalLoadBalancer

_VERSIONS = {
    "http2": elbv2.ApplicationProtocolVersion.HTTP2,
    "grpc": elbv2.ApplicationProtocolVersion.GRPC,
}


class InternalEntry:
    """A load balancer inside the VPC, which nobody may call yet. Its constructs stand in the scope that is given."""

    def __init__(
        self,
        scope: Construct,
        *,
        vpc: ec2.IVpc,
        wanted: InternalLoadBalancer,
        longest_request: timedelta,
        app_protocol: ecs.AppProtocol | None,
    ) -> None:
        check_zones(scope.node.path, vpc, internet_facing=False)
        check_addresses(scope.node.path, vpc, wanted.ip_address_type, internet_facing=False)
        spoken = "http" if app_protocol is None else app_protocol.value
        protocol_version = _VERSIONS.get(spoken)
        https = wanted.certificate is not None
        require(
            https or protocol_version is None,
            scope.node.path,
            f"app_protocol={spoken} needs the certificate of its internal_load_balancer: no load balancer passes it on "
            "from plain HTTP",
        )
        check_log_bucket(scope.node.path, wanted.log_bucket)
        claim_domain(scope, wanted.domain)
        self.target_group = target_group(
            scope,
            "TargetGroup",
            vpc=vpc,
            longest_request=longest_request,
            startup_time=wanted.startup_time,
            timings=wanted.timings,
            health_check_path=wanted.health_check_path,
            protocol_version=protocol_version,
        )
        own = LoadBalancer(
            scope,
            "LoadBalancer",
            vpc=vpc,
            target_group=self.target_group,
            internet_facing=False,
            domain=wanted.domain,
            certificate=wanted.certificate,
            protocol=elbv2.ApplicationProtocol.HTTPS if https else elbv2.ApplicationProtocol.HTTP,
            redirect_http=False,
            longest_request=longest_request,
            deletion_protection=wanted.deletion_protection,
            log_bucket=wanted.log_bucket,
            ip_address_type=wanted.ip_address_type,
        )
        self.own, self.load_balancer = own, own.load_balancer
        self.grace_period = wanted.timings.grace_period_of(scope.node.path, wanted.startup_time)
        [self.port] = own.ports
        host = self.load_balancer.load_balancer_dns_name if wanted.domain is None else wanted.domain.domain_name
        self.url = f"{'https' if https else 'http'}://{host}"

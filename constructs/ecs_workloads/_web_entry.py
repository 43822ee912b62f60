"""The way in to a web server: a load balancer of its own, or a place on that of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_workloads._checks import require
from ecs_workloads._load_balancer import LoadBalancer
from ecs_workloads.domain import Domain
from ecs_workloads.listener_authentication import ListenerAuthentication
from ecs_workloads.listener_rule import ListenerRule

_HTTP, _HTTPS = elbv2.ApplicationProtocol.HTTP, elbv2.ApplicationProtocol.HTTPS
_CLAIM = "ecs-workloads:listener-priority"


class WebEntry:
    """Where users come in. Its constructs stand in the scope that is given."""

    def __init__(
        self,
        scope: Construct,
        *,
        vpc: ec2.IVpc,
        target_group: elbv2.ApplicationTargetGroup,
        protocol: elbv2.ApplicationProtocol,
        protocol_version: elbv2.ApplicationProtocolVersion | None,
        domain: Domain | None,
        certificate: acm.ICertificate | None,
        redirect_http: bool,
        listener_rule: ListenerRule | None,
        sources: Sequence[ec2.IPeer] | None,
        authentication: ListenerAuthentication | None,
        ip_address_type: elbv2.IpAddressType | None,
        log_bucket: s3.IBucket | None,
        longest_request: timedelta,
        deletion_protection: bool,
    ) -> None:
        path = scope.node.path
        self.load_balancer: elbv2.ApplicationLoadBalancer | None = None
        self.listener: elbv2.ApplicationListener | None = None
        _check_needs_https(path, protocol, protocol_version, authentication)
        if listener_rule is None:
            _check_own(path, domain, certificate, protocol)
            own = LoadBalancer(
                scope,
                "LoadBalancer",
                vpc=vpc,
                target_group=target_group,
                internet_facing=True,
                domain=domain,
                certificate=certificate,
                protocol=protocol,
                redirect_http=redirect_http,
                longest_request=longest_request,
                deletion_protection=deletion_protection,
                log_bucket=log_bucket,
                ip_address_type=ip_address_type,
                authentication=authentication,
            )
            own.open(sources)
            self.load_balancer, self.listener = own.load_balancer, own.listener
            self.way_in: ec2.IConnectable = own.load_balancer
            host = own.load_balancer.load_balancer_dns_name if domain is None else domain.domain_name
        else:
            _check_guest(
                path,
                {
                    "domain": domain,
                    "certificate": certificate,
                    "sources": sources,
                    "ip_address_type": ip_address_type,
                    "log_bucket": log_bucket,
                },
            )
            _claim_priority(scope, listener_rule)
            _join(scope, listener_rule, target_group, authentication)
            self.way_in = listener_rule.listener
            host = listener_rule.host_headers[0]
        self.url = f"{protocol.value.lower()}://{host}"


def _join(
    scope: Construct,
    rule: ListenerRule,
    target_group: elbv2.ApplicationTargetGroup,
    authentication: ListenerAuthentication | None,
) -> None:
    forward = elbv2.ListenerAction.forward([target_group])
    if authentication is not None:
        rule.listener.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "Issuer of tokens")
    elbv2.ApplicationListenerRule(
        scope,
        "ListenerRule",
        listener=rule.listener,
        priority=rule.priority,
        conditions=rule.conditions,
        action=forward if authentication is None else authentication.action(forward),
    )


def _check_own(
    path: str, domain: Domain | None, certificate: acm.ICertificate | None, protocol: elbv2.ApplicationProtocol
) -> None:
    """Refuse a load balancer that users could not reach as they are told to."""
    require(protocol in (_HTTPS, _HTTP), path, f"protocol must be HTTPS or HTTP, got {protocol}")
    if protocol == _HTTP:
        require(certificate is None, path, "a certificate needs protocol=elbv2.ApplicationProtocol.HTTPS")
        return
    require(certificate is None or domain is not None, path, "a certificate needs the domain that it is for")
    require(
        certificate is not None or (domain is not None and domain.hosted_zone_id is not None),
        path,
        "HTTPS needs a domain with its hosted zone, or a domain and a certificate; "
        "where nothing needs to be protected, say protocol=elbv2.ApplicationProtocol.HTTP",
    )


def _check_needs_https(
    path: str,
    protocol: elbv2.ApplicationProtocol,
    protocol_version: elbv2.ApplicationProtocolVersion | None,
    authentication: ListenerAuthentication | None,
) -> None:
    """Refuse plain HTTP where load balancers have no way to use it."""
    require(
        protocol == _HTTPS or protocol_version in (None, elbv2.ApplicationProtocolVersion.HTTP1),
        path,
        f"protocol_version={protocol_version} needs protocol=elbv2.ApplicationProtocol.HTTPS",
    )
    require(
        protocol == _HTTPS or authentication is None,
        path,
        "authentication needs protocol=elbv2.ApplicationProtocol.HTTPS: over HTTP anybody could read the session",
    )


def _check_guest(path: str, of_the_owner: Mapping[str, object]) -> None:
    """Refuse what only the owner of a load balancer can choose."""
    given = [name for name, value in of_the_owner.items() if value is not None]
    require(not given, path, f"{', '.join(given)} belong to a load balancer of its own, not to a listener_rule")


def _claim_priority(scope: Construct, rule: ListenerRule) -> None:
    """Note that the tier has this place on the listener.

    Raises:
        ValueError: Another tier of this app has it.
    """
    path, root = scope.node.path, scope.node.root
    wanted = {"listener": rule.listener.listener_arn, "priority": rule.priority}
    for entry in root.node.metadata:
        if entry.type == _CLAIM:
            taken = {"listener": entry.data["listener"], "priority": entry.data["priority"]}
            require(taken != wanted, path, f"{entry.data['path']} already has priority={rule.priority} on the listener")
    root.node.add_metadata(_CLAIM, {**wanted, "path": path})

"""The way in to a web server: a load balancer of its own, or a place on that of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_workloads._checks import require
from ecs_workloads._load_balancer import LoadBalancer, check_addresses, check_zones, claim_domain
from ecs_workloads._load_balancer_logs import check_log_bucket
from ecs_workloads._web_acl import WebAcl
from ecs_workloads._web_checks import (
    check_guest,
    check_host,
    check_issuer,
    check_needs_https,
    check_own,
    check_secret,
    check_sources,
)
from ecs_workloads.domain import Domain
from ecs_workloads.listener_authentication import ListenerAuthentication
from ecs_workloads.listener_rule import ListenerRule
from ecs_workloads.web_firewall import WebFirewall

_HTTPS = elbv2.ApplicationProtocol.HTTPS
DEFAULT_FIREWALL = WebFirewall()
_CLAIM = "ecs-workloads:listener-priority"


@dataclass(frozen=True, kw_only=True)
class WebEntry:
    """How users come in, before anything is made; see `WebServer` for each field."""

    protocol: elbv2.ApplicationProtocol
    protocol_version: elbv2.ApplicationProtocolVersion | None
    domain: Domain | None
    certificate: acm.ICertificate | None
    redirect_http: bool
    listener_rule: ListenerRule | None
    sources: Sequence[ec2.IPeer] | None
    firewall: WebFirewall | None
    authentication: ListenerAuthentication | None
    ip_address_type: elbv2.IpAddressType | None
    log_bucket: s3.IBucket | None
    longest_request: timedelta
    deletion_protection: bool
    encryption_key: kms.IKey | None
    removal_policy: RemovalPolicy

    def check(self, scope: Construct, vpc: ec2.IVpc) -> None:
        """Refuse a way in that users could not take, or that another tier of this app has."""
        path = scope.node.path
        check_needs_https(path, self.protocol, self.protocol_version, self.authentication)
        check_secret(scope, self.authentication)
        if self.listener_rule is not None:
            check_guest(
                path,
                {
                    "domain": self.domain,
                    "certificate": self.certificate,
                    "sources": self.sources,
                    "firewall": None if self.firewall == DEFAULT_FIREWALL else self.firewall,
                    "ip_address_type": self.ip_address_type,
                    "log_bucket": self.log_bucket,
                    # Both are on unless the user says otherwise.
                    "redirect_http": None if self.redirect_http else self.redirect_http,
                    "deletion_protection": None if self.deletion_protection else self.deletion_protection,
                },
            )
            host = LoadBalancer.of(self.listener_rule.listener)
            if host is not None:
                check_host(path, host, self.listener_rule, self.protocol, self.longest_request)
                check_issuer(path, self.authentication, host.ip_address_type)
            _claim_priority(scope, self.listener_rule)
            return
        check_own(path, self.domain, self.certificate, self.protocol)
        check_zones(path, vpc, internet_facing=True)
        check_log_bucket(path, self.log_bucket)
        check_addresses(path, vpc, self.ip_address_type, internet_facing=True)
        check_issuer(path, self.authentication, self.ip_address_type)
        check_sources(
            path, self.sources, redirected=self.redirect_http and self.protocol == _HTTPS, firewall=self.firewall
        )
        claim_domain(scope, self.domain)

    def make(self, scope: Construct, vpc: ec2.IVpc, target_group: elbv2.ApplicationTargetGroup) -> WebDoor:
        """Make the load balancer, or the rule on that of another, and send what comes in to ``target_group``."""
        scheme = self.protocol.value.lower()
        rule = self.listener_rule
        if rule is not None:
            _join(scope, rule, target_group, self.authentication)
            url = f"{scheme}://{rule.host_headers[0]}" if rule.host_headers else None
            return WebDoor(url=url, way_in=rule.listener)
        own = LoadBalancer(
            scope,
            "LoadBalancer",
            vpc=vpc,
            target_group=target_group,
            internet_facing=True,
            domain=self.domain,
            certificate=self.certificate,
            protocol=self.protocol,
            redirect_http=self.redirect_http,
            longest_request=self.longest_request,
            deletion_protection=self.deletion_protection,
            log_bucket=self.log_bucket,
            ip_address_type=self.ip_address_type,
            authentication=self.authentication,
        )
        own.open(self.sources)
        if self.firewall is not None:
            WebAcl(
                scope,
                "Firewall",
                firewall=self.firewall,
                resource_arn=own.load_balancer.load_balancer_arn,
                encryption_key=self.encryption_key,
                removal_policy=self.removal_policy,
            )
        host = own.load_balancer.load_balancer_dns_name if self.domain is None else self.domain.domain_name
        return WebDoor(
            url=f"{scheme}://{host}",
            way_in=own.load_balancer,
            load_balancer=own.load_balancer,
            listener=own.listener,
            own=own,
        )


@dataclass(frozen=True, kw_only=True)
class WebDoor:
    """Where users come in."""

    url: str | None
    way_in: ec2.IConnectable
    load_balancer: elbv2.ApplicationLoadBalancer | None = None
    listener: elbv2.ApplicationListener | None = None
    own: LoadBalancer | None = None


def _join(
    scope: Construct,
    rule: ListenerRule,
    target_group: elbv2.ApplicationTargetGroup,
    authentication: ListenerAuthentication | None,
) -> None:
    host = LoadBalancer.of(rule.listener)
    if host is not None:
        host.shared = True
    forward = elbv2.ListenerAction.forward([target_group])
    # A listener that is imported has a group that is too, where two stacks would make one rule twice.
    if authentication is not None and isinstance(rule.listener, elbv2.ApplicationListener):
        rule.listener.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "Issuer of tokens")
    elbv2.ApplicationListenerRule(
        scope,
        "ListenerRule",
        listener=rule.listener,
        priority=rule.priority,
        conditions=rule.conditions,
        action=forward if authentication is None else authentication.action(forward),
    )


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

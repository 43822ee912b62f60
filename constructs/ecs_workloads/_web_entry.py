"""The ways in to a web server, and which of them users could take."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from ecs_workloads._checks import require
from ecs_workloads.domain import Domain
from ecs_workloads.listener_rule import ListenerRule


def check_entry(
    path: str,
    domain: Domain | None,
    certificate: acm.ICertificate | None,
    protocol: elbv2.ApplicationProtocol,
    listener_rule: ListenerRule | None,
) -> None:
    """Refuse a way in that users could not take."""
    if listener_rule is not None:
        require(
            domain is None and certificate is None,
            path,
            "domain and certificate belong to a load balancer of its own, not to a listener_rule",
        )
        return
    require(
        protocol in (elbv2.ApplicationProtocol.HTTPS, elbv2.ApplicationProtocol.HTTP),
        path,
        f"protocol must be HTTPS or HTTP, got {protocol}",
    )
    if protocol == elbv2.ApplicationProtocol.HTTP:
        require(certificate is None, path, "a certificate needs protocol=elbv2.ApplicationProtocol.HTTPS")
        return
    require(certificate is None or domain is not None, path, "a certificate needs the domain that it is for")
    require(
        certificate is not None or (domain is not None and domain.hosted_zone_id is not None),
        path,
        "HTTPS needs a domain with its hosted zone, or a domain and a certificate; "
        "where nothing needs to be protected, say protocol=elbv2.ApplicationProtocol.HTTP",
    )


def join_listener(
    scope: Construct, construct_id: str, rule: ListenerRule, target_group: elbv2.ApplicationTargetGroup
) -> None:
    """Send what ``rule`` describes to ``target_group``."""
    conditions = [elbv2.ListenerCondition.host_headers(list(rule.host_headers))]
    if rule.path_patterns:
        conditions.append(elbv2.ListenerCondition.path_patterns(list(rule.path_patterns)))
    elbv2.ApplicationListenerRule(
        scope,
        construct_id,
        listener=rule.listener,
        priority=rule.priority,
        conditions=conditions,
        target_groups=[target_group],
    )

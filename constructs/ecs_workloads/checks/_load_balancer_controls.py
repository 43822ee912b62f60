"""Controls of AWS Security Hub on application load balancers, and on the web ACL before them.

https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html
https://docs.aws.amazon.com/securityhub/latest/userguide/waf-controls.html
"""

from __future__ import annotations

from ecs_workloads.checks._control import Control, Resources, TemplateResource

_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
_SSL_POLICIES = {
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09",
}
_FEWEST_ZONES = 2


def _attribute(resource: TemplateResource, key: str) -> str | None:
    attributes = resource.properties.get("LoadBalancerAttributes", [])
    return next((str(one["Value"]) for one in attributes if one.get("Key") == key), None)


def _is_application(resource: TemplateResource) -> bool:
    return bool(resource.properties.get("Type", "application") == "application")


def _drops_invalid_headers(resource: TemplateResource, _: Resources) -> bool:
    wanted = "routing.http.drop_invalid_header_fields.enabled"
    return not _is_application(resource) or _attribute(resource, wanted) == "true"


def _writes_logs(resource: TemplateResource, _: Resources) -> bool:
    return _attribute(resource, "access_logs.s3.enabled") == "true"


def _is_protected(resource: TemplateResource, _: Resources) -> bool:
    return _attribute(resource, "deletion_protection.enabled") == "true"


def _mitigates_desync(resource: TemplateResource, _: Resources) -> bool:
    # Defensive where nothing is said.
    return _attribute(resource, "routing.http.desync_mitigation_mode") in (None, "defensive", "strictest")


def _spans_zones(resource: TemplateResource, _: Resources) -> bool:
    subnets = resource.properties.get("Subnets", resource.properties.get("SubnetMappings", []))
    # A list that is a parameter has as many as its value.
    return not isinstance(subnets, list) or len(subnets) >= _FEWEST_ZONES  # pyright: ignore[reportUnknownArgumentType]  # JSON


def _has_web_acl(resource: TemplateResource, resources: Resources) -> bool:
    return not _is_application(resource) or resources.refers("AWS::WAFv2::WebACLAssociation", "ResourceArn", resource)


def _redirects_http(resource: TemplateResource, _: Resources) -> bool:
    if resource.properties.get("Protocol") != "HTTP":
        return True
    actions = resource.properties.get("DefaultActions", [])
    return bool(actions) and all(
        one.get("Type") == "redirect" and one.get("RedirectConfig", {}).get("Protocol") == "HTTPS" for one in actions
    )


def _is_encrypted(resource: TemplateResource, _: Resources) -> bool:
    return resource.properties.get("Protocol") in ("HTTPS", "TLS")


def _has_recommended_policy(resource: TemplateResource, resources: Resources) -> bool:
    return not _is_encrypted(resource, resources) or resource.properties.get("SslPolicy") in _SSL_POLICIES


def _checks_health_encrypted(resource: TemplateResource, _: Resources) -> bool:
    protocol = resource.properties.get("HealthCheckProtocol", resource.properties.get("Protocol"))
    return bool(protocol == "HTTPS")


def _sends_encrypted(resource: TemplateResource, _: Resources) -> bool:
    return resource.properties.get("Protocol") in ("HTTPS", "TLS", "QUIC", "TCP_QUIC")


def _measures_rules(resource: TemplateResource, _: Resources) -> bool:
    return all(
        rule.get("VisibilityConfig", {}).get("CloudWatchMetricsEnabled") is True
        for rule in resource.properties.get("Rules", [])
    )


LOAD_BALANCER_CONTROLS = tuple(
    Control(control_id=control_id, resource_type=resource_type, requires=requires, is_met=is_met)
    for control_id, resource_type, requires, is_met in (
        ("ELB.1", _LISTENER, "HTTP redirects to HTTPS", _redirects_http),
        ("ELB.4", _LOAD_BALANCER, "invalid headers are dropped", _drops_invalid_headers),
        ("ELB.5", _LOAD_BALANCER, "access logs", _writes_logs),
        ("ELB.6", _LOAD_BALANCER, "deletion protection", _is_protected),
        ("ELB.12", _LOAD_BALANCER, "desync mitigation that is defensive or strictest", _mitigates_desync),
        ("ELB.13", _LOAD_BALANCER, "two availability zones", _spans_zones),
        ("ELB.16", _LOAD_BALANCER, "a web ACL of AWS WAF", _has_web_acl),
        ("ELB.17", _LISTENER, "a recommended security policy", _has_recommended_policy),
        ("ELB.18", _LISTENER, "HTTPS on every listener", _is_encrypted),
        ("ELB.21", _TARGET_GROUP, "health checks over HTTPS", _checks_health_encrypted),
        ("ELB.22", _TARGET_GROUP, "HTTPS to the tasks", _sends_encrypted),
        ("WAF.12", "AWS::WAFv2::WebACL", "metrics of every rule", _measures_rules),
    )
)

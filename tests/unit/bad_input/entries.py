"""Rules of who may come in to a tier, and of what a load balancer asks of the tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3

from ecs_workloads import (
    Domain,
    InternalLoadBalancer,
    JwtAuthentication,
    OidcAuthentication,
    TargetTimings,
    WebFirewall,
)
from ecs_workloads._checks import in_words
from tests.unit.bad_input.row import FRACTION, Bench, Row

_ELB = elbv2.ApplicationProtocol
_CLOUDFRONT = ec2.Peer.prefix_list("pl-4fa04526")
_PHP = "AWSManagedRulesPHPRuleSet"
_LIMIT = "requests_per_ip must be from 10 to 2000000000, got"
_PORT = "health_check_port must be from 1 to 65535, got"
_SECOND = timedelta(seconds=1)
_WEEK = timedelta(days=7)


def jwt(**changes: Any) -> JwtAuthentication:
    """Return an authentication that is all right but for ``changes``."""
    return JwtAuthentication(
        **{"issuer": "https://id.example.com", "jwks_endpoint": "https://id.example.com/keys", **changes}
    )


def oidc(**changes: Any) -> OidcAuthentication:
    """Return an authentication that is all right but for ``changes``."""
    defaults: dict[str, Any] = {
        "issuer": "https://id.example.com",
        "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token",
        "user_info_endpoint": "https://id.example.com/me",
        "client_id": "shop",
        # No token: one that were taken for plain text is the matter of a row of its own.
        "client_secret": cdk.SecretValue.unsafe_plain_text("{{resolve:secretsmanager:shop/oidc}}"),
    }
    return OidcAuthentication(**{**defaults, **changes})


def _firewall(wrong: str, message: str, **arguments: Any) -> Row:
    return Row(wrong, "WebFirewall", message, lambda _: WebFirewall(**arguments))


def _web(wrong: str, message: str, **arguments: Any) -> Row:
    return Row(wrong, "Stack/Web", message, lambda at: at.web(**arguments))


def _timings(wrong: str, message: str, **arguments: Any) -> Row:
    return Row(wrong, "TargetTimings", message, lambda _: TargetTimings(**arguments))


def _times(argument: str, low: timedelta, high: timedelta, **others: Any) -> list[Row]:
    """Return rows of a time below and above its range, and of one that is part of a second."""

    def row(what: str, value: timedelta, message: str) -> Row:
        return _timings(f"{argument} {what}", f"{argument} must be {message}", **{**others, argument: value})

    bounds = f"from {in_words(low)} to {in_words(high)}, got"
    return [
        row("too short", low - _SECOND, f"{bounds} {in_words(low - _SECOND)}"),
        row("too long", high + _SECOND, f"{bounds} {in_words(high + _SECOND)}"),
        row("of half seconds", low + FRACTION, "a whole number of seconds, got"),
    ]


def _inside(**arguments: Any) -> InternalLoadBalancer:
    return InternalLoadBalancer(**arguments)


_BUCKET = "log_bucket must be encrypted with the keys of S3, as s3.BucketEncryption.S3_MANAGED: load balancers write"


def _in_parameter_store() -> cdk.SecretValue:
    # No token, as above.
    return cdk.SecretValue.unsafe_plain_text("{{resolve:ssm-secure:/shop/oidc}}")


def _locked(at: Bench) -> s3.IBucket:
    return s3.Bucket(at.stack, "Locked", encryption=s3.BucketEncryption.KMS)


_TIMES = (
    *_times("health_check_interval", timedelta(seconds=5), timedelta(minutes=5)),
    *_times(
        "health_check_timeout", timedelta(seconds=2), timedelta(minutes=2), health_check_interval=timedelta(minutes=5)
    ),
    *_times("slow_start", timedelta(seconds=30), timedelta(minutes=15)),
    *_times("deregistration_delay", timedelta(0), timedelta(hours=1)),
    *_times("health_check_grace_period", timedelta(0), timedelta(days=1)),
    _timings(
        "a check that outlasts the next",
        "health_check_timeout must be shorter than health_check_interval=10 seconds, got 10 seconds",
        health_check_timeout=timedelta(seconds=10),
    ),
    _timings("healthy at once", "healthy_threshold_count must be from 2 to 10, got 1", healthy_threshold_count=1),
    _timings("healthy late", "healthy_threshold_count must be from 2 to 10, got 11", healthy_threshold_count=11),
    _timings("sick at once", "unhealthy_threshold_count must be from 2 to 10, got 1", unhealthy_threshold_count=1),
    _timings("sick late", "unhealthy_threshold_count must be from 2 to 10, got 11", unhealthy_threshold_count=11),
    _web(
        "a task that is cut off",
        "deregistration_delay must be at least longest_request=30 seconds, else requests are cut, got 29 seconds",
        timings=TargetTimings(deregistration_delay=timedelta(seconds=29)),
    ),
    _web(
        "a task that never gets ready",
        "health_check_grace_period must be at least 50 seconds, for startup_time and the first good answers, else new "
        "tasks are stopped before they serve, got 49 seconds",
        timings=TargetTimings(health_check_grace_period=timedelta(seconds=49)),
    ),
)
ROWS = (
    _firewall(
        "a group of rules that is none",
        "managed_rule_groups must be of AWSManagedRulesCommonRuleSet,",
        managed_rule_groups=["AWSManagedRulesComonRuleSet"],
    ),
    _firewall("a group of rules twice", "managed_rule_groups name one twice, got", managed_rule_groups=[_PHP, _PHP]),
    _firewall(
        "counted rules of no group",
        f"counted_rules name groups that are not used: {_PHP}",
        counted_rules={_PHP: ["x"]},
    ),
    _firewall(
        "a counted rule that is misspelt",
        "counted_rules names no rule 'SizeRestrictions_BODI' (did you mean 'SizeRestrictions_BODY'?)",
        counted_rules={"AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODI"]},
    ),
    _firewall(
        "a firewall without any rule",
        "needs managed_rule_groups or requests_per_ip; firewall=None is a web server without any",
        managed_rule_groups=[],
        requests_per_ip=None,
    ),
    _firewall("9 requests", f"{_LIMIT} 9", requests_per_ip=9),
    _firewall("too many requests to count", f"{_LIMIT} 2000000001", requests_per_ip=2_000_000_001),
    _firewall(
        "a header of users that nobody counts",
        "forwarded_ip_header needs requests_per_ip",
        requests_per_ip=None,
        forwarded_ip_header="X-Forwarded-For",
    ),
    _firewall(
        "a header of users with a colon",
        "forwarded_ip_header must be the name of a header, got 'X-Forwarded-For:'",
        forwarded_ip_header="X-Forwarded-For:",
    ),
    _web(
        "CloudFront on two ports",
        "a prefix list in sources needs redirect_http=False: that of CloudFront takes 55 of the 60 rules",
        sources=[_CLOUDFRONT],
        firewall=None,
    ),
    _web(
        "CloudFront counted as one user",
        "a prefix list in sources, as that of CloudFront, stands for proxies, and the firewall would block their",
        sources=[ec2.Peer.ipv4("198.51.100.0/24"), _CLOUDFRONT],
        redirect_http=False,
    ),
    Row(
        "IPv6 in a VPC without it",
        "Stack/Web",
        "ip_address_type=IpAddressType.DUAL_STACK needs subnets with IPv6, which the VPC has not",
        lambda at: at.web(cluster=at.cluster_without_ipv6, ip_address_type=elbv2.IpAddressType.DUAL_STACK),
    ),
    Row(
        "IPv6 inside a VPC without it",
        "Stack/App",
        "ip_address_type=IpAddressType.DUAL_STACK needs subnets with IPv6, which the VPC has not",
        lambda at: at.app(
            cluster=at.cluster_without_ipv6,
            dns_name=None,
            internal_load_balancer=_inside(ip_address_type=elbv2.IpAddressType.DUAL_STACK),
        ),
    ),
    _web(
        "an issuer that nobody can ask",
        "authentication needs a load balancer with a public IPv4 address, over which alone it reaches the issuer",
        authentication=jwt(),
        ip_address_type=elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4,
    ),
    Row(
        "an issuer that the host cannot ask",
        "Stack/Guest",
        "authentication needs a load balancer with a public IPv4 address, over which alone it reaches the issuer",
        lambda at: at.web(
            "Guest",
            domain=None,
            authentication=jwt(),
            listener_rule=at.rule(
                listener=at.web(ip_address_type=elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4).listener
            ),
        ),
    ),
    Row(
        "one host name twice",
        "Stack/Other",
        "Stack/Web already has the record of 'shop.example.com'",
        lambda at: (at.web(), at.web("Other")),
    ),
    Row(
        "one host name inside and outside",
        "Stack/App",
        "Stack/Web already has the record of 'shop.example.com'",
        lambda at: (
            at.web(),
            at.app(
                dns_name=None,
                internal_load_balancer=_inside(
                    domain=Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com")
                ),
            ),
        ),
    ),
    _web(
        "a health check of a long path",
        "health_check_path must have at most 1024 characters, got 1025",
        health_check_path=f"/{'a' * 1024}",
    ),
    _web("nobody may come in", "sources must name somebody; None is everybody", sources=[]),
    Row(
        "one zone",
        "Stack/Web",
        "a load balancer needs public subnets in two zones, and the VPC has them in 1",
        lambda at: at.web(cluster=at.cluster_in_one_zone),
    ),
    _web(
        "a login that anybody could read",
        "authentication needs protocol=elbv2.ApplicationProtocol.HTTPS: over HTTP anybody could read the session",
        protocol=_ELB.HTTP,
        domain=None,
        authentication=jwt(),
    ),
    _web(
        "gRPC over HTTP",
        "protocol_version=ApplicationProtocolVersion.GRPC needs protocol=elbv2.ApplicationProtocol.HTTPS",
        protocol=_ELB.HTTP,
        domain=None,
        protocol_version=elbv2.ApplicationProtocolVersion.GRPC,
        health_check_path="/grpc.health.v1.Health/Check",
    ),
    _web(
        "gRPC whose health is a page",
        "health_check_path of gRPC must be a method, such as /grpc.health.v1.Health/Check, got '/'",
        protocol_version=elbv2.ApplicationProtocolVersion.GRPC,
    ),
    Row(
        "an issuer without TLS",
        "OidcAuthentication",
        "issuer must be a URL with https://, got 'http://id.example.com'",
        lambda _: oidc(issuer="http://id.example.com"),
    ),
    Row(
        "a secret that everybody may read",
        "OidcAuthentication",
        "client_secret must be a reference, such as SecretValue.secrets_manager(...): plain text would be in the",
        lambda _: oidc(client_secret=cdk.SecretValue.unsafe_plain_text("swordfish")),
    ),
    Row(
        "a secret that CloudFormation does not resolve",
        "Stack/Web",
        "client_secret cannot be a SecureString of SSM, which CloudFormation does not resolve for a listener: use",
        lambda at: at.web(authentication=oidc(client_secret=_in_parameter_store())),
    ),
    Row(
        "logs of users to a bucket with a key",
        "Stack/Web",
        _BUCKET,
        lambda at: at.web(log_bucket=_locked(at)),
    ),
    Row(
        "logs of calls to a bucket with a key",
        "Stack/App",
        _BUCKET,
        lambda at: at.app(dns_name=None, internal_load_balancer=_inside(log_bucket=_locked(at))),
    ),
    Row(
        "a session that is over",
        "OidcAuthentication",
        "session_timeout must be from 1 second to 7 days, got 0",
        lambda _: oidc(session_timeout=timedelta(0)),
    ),
    Row(
        "a session of eight days",
        "OidcAuthentication",
        "session_timeout must be from 1 second to 7 days, got 8 days",
        lambda _: oidc(session_timeout=timedelta(days=8)),
    ),
    Row(
        "a session of half seconds",
        "OidcAuthentication",
        "session_timeout must be a whole number of seconds, got 1.5",
        lambda _: oidc(session_timeout=_SECOND + FRACTION),
    ),
    Row(
        "an issuer of tokens without TLS",
        "JwtAuthentication",
        "issuer must be a URL with https://, got 'http://id.example.com'",
        lambda _: jwt(issuer="http://id.example.com"),
    ),
    _web("health checks on port 0", f"{_PORT} 0", health_check_port=0),
    _web("health checks on port 65536", f"{_PORT} 65536", health_check_port=65_536),
    _web(
        "a cookie that is over",
        "stickiness_cookie_duration must be from 1 second to 7 days, got 0",
        stickiness_cookie_duration=timedelta(0),
    ),
    _web(
        "a cookie of eight days",
        "stickiness_cookie_duration must be from 1 second to 7 days, got 8 days",
        stickiness_cookie_duration=timedelta(days=8),
    ),
    _web(
        "a cookie of half seconds",
        "stickiness_cookie_duration must be a whole number of seconds, got 1.5",
        stickiness_cookie_duration=_SECOND + FRACTION,
    ),
    _web(
        "a cookie without a time",
        "stickiness_cookie_name needs a stickiness_cookie_duration",
        stickiness_cookie_name="session",
    ),
    _web(
        "a cookie of the load balancer's own",
        "stickiness_cookie_name must be the name of a cookie that does not begin with AWSALB, got 'AWSALBTG'",
        stickiness_cookie_duration=_WEEK,
        stickiness_cookie_name="AWSALBTG",
    ),
    *_TIMES,
    Row(
        "inside, ready before it starts",
        "InternalLoadBalancer",
        "startup_time must be from 0 seconds to 1 hour, got -1",
        lambda _: _inside(startup_time=-_SECOND),
    ),
    Row(
        "inside, ready after two hours",
        "InternalLoadBalancer",
        "startup_time must be from 0 seconds to 1 hour, got 2 hours",
        lambda _: _inside(startup_time=timedelta(hours=2)),
    ),
    Row(
        "inside, ready after half a second",
        "InternalLoadBalancer",
        "startup_time must be a whole number of seconds, got 0.5",
        lambda _: _inside(startup_time=FRACTION),
    ),
    Row(
        "inside, a certificate without a domain",
        "InternalLoadBalancer",
        "a certificate needs the domain that it is for",
        lambda at: _inside(certificate=at.certificate),
    ),
    Row(
        "inside, a domain without a zone",
        "InternalLoadBalancer",
        "the domain needs the hosted zone that answers for it, else nobody finds the load balancer by it",
        lambda _: _inside(domain=Domain(domain_name="api.example.com")),
    ),
)

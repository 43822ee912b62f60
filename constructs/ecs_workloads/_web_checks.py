"""What a web server refuses of the way in that it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aws_cdk import SecretValue, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from ecs_workloads._checks import in_words, require
from ecs_workloads._load_balancer import LoadBalancer
from ecs_workloads.domain import Domain
from ecs_workloads.listener_authentication import ListenerAuthentication
from ecs_workloads.listener_rule import ListenerRule
from ecs_workloads.web_firewall import WebFirewall

_HTTP, _HTTPS = elbv2.ApplicationProtocol.HTTP, elbv2.ApplicationProtocol.HTTPS


def check_own(
    path: str, domain: Domain | None, certificate: acm.ICertificate | None, protocol: elbv2.ApplicationProtocol
) -> None:
    """Refuse a load balancer that users could not reach as they are told to."""
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


def check_sources(
    path: str, sources: Sequence[ec2.IPeer] | None, *, redirected: bool, firewall: WebFirewall | None
) -> None:
    """Refuse sources that are nobody, and what does not work with the prefix list of CloudFront.

    No other list can be told from that one but those that this app makes.
    https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
    """
    require(sources is None or len(sources) > 0, path, "sources must name somebody; None is everybody")
    from_proxies = any(_is_list_of_others(source) for source in sources or ())
    require(
        not (from_proxies and redirected),
        path,
        "a prefix list in sources needs redirect_http=False: that of CloudFront takes 55 of the 60 rules of a security "
        "group for each port",
    )
    counts = firewall is not None and firewall.requests_per_ip is not None and firewall.forwarded_ip_header is None
    require(
        not (from_proxies and counts),
        path,
        "a prefix list in sources, as that of CloudFront, stands for proxies, and the firewall would block their "
        "addresses: say firewall=WebFirewall(forwarded_ip_header='X-Forwarded-For'), or requests_per_ip=None",
    )


def _is_list_of_others(source: ec2.IPeer) -> bool:
    if isinstance(source, ec2.PrefixList):
        return False
    return getattr(source.to_ingress_rule_config(), "source_prefix_list_id", None) is not None


def check_issuer(
    path: str, authentication: ListenerAuthentication | None, ip_address_type: elbv2.IpAddressType | None
) -> None:
    """Refuse to ask an issuer from a load balancer that cannot reach it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html
    """
    require(
        authentication is None or ip_address_type != elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4,
        path,
        "authentication needs a load balancer with a public IPv4 address, over which alone it reaches the issuer: say "
        "ip_address_type=elbv2.IpAddressType.DUAL_STACK",
    )


def check_secret(scope: Construct, authentication: ListenerAuthentication | None) -> None:
    """Refuse a reference that CloudFormation resolves for few resources, of which a listener is none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
    """
    secret: object = getattr(authentication, "client_secret", None)
    require(
        not isinstance(secret, SecretValue)
        or not str(Stack.of(scope).resolve(secret.unsafe_unwrap())).startswith("{{resolve:ssm-secure:"),
        scope.node.path,
        "client_secret cannot be a SecureString of SSM, which CloudFormation does not resolve for a listener: use "
        "SecretValue.secrets_manager(...)",
    )


def check_needs_https(
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


def check_guest(path: str, of_the_owner: Mapping[str, object]) -> None:
    """Refuse what only the owner of a load balancer can choose."""
    given = [name for name, value in of_the_owner.items() if value is not None]
    require(not given, path, f"{', '.join(given)}: only for a load balancer of its own, not with a listener_rule")


def check_host(
    path: str,
    host: LoadBalancer,
    rule: ListenerRule,
    protocol: elbv2.ApplicationProtocol,
    longest_request: timedelta,
) -> None:
    """Refuse what the load balancer that the rule is on does not do.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
    """
    require(
        protocol == host.protocol or rule.listener is not host.listener,
        path,
        f"protocol must be elbv2.ApplicationProtocol.{host.protocol.value}, which the listener of the rule speaks, "
        f"got {protocol.value}",
    )
    require(
        longest_request <= host.idle_timeout,
        path,
        f"longest_request must be at most {in_words(host.idle_timeout)}, after which "
        f"{host.node.path} answers 504, got {in_words(longest_request)}: give its owner as long a longest_request",
    )

"""Rules of clusters, of the ways in, and of what calls them."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads import Capacity, Domain, InternalLoadBalancer, WebServer
from tests.templates import HEALTHY
from tests.unit.bad_input.row import FRACTION, Bench, Row

_HTTP = elbv2.ApplicationProtocol.HTTP
_REQUEST = "longest_request must be from 1 second to 110 seconds, got"
_STARTUP = "startup_time must be from 0 seconds to 1 hour, got"
_FAILED = "max_failed_percent must be above 0 and up to 100, got"
_HTTPS = "HTTPS needs a domain with its hosted zone, or a domain and a certificate"
_GUEST = "only for a load balancer of its own, not with a listener_rule"


def _request(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _guest(at: Bench) -> WebServer:
    return at.web(domain=None, listener_rule=at.rule())


ROWS = (
    Row(
        "a cluster without capacity",
        "Stack/Containers",
        "capacity must name at least one kind",
        lambda at: at.container_cluster(capacity=[]),
    ),
    Row(
        "a cluster with one capacity twice",
        "Stack/Containers",
        "capacity names a provider twice, got ['FARGATE', 'FARGATE']",
        lambda at: at.container_cluster(capacity=[Capacity.fargate(), Capacity.fargate()]),
    ),
    Row(
        "a namespace with a space",
        "Stack/Containers",
        "namespace_name must be a DNS name in lower case, got 'Dev Shop'",
        lambda at: at.container_cluster(namespace_name="Dev Shop"),
    ),
    Row(
        "a host name that is a URL",
        "Domain",
        "domain_name must be a host name in lower case, got 'https://shop.example.com'",
        lambda _: Domain(domain_name="https://shop.example.com"),
    ),
    Row(
        "half a zone",
        "Domain",
        "hosted_zone_id and zone_name go together, got 'Z1' and None",
        lambda _: Domain(domain_name="shop.example.com", hosted_zone_id="Z1"),
    ),
    Row(
        "a zone in capitals",
        "Domain",
        "zone_name must be a host name in lower case, got 'Example.com'",
        lambda _: Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="Example.com"),
    ),
    Row(
        "a zone of another name",
        "Domain",
        "'shop.example.com' is not inside the zone 'example.org'",
        lambda _: Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.org"),
    ),
    Row("priority 0", "ListenerRule", "priority must be from 1 to 50000, got 0", lambda at: at.rule(priority=0)),
    Row(
        "priority 50001",
        "ListenerRule",
        "priority must be from 1 to 50000, got 50001",
        lambda at: at.rule(priority=50_001),
    ),
    Row(
        "a rule for every request",
        "ListenerRule",
        "needs host_headers, path_patterns or http_headers: a rule without any would take every request",
        lambda at: at.rule(host_headers=[]),
    ),
    Row(
        "a URL with a wildcard",
        "ListenerRule",
        "the first of host_headers must be one host, got '*.example.com'",
        lambda at: at.rule(host_headers=["*.example.com"]),
    ),
    Row(
        "a host with a scheme",
        "ListenerRule",
        "host_headers must be host names, without scheme, port or path, got 'https://shop.example.com'",
        lambda at: at.rule(host_headers=["https://shop.example.com"]),
    ),
    Row(
        "a header without a value",
        "ListenerRule",
        "http_headers must not have the value '' of 'X-Version'",
        lambda at: at.rule(http_headers={"X-Version": ["2", ""]}),
    ),
    Row(
        "six values in one rule",
        "ListenerRule",
        "one rule matches at most 5 values, got",
        lambda at: at.rule(path_patterns=["/a", "/b", "/c", "/d", "/e"]),
    ),
    Row(
        "seven wildcards in one rule",
        "ListenerRule",
        "one rule has at most 6 wildcards, which are * and ?, got 7 in",
        lambda at: at.rule(path_patterns=["/*/a/*", "/?/*"], http_headers={"X-Version": ["2.*.*.*"]}),
    ),
    Row(
        "a host as a header",
        "ListenerRule",
        "http_headers must not name 'HOST': say it in host_headers",
        lambda at: at.rule(http_headers={"HOST": ["shop.example.com"]}),
    ),
    Row(
        "a path without a slash",
        "ListenerRule",
        "path_patterns must be paths that begin with '/', got 'v2'",
        lambda at: at.rule(path_patterns=["v2"]),
    ),
    Row(
        "a header's name with a space",
        "ListenerRule",
        "http_headers must be names of headers, got 'X Version'",
        lambda at: at.rule(http_headers={"X Version": ["2"]}),
    ),
    Row(
        "a header that has no value",
        "ListenerRule",
        "http_headers must say which values of 'X-Version' match",
        lambda at: at.rule(http_headers={"X-Version": []}),
    ),
    Row(
        "duplicate priority on a listener",
        "Stack/Other",
        "Stack/Web already has priority=1 on the listener",
        lambda at: (_guest(at), at.web("Other", domain=None, listener_rule=at.rule(host_headers=["b.example.com"]))),
    ),
    Row(
        "a guest slower than its host",
        "Stack/Guest",
        "longest_request must be at most 1 minute, after which Stack/Web/LoadBalancer answers 504, got 61 seconds",
        lambda at: at.web(
            "Guest",
            domain=None,
            longest_request=timedelta(seconds=61),
            listener_rule=at.rule(listener=at.web().listener),
        ),
    ),
    Row(
        "a guest that speaks what its host does not",
        "Stack/Guest",
        "protocol must be elbv2.ApplicationProtocol.HTTP, which the listener of the rule speaks, got HTTPS",
        lambda at: at.web(
            "Guest", domain=None, listener_rule=at.rule(listener=at.web(domain=None, protocol=_HTTP).listener)
        ),
    ),
    Row(
        "subnets that the VPC has not",
        "Stack/Web",
        "vpc_subnets must be subnets of the VPC: there are no subnet groups with name 'Nope' in this VPC",
        lambda at: at.web(vpc_subnets=ec2.SubnetSelection(subnet_group_name="Nope")),
    ),
    Row(
        "a web server without a port",
        "Stack/Web",
        "a web server needs container.port",
        lambda at: at.web(container=at.container()),
    ),
    Row(
        "a health check without a slash",
        "Stack/Web",
        "health_check_path must be a path that begins with '/', got 'healthz'",
        lambda at: at.web(health_check_path="healthz"),
    ),
    Row("web, no request", "Stack/Web", f"{_REQUEST} 0", lambda at: at.web(longest_request=_request(0))),
    Row("web, 111 seconds", "Stack/Web", f"{_REQUEST} 111", lambda at: at.web(longest_request=_request(111))),
    Row(
        "web, half seconds",
        "Stack/Web",
        "longest_request must be a whole number of seconds, got 30.5",
        lambda at: at.web(longest_request=_request(30.5)),
    ),
    Row("ready before it starts", "Stack/Web", f"{_STARTUP} -1", lambda at: at.web(startup_time=timedelta(seconds=-1))),
    Row(
        "ready after two hours", "Stack/Web", f"{_STARTUP} 2 hours", lambda at: at.web(startup_time=timedelta(hours=2))
    ),
    Row(
        "ready after half a second",
        "Stack/Web",
        "startup_time must be a whole number of seconds, got 0.5",
        lambda at: at.web(startup_time=FRACTION),
    ),
    Row("no failure allowed", "Stack/Web", f"{_FAILED} 0", lambda at: at.web(max_failed_percent=0)),
    Row("more failures than requests", "Stack/Web", f"{_FAILED} 101", lambda at: at.web(max_failed_percent=101)),
    Row("a guest's domain", "Stack/Web", f"domain: {_GUEST}", lambda at: at.web(listener_rule=at.rule())),
    Row(
        "a certificate for HTTP",
        "Stack/Web",
        "a certificate needs protocol=elbv2.ApplicationProtocol.HTTPS",
        lambda at: at.web(protocol=_HTTP, certificate=at.certificate),
    ),
    Row(
        "a certificate without a domain",
        "Stack/Web",
        "a certificate needs the domain that it is for",
        lambda at: at.web(domain=None, certificate=at.certificate),
    ),
    Row("HTTPS without a name", "Stack/Web", _HTTPS, lambda at: at.web(domain=None)),
    Row(
        "HTTPS without a proof",
        "Stack/Web",
        _HTTPS,
        lambda at: at.web(domain=Domain(domain_name="shop.example.com")),
    ),
    Row(
        "the load balancer of a guest",
        "Stack/Web",
        "owns no load balancer, it was given a listener_rule",
        lambda at: _guest(at).load_balancer,
        leaves=True,
    ),
    Row(
        "the load balancer of a guest that it would share",
        "Stack/Web",
        "owns no load balancer to share, it was given a listener_rule",
        lambda at: _guest(at).share_load_balancer(),
        leaves=True,
    ),
    Row(
        "the URL of a guest without a host",
        "Stack/Web",
        "its listener_rule names no host, so that only the owner knows the URL",
        lambda at: at.web(domain=None, listener_rule=at.rule(host_headers=[], path_patterns=["/v2/*"])).url,
        leaves=True,
    ),
    Row(
        "the listener of a guest",
        "Stack/Web",
        "owns no listener, it was given a listener_rule",
        lambda at: _guest(at).listener,
        leaves=True,
    ),
    Row(
        "an app server without a port",
        "Stack/App",
        "an app server needs container.port",
        lambda at: at.app(container=at.container(health_check=HEALTHY)),
    ),
    Row(
        "an app server without a health check",
        "Stack/App",
        "an app server needs container.health_check, since no load balancer checks its tasks",
        lambda at: at.app(container=at.container(port=80)),
    ),
    Row("app, no request", "Stack/App", f"{_REQUEST} 0", lambda at: at.app(longest_request=_request(0))),
    Row("app, 111 seconds", "Stack/App", f"{_REQUEST} 111", lambda at: at.app(longest_request=_request(111))),
    Row(
        "app, half seconds",
        "Stack/App",
        "longest_request must be a whole number of seconds, got 30.5",
        lambda at: at.app(longest_request=_request(30.5)),
    ),
    Row(
        "an app server that nobody can call",
        "Stack/App",
        "say how the tier is called: dns_name='...', or internal_load_balancer",
        lambda at: at.app(dns_name=None),
    ),
    Row(
        "an app server at a port that nobody knows",
        "Stack/App",
        "container.port must be known now: it is a part of the tier's url",
        lambda at: at.app(container=at.served(port=at.number)),
    ),
    Row(
        "an app server that is called in two ways",
        "Stack/App",
        "dns_name belong to Service Connect, not to an internal_load_balancer",
        lambda at: at.app(internal_load_balancer=InternalLoadBalancer()),
    ),
    Row(
        "gRPC over HTTP inside the VPC",
        "Stack/App",
        "app_protocol=grpc needs the certificate of its internal_load_balancer: no load balancer passes it on from",
        lambda at: at.app(
            dns_name=None,
            app_protocol=ecs.AppProtocol("grpc"),
            internal_load_balancer=InternalLoadBalancer(health_check_path="/grpc.health.v1.Health/Check"),
        ),
    ),
    Row(
        "one zone inside the VPC",
        "Stack/App",
        "a load balancer needs private subnets in two zones, and the VPC has them in 1",
        lambda at: at.app(cluster=at.cluster_in_one_zone, dns_name=None, internal_load_balancer=InternalLoadBalancer()),
    ),
    Row(
        "an authority that is none",
        "Stack/App",
        "certificate_authority_arn must be the ARN of a private certificate authority, got 'arn:aws:acm-pca:x'",
        lambda at: at.app(certificate_authority_arn="arn:aws:acm-pca:x"),
    ),
    Row(
        "the load balancer of a tier that has none",
        "Stack/App",
        "has no load balancer, it is called by its dns_name",
        lambda at: at.app().load_balancer,
        leaves=True,
    ),
    Row(
        "an app server without a namespace",
        "Stack/App",
        "an app server needs a cluster with a default Cloud Map namespace",
        lambda at: at.app(cluster=at.plain_cluster),
    ),
    Row(
        "a Service Connect name too long",
        "Stack/App",
        f"dns_name must be 1 to 63 lower-case letters, digits and hyphens, got '{'a' * 64}'",
        lambda at: at.app(dns_name="a" * 64),
    ),
    Row(
        "two tiers with one Service Connect name",
        "Stack/Other",
        "Stack/App already bears dns_name='app'",
        lambda at: (at.app(), at.app("Other")),
    ),
    Row(
        "two tiers with one name in the namespace",
        "Stack/Other",
        "Stack/App already bears discovery_name='shop-app'",
        lambda at: (at.app(discovery_name="shop-app"), at.app("Other", dns_name="b", discovery_name="shop-app")),
    ),
    Row(
        "a name in the namespace that begins with a hyphen",
        "Stack/App",
        "discovery_name must be 1 to 64 lower-case letters, digits, hyphens and underscores, "
        "not beginning with a hyphen, got '-app'",
        lambda at: at.app(discovery_name="-app"),
    ),
    Row(
        "a variable of the queue that the program sets",
        "Stack/App",
        "environment variable 'ORDERS_URL' is already set; choose another than prefix='ORDERS'",
        lambda at: at.app(
            container=at.container(port=80, health_check=HEALTHY, environment={"ORDERS_URL": "x"})
        ).send_to(at.sqs_queue, prefix="ORDERS"),
        leaves=True,
    ),
)

"""The load balancer that a tier owns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Token
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as route53_targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._checks import duration, require
from ecs_workloads._descriptions import group_description
from ecs_workloads._load_balancer_logs import write_logs
from ecs_workloads.domain import Domain
from ecs_workloads.listener_authentication import ListenerAuthentication

_SHORTEST_IDLE_TIMEOUT = timedelta(seconds=60)
_CLAIM = "ecs-workloads:domain"


def check_zones(path: str, vpc: ec2.IVpc, *, internet_facing: bool) -> None:
    """Refuse a VPC in which no load balancer can be; zones that only the deployment knows pass."""
    zones = {subnet.availability_zone for subnet in _subnets(vpc, internet_facing=internet_facing)}
    require(
        len(zones) >= 2 or Token.is_unresolved(list(zones)),  # noqa: PLR2004
        path,
        f"a load balancer needs {'public' if internet_facing else 'private'} subnets in two zones, and the VPC has "
        f"them in {len(zones)}",
    )


def check_addresses(
    path: str, vpc: ec2.IVpc, ip_address_type: elbv2.IpAddressType | None, *, internet_facing: bool
) -> None:
    """Refuse addresses of IPv6 in subnets of this app that have none; nothing is known of those of others.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#ip-address-type
    """
    if not _is_dual_stack(ip_address_type):
        return
    made = [subnet.node.default_child for subnet in _subnets(vpc, internet_facing=internet_facing)]
    without = [subnet for subnet in made if isinstance(subnet, ec2.CfnSubnet) and subnet.ipv6_cidr_block is None]
    require(
        not without,
        path,
        f"ip_address_type={ip_address_type} needs subnets with IPv6, which the VPC has not: "
        "ec2.Vpc(ip_protocol=ec2.IpProtocol.DUAL_STACK)",
    )


def claim_domain(scope: Construct, domain: Domain | None) -> None:
    """Note that the tier at ``scope`` has the record of ``domain``.

    Raises:
        ValueError: Another tier of this app has it.
    """
    if domain is None or domain.hosted_zone_id is None:
        return
    path, root = scope.node.path, scope.node.root
    wanted = {"zone": domain.hosted_zone_id, "name": domain.domain_name}
    for entry in root.node.metadata:
        if entry.type == _CLAIM:
            taken = {"zone": entry.data["zone"], "name": entry.data["name"]}
            require(taken != wanted, path, f"{entry.data['path']} already has the record of {domain.domain_name!r}")
    root.node.add_metadata(_CLAIM, {**wanted, "path": path})


def _subnets(vpc: ec2.IVpc, *, internet_facing: bool) -> Sequence[ec2.ISubnet]:
    """Return the subnets in which a load balancer may be."""
    return vpc.public_subnets if internet_facing else vpc.private_subnets or vpc.isolated_subnets


def _is_dual_stack(ip_address_type: elbv2.IpAddressType | None) -> bool:
    return ip_address_type not in (None, elbv2.IpAddressType.IPV4)


class LoadBalancer(Construct):
    """An application load balancer with its listeners, logs and names.

    Attributes:
        load_balancer: The load balancer.
        listener: Its listener for users, on which others may have a `ListenerRule`.
        protocol: What that listener speaks.
        ip_address_type: Its addresses, where they were chosen.
        idle_timeout: Time after which the load balancer ends a request whose answer has not begun.
        ports: Ports of its listeners.
        shared: Whether others have rules on its listener. What it answers itself may then be for them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        target_group: elbv2.ApplicationTargetGroup,
        internet_facing: bool,
        domain: Domain | None,
        certificate: acm.ICertificate | None,
        protocol: elbv2.ApplicationProtocol,
        redirect_http: bool,
        longest_request: timedelta,
        deletion_protection: bool,
        log_bucket: s3.IBucket | None,
        ip_address_type: elbv2.IpAddressType | None,
        authentication: ListenerAuthentication | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.shared = False
        self.protocol = protocol
        self.idle_timeout = max(_SHORTEST_IDLE_TIMEOUT, longest_request)
        self.ip_address_type = ip_address_type
        self._dual_stack = _is_dual_stack(ip_address_type)
        https = protocol == elbv2.ApplicationProtocol.HTTPS
        self.ports = [443] if https else [80]
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=group_description(f"Load balancer of {scope.node.path}"),
            # The rules towards the tasks are added with the target group; nothing else is called from here.
            allow_all_outbound=False,
        )
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Default",
            vpc=vpc,
            # What aws_cdk chooses, but one of each zone where there are several groups: ELB takes no more.
            vpc_subnets=ec2.SubnetSelection(
                subnet_type=ec2.SubnetType.PUBLIC if internet_facing else None, one_per_az=True
            ),
            internet_facing=internet_facing,
            ip_address_type=ip_address_type,
            security_group=security_group,
            deletion_protection=deletion_protection,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.DEFENSIVE,
            idle_timeout=duration(self.idle_timeout),
        )
        write_logs(self, self.load_balancer, log_bucket)
        zone = self._zone(domain)
        if https and certificate is None and domain is not None and zone is not None:
            certificate = acm.Certificate(
                self,
                "Certificate",
                domain_name=domain.domain_name,
                validation=acm.CertificateValidation.from_dns(zone),
            )
        forward = elbv2.ListenerAction.forward([target_group])
        self.listener = self.load_balancer.add_listener(
            "Https" if https else "Http",
            protocol=protocol,  # and its port
            certificates=[certificate] if https and certificate is not None else None,
            # On Security Hub's list for ELB.17; the policy that aws_cdk recommends is not.
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ if https else None,
            open=False,
            default_action=forward if authentication is None else authentication.action(forward),
        )
        if authentication is not None:
            # Else the load balancer could not ask the issuer.
            self.load_balancer.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "Issuer of tokens")
        if https and redirect_http:
            self.ports.append(80)
            # Under the id of the plain listener: a change between the two must not need port 80 twice.
            redirect = self.load_balancer.add_listener(
                "Http",
                protocol=elbv2.ApplicationProtocol.HTTP,
                open=False,
                default_action=elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
            )
            accept_findings(redirect, "redirect")
        self._answer_for(domain, zone)

    @classmethod
    def of(cls, listener: elbv2.IApplicationListener) -> LoadBalancer | None:
        """Return what owns ``listener``, where this library made it in this app."""
        load_balancer = listener.node.scope
        owner = None if load_balancer is None else load_balancer.node.scope
        return owner if isinstance(owner, cls) else None

    def open(self, sources: Sequence[ec2.IPeer] | None) -> None:
        """Let ``sources`` reach the listeners, or everybody for ``None``."""
        if sources is None:
            accept_findings(self, "public load balancer")
        everybody = [ec2.Peer.any_ipv4(), ec2.Peer.any_ipv6()] if self._dual_stack else [ec2.Peer.any_ipv4()]
        for port in self.ports:
            for source in everybody if sources is None else sources:
                self.load_balancer.connections.allow_from(source, ec2.Port.tcp(port), "Users")

    def _answer_for(self, domain: Domain | None, zone: route53.IHostedZone | None) -> None:
        if domain is None or zone is None:
            return
        target = route53.RecordTarget.from_alias(
            route53_targets.LoadBalancerTarget(self.load_balancer)  # pyright: ignore[reportArgumentType]  # jsii#4541
        )
        # With the final dot, else aws_cdk adds the zone to a name of which it does not see that it is inside.
        name = f"{domain.domain_name}."
        route53.ARecord(self, "Alias", zone=zone, record_name=name, target=target)
        if self._dual_stack:
            route53.AaaaRecord(self, "AliasIpv6", zone=zone, record_name=name, target=target)

    def _zone(self, domain: Domain | None) -> route53.IHostedZone | None:
        if domain is None or domain.hosted_zone_id is None or domain.zone_name is None:
            return None
        return route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.zone_name
        )

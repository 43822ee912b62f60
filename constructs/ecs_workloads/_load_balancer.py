"""The load balancer that a web server owns."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as route53_targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_workloads._checks import duration
from ecs_workloads.domain import Domain

_LOGS_PREFIX = "load-balancer"
_LOGS_KEPT = Duration.days(90)


class PublicLoadBalancer(Construct):
    """An internet-facing application load balancer with its listeners, access logs and names."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        target_group: elbv2.ApplicationTargetGroup,
        domain: Domain | None,
        certificate: acm.ICertificate | None,
        protocol: elbv2.ApplicationProtocol,
        redirect_http: bool,
        idle_timeout: timedelta,
        deletion_protection: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=f"Load balancer of {scope.node.path}",
            # The rules towards the tasks are added with the target group; nothing else is called from here.
            allow_all_outbound=False,
        )
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Default",
            vpc=vpc,
            internet_facing=True,
            security_group=security_group,
            deletion_protection=deletion_protection,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.DEFENSIVE,
            idle_timeout=duration(idle_timeout),
        )
        self._write_access_logs()
        zone = self._zone(domain)
        https = protocol == elbv2.ApplicationProtocol.HTTPS
        if https and certificate is None and domain is not None and zone is not None:
            certificate = acm.Certificate(
                self,
                "Certificate",
                domain_name=domain.domain_name,
                validation=acm.CertificateValidation.from_dns(zone),
            )
        self.listener = self.load_balancer.add_listener(
            "Https" if https else "Http",
            protocol=protocol,
            port=443 if https else 80,
            certificates=[certificate] if https and certificate is not None else None,
            # On Security Hub's list for ELB.17; the policy that aws_cdk recommends is not.
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ if https else None,
            open=False,
            default_target_groups=[target_group],
        )
        ports = [443] if https else [80]
        if https and redirect_http:
            ports.append(80)
            # Under the id of the plain listener: a change between the two must not need port 80 twice.
            self.load_balancer.add_listener(
                "Http",
                protocol=elbv2.ApplicationProtocol.HTTP,
                port=80,
                open=False,
                default_action=elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
            )
        for port in ports:
            self.load_balancer.connections.allow_from_any_ipv4(ec2.Port.tcp(port), "Users")
        if domain is not None and zone is not None:
            route53.ARecord(
                self,
                "Alias",
                zone=zone,
                record_name=domain.domain_name,
                target=route53.RecordTarget.from_alias(
                    route53_targets.LoadBalancerTarget(self.load_balancer)  # pyright: ignore[reportArgumentType]  # jsii#4541
                ),
            )

    def _zone(self, domain: Domain | None) -> route53.IHostedZone | None:
        if domain is None or domain.hosted_zone_id is None or domain.zone_name is None:
            return None
        return route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.zone_name
        )

    def _write_access_logs(self) -> None:
        """Write access logs, as ``log_access_logs`` would if it did not need to know the region.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        """
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,  # the only one that load balancers can write to
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(expiration=_LOGS_KEPT)],
            removal_policy=RemovalPolicy.RETAIN,  # CloudFormation cannot delete a bucket with logs in it
        )
        stack = Stack.of(self)
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AccessLogs",
                principals=[
                    iam.ServicePrincipal(  # pyright: ignore[reportArgumentType]  # jsii#4541
                        "logdelivery.elasticloadbalancing.amazonaws.com"
                    )
                ],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{_LOGS_PREFIX}/AWSLogs/{stack.account}/*")],
                conditions={
                    "ArnLike": {
                        "aws:SourceArn": stack.format_arn(
                            service="elasticloadbalancing", resource="loadbalancer", resource_name="*"
                        )
                    }
                },
            )
        )
        self.load_balancer.set_attribute("access_logs.s3.enabled", "true")
        self.load_balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)
        self.load_balancer.set_attribute("access_logs.s3.prefix", _LOGS_PREFIX)
        if bucket.policy is not None:
            self.load_balancer.node.add_dependency(bucket.policy)

"""The network layer: the VPC, or the name of one."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks import shared_values
from stacks.environments import Environment
from stacks.layer_key import layer_key, removal_policy

# Images never leave the network of AWS.
_IMAGES = {
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
}
# What else a task needs of AWS to start, to log, and to use its queue, where no NAT gateway leads out.
_WITHOUT_NAT = {
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Ecs": ec2.InterfaceVpcEndpointAwsService.ECS,
    "EcsExec": ec2.InterfaceVpcEndpointAwsService.SSM_MESSAGES,
}


class NetworkStack(cdk.Stack):
    """A VPC with public and private subnets in each zone."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id, termination_protection=environment.protected)
        self._environment = environment
        existing = environment.vpc
        if existing is not None:
            vpc_id = existing.vpc_id
            private, public = existing.private_subnet_ids, existing.public_subnet_ids
        else:
            vpc = self._vpc()
            vpc_id = vpc.vpc_id
            inner = vpc.private_subnets if environment.nat_gateways else vpc.isolated_subnets
            private = [subnet.subnet_id for subnet in inner]
            public = [subnet.subnet_id for subnet in vpc.public_subnets]
        shared_values.publish(
            self,
            environment,
            "network",
            {"vpc-id": vpc_id, "private-subnet-ids": ",".join(private), "public-subnet-ids": ",".join(public)},
        )

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the environment. Overridden so that no look-up happens where an account is named."""
        return shared_values.zones(self._environment)

    def _vpc(self) -> ec2.Vpc:
        environment = self._environment
        key = layer_key(self, environment)
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(environment.cidr),
            availability_zones=shared_values.zones(environment),
            nat_gateways=environment.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False, cidr_mask=24
                ),
                ec2.SubnetConfiguration(
                    name="Private",
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
                    if environment.nat_gateways
                    else ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=20,
                ),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
            restrict_default_security_group=False,  # that would take a Lambda function; nothing uses the group
        )
        self._write_flow_log(vpc, key)
        self._add_endpoints(vpc)
        return vpc

    def _write_flow_log(self, vpc: ec2.Vpc, key: kms.IKey) -> None:
        log_group = logs.LogGroup(
            self,
            "FlowLogGroup",
            retention=self._environment.log_retention,
            encryption_key=key,
            removal_policy=removal_policy(self._environment),
        )
        vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group))

    def _add_endpoints(self, vpc: ec2.Vpc) -> None:
        group = ec2.SecurityGroup(
            self, "Endpoints", vpc=vpc, description="Endpoints of AWS services", allow_all_outbound=False
        )
        group.add_ingress_rule(ec2.Peer.ipv4(self._environment.cidr), ec2.Port.tcp(443), "Tasks of the VPC")
        gateways = self._environment.nat_gateways
        # An endpoint is paid for in each zone: as many as have a NAT gateway, on which its tasks depend as much.
        subnets = vpc.private_subnets[:gateways] if gateways else vpc.isolated_subnets
        for name, service in (_IMAGES if gateways else _IMAGES | _WITHOUT_NAT).items():
            vpc.add_interface_endpoint(
                name,
                service=service,
                subnets=ec2.SubnetSelection(subnets=subnets),
                security_groups=[group],
                open=False,
            )

"""The ECS service inside every tier. Private: tiers own it, users never see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import jsii
from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads._checks import duration, require
from ecs_workloads._cluster_facts import cluster_facts
from ecs_workloads._descriptions import group_description
from ecs_workloads._once import path_of
from ecs_workloads._shares import placed
from ecs_workloads._single_task_service import SingleTaskService
from ecs_workloads._start_order import cfn_service
from ecs_workloads._task import TierTask
from ecs_workloads._task_bounds import TaskBounds
from ecs_workloads._tier_checks import LONGEST_STOP_TIMEOUT, STOP_MARGIN
from ecs_workloads._variables import check_prefix
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.extensible_task import log_driver
from ecs_workloads.message_queue import MessageQueue
from ecs_workloads.scaling import ScalableService
from ecs_workloads.sidecar import Sidecar


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class TierService(Construct):
    """A task definition with one hardened container, its log group, its security group and its service."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        container: Container,
        longest_work: timedelta,
        capacity: Sequence[CapacityShare],
        vpc_subnets: ec2.SubnetSelection | None,
        security_groups: Sequence[ec2.ISecurityGroup],
        enable_execute_command: bool,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
        suspended: bool,
        sidecars: Sequence[Sidecar],
        deployment_alarms: Sequence[cloudwatch.IAlarm],
        single_writer: bool = False,
        service_name: str | None = None,
        app_protocol: ecs.AppProtocol | None = None,
        service_connect: bool = True,
        published: ecs.ServiceConnectService | None = None,
        access_logs: bool = False,
        health_check_grace_period: timedelta | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._path = path_of(scope)
        self._cluster = cluster_facts(cluster)
        self._container_value = container
        self._suspended = suspended
        self._task = TierTask(
            self,
            path=self._path,
            cluster=cluster,
            container=container,
            sidecars=sidecars,
            stop_timeout=min(longest_work + STOP_MARGIN, LONGEST_STOP_TIMEOUT),
            app_protocol=app_protocol,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            enable_execute_command=enable_execute_command,
        )
        self.log_group = self._task.log_group
        self.task_definition = self._task.definition
        self.container = self._task.container
        self._task_role = self.task_definition.task_role
        own_groups = security_groups or [tasks_group(self, self._cluster.vpc, path=self._path)]
        namespace = cluster.default_cloud_map_namespace if service_connect else None
        service = SingleTaskService if single_writer else ecs.FargateService
        self.service: ecs.FargateService = service(
            self,
            "Service",
            cluster=cluster,
            task_definition=self.task_definition,
            service_name=service_name,
            security_groups=list(own_groups),
            vpc_subnets=vpc_subnets,
            assign_public_ip=False,
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(
                    capacity_provider=share.capacity_provider, base=share.base or None, weight=share.weight
                )
                for share in placed(cluster, capacity)
            ]
            or None,
            # Where the count scales, CloudFormation must not set it back at each deployment; but a new service without
            # a count starts one task, and waits for it.
            desired_count=0 if suspended else 1 if single_writer else None,
            min_healthy_percent=0 if single_writer else 100,
            max_healthy_percent=100 if single_writer else 200,
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED
            if single_writer
            else ecs.AvailabilityZoneRebalancing.ENABLED,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            # All at once: of two calls to enable_deployment_alarms only the first counts (aws-cdk#36308).
            deployment_alarms=ecs.DeploymentAlarmConfig(
                alarm_names=[alarm.alarm_name for alarm in deployment_alarms],
                behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM,
            )
            if deployment_alarms
            else None,
            enable_execute_command=enable_execute_command,
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            health_check_grace_period=None
            if health_check_grace_period is None
            else duration(health_check_grace_period),
            # By ARN: aws_cdk renders the name of a namespace, and with it ECS makes a second one (aws-cdk#25616).
            service_connect_configuration=None
            if namespace is None
            else ecs.ServiceConnectProps(
                namespace=namespace.namespace_arn,
                services=None if published is None else [published],
                log_driver=log_driver(self.log_group, "service-connect"),
                access_log_configuration=ecs.ServiceConnectAccessLogConfiguration(
                    format=ecs.ServiceConnectAccessLogFormat.JSON
                )
                if access_logs
                else None,
            ),
        )
        self._task.extend(self.service)

        # Else a first task may start before its role may pull the image or read a secret, and fail.
        self.cfn_service.node.add_dependency(self.task_definition.obtain_execution_role())

    @property
    def cfn_service(self) -> ecs.CfnService:
        """The resource behind the service, to say what it waits for and nothing else."""
        return cfn_service(self.service)

    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from the tasks."""
        return self.service.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role."""
        return self._task_role

    def scale(
        self,
        bounds: TaskBounds,
        *,
        target_group: elbv2.ApplicationTargetGroup | None = None,
        queue: MessageQueue | None = None,
    ) -> None:
        """Make the task count scalable within ``bounds``; a suspended tier has no task, and nothing that adds one.

        Going into suspension, CloudFormation sets the count to 0 and both bounds after it. On the way back the count is
        in the template no more, and CloudFormation leaves it at 0; but Application Auto Scaling moves the count of a
        target that is registered anew into its bounds, here up to the minimum.
        https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
        """
        if self._suspended:
            self.service.auto_scale_task_count(min_capacity=0, max_capacity=0)
            return
        tasks = self.service.auto_scale_task_count(min_capacity=bounds.min_capacity, max_capacity=bounds.max_capacity)
        scalable = ScalableService(
            path=self._path,
            tasks=tasks,
            service=self.service,
            min_capacity=bounds.fewest,
            target_group=target_group,
            queue=queue,
        )
        for policy in bounds.policies:
            policy.bind(scalable)

    def send_to(self, queue: MessageQueue, *, prefix: str) -> None:
        """Tell the program where ``queue`` is, open the network to it, and let the tasks send."""
        check_prefix(self._path, "prefix", prefix)
        environment = queue.connection_environment(prefix)
        secrets = queue.producer_secrets(prefix)
        check_free(self._path, self._container_value, [*environment, *secrets], f"prefix={prefix!r}")
        self._container_value = self._container_value.with_environment(environment).with_secrets(secrets)
        for name, value in environment.items():
            self.container.add_environment(name, value)
        for name, secret in secrets.items():
            self.container.add_secret(name, secret)
        queue.allow_from(self)
        queue.grant_send_messages(self)

    def consume_from(self, queue: MessageQueue) -> None:
        """Open the network to ``queue``, and let the tasks take its messages and ask not to be stopped."""
        queue.allow_from(self)
        queue.grant_consume_messages(self)
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
        self.task_definition.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
                resources=[self._cluster.tasks_arn(self._task.stack)],
            )
        )


def tasks_group(scope: Construct, vpc: ec2.IVpc, *, path: str) -> ec2.SecurityGroup:
    """Make the security group of the tasks of the tier at ``path``: all may go out, nobody may come in."""
    group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description=group_description(f"Tasks of {path}"),
        allow_all_outbound=True,
        allow_all_ipv6_outbound=True,
    )
    # Each call to a peer would warn that its way out is open already; what guards a peer is its way in.
    annotations = Annotations.of(group)
    for warning in ("ipv4IgnoreEgressRule", "ipv6IgnoreEgressRule"):
        annotations.acknowledge_warning(f"@aws-cdk/aws-ec2:{warning}", "the way out is open on purpose")
    return group


def check_free(path: str, container: Container, names: Sequence[str], chosen: str) -> None:
    """Refuse the variables of a queue where the program's own container sets one of them."""
    for name in names:
        require(
            not container.defines(name),
            path,
            f"environment variable {name!r} is already set; choose another than {chosen}",
        )

"""The tier behind the web servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_time, require
from ecs_workloads._descriptions import rule_description
from ecs_workloads._internal_entry import InternalEntry
from ecs_workloads._service import TierService
from ecs_workloads._service_connect import published_service
from ecs_workloads._start_order import start_after
from ecs_workloads._task import CONTAINER_NAME
from ecs_workloads._task_metrics import request_metrics, service_connect_metrics, tier_metrics
from ecs_workloads._tier_checks import LONGEST_REQUEST, check_tier
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.internal_load_balancer import InternalLoadBalancer
from ecs_workloads.message_queue import MessageQueue
from ecs_workloads.scaling import Scaling
from ecs_workloads.sidecar import Sidecar
from ecs_workloads.target_cpu import TargetCpu
from ecs_workloads.tier_metrics import TierMetrics

_DEFAULT_POLICIES = (TargetCpu(),)
_MIN_CAPACITY = 2
_DEFAULT_SCALING = Scaling(max_capacity=4)


@checks_arguments
@jsii.implements(iam.IGrantable, ec2.IConnectable)
class AppServer(Construct):
    """Tasks that other tiers call by a name inside the cluster (Copilot: backend service).

    The name is an endpoint of Service Connect: calls are balanced over the tasks, a task that fails is left out, and a
    call that cannot connect is tried again on another, twice, which ECS lets nobody configure. Callers that are no tier
    of the cluster, such as functions, need an `InternalLoadBalancer` instead. Nothing can call the tier until
    `allow_from` names it.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html

    Args:
        cluster: Cluster to run in. It must have a default Cloud Map namespace, as `ContainerCluster` has.
        container: What to run. It must have a port, and a health check: without a load balancer nothing else tells
            a task that serves from one that only runs, and a deployment would stop old tasks for it.
        dns_name: Name by which other tiers call this one, unique in the namespace: lower-case letters, digits
            and hyphens. Not with ``internal_load_balancer``.
        discovery_name: Name under which the namespace lists the tier and CloudWatch measures its calls: lower-case
            letters, digits, hyphens and underscores. Defaults to ``dns_name``. Choose another where several clusters
            of one account and region have the same ``dns_name``: see `ServiceConnectMetrics`.
        internal_load_balancer: Load balancer by which it is called, instead of ``dns_name``.
        longest_request: Longest time that a request takes, 1 to 110 seconds; Service Connect ends a longer
            one with 504. A task that is stopped has so long, and 10 seconds more, to finish.
        app_protocol: What the program speaks: ``ecs.AppProtocol.http``, ``http2`` or ``grpc``. Defaults to HTTP/1.1.
            Of gRPC by Service Connect, ``metrics`` has no requests. An ``internal_load_balancer`` speaks the last two
            with a certificate alone, asks for the health of gRPC by a method as ``health_check_path``, and has another
            target group after a change.
        access_logs: Whether Service Connect logs each call, as JSON and without queries. Defaults to no: the log group
            costs by the amount. Not with ``internal_load_balancer``, whose own logs are always written.
        certificate_authority_arn: Private certificate authority from which the proxies of Service Connect get their
            certificates, and between them speak TLS; the program and its callers still speak plain HTTP to their own
            proxy. Defaults to none.
        scaling: Number of tasks. Defaults to 2 to 4, by average CPU.
        deployment_alarms: Alarms, each once, that roll a running deployment back. Not on a metric of this service,
            which would then depend on itself. Defaults to none: tasks that do not become healthy roll it back.
        sidecars: Containers beside the main one: `OpenTelemetryCollector`, `FluentBit` or your own. Defaults to none.
        suspended: Whether the tier is stopped: it keeps everything but has no task, and a new one starts none. Back to
            running, Application Auto Scaling starts ``min_capacity`` tasks once the deployment is through, which
            therefore does not roll back for them. Defaults to running.
        capacity: Capacity providers that share the tasks. Defaults to on-demand Fargate. On a cluster that is no
            `ContainerCluster`, going from none to some, or back, replaces the service.
        vpc_subnets: Subnets of the tasks. Defaults to the private ones: a VPC with public ones alone is refused, since
            no task gets a public address.
        security_groups: Security groups of the tasks, up to five. Defaults to one that this construct makes.
        enable_execute_command: Whether ``aws ecs execute-command`` may open a shell in a container of a task.
            Its agent then has folders that it may write. Defaults to no.
        encryption_key: Key for the log group. Its policy must let CloudWatch Logs use it. Defaults to a key
            that CloudWatch owns.
        removal_policy: What becomes of the log group when it leaves the template. Defaults to keeping it, but
            nothing that a failed first deployment made.

    Raises:
        ValueError: A value is out of its range, the container has no port or no health check, there is not exactly one
            way to call the tier, the cluster has no namespace, or another tier of this app bears the name in it.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        container: Container,
        dns_name: str | None = None,
        discovery_name: str | None = None,
        internal_load_balancer: InternalLoadBalancer | None = None,
        longest_request: timedelta = timedelta(seconds=30),
        app_protocol: ecs.AppProtocol | None = None,
        access_logs: bool = False,
        certificate_authority_arn: str | None = None,
        scaling: Scaling = _DEFAULT_SCALING,
        deployment_alarms: Sequence[cloudwatch.IAlarm] = (),
        sidecars: Sequence[Sidecar] = (),
        suspended: bool = False,
        capacity: Sequence[CapacityShare] = (),
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        enable_execute_command: bool = False,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        if container.port is None:
            raise ValueError(f"{path}: an app server needs container.port")
        check_time(path, "longest_request", longest_request, timedelta(seconds=1), LONGEST_REQUEST)
        bounds = check_tier(
            path,
            cluster=cluster,
            container=container,
            capacity=capacity,
            longest_work=longest_request,
            sidecars=sidecars,
            deployment_alarms=deployment_alarms,
            scaling=scaling,
            min_capacity=_MIN_CAPACITY,
            default_policies=_DEFAULT_POLICIES,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            suspended=suspended,
        )
        published: ecs.ServiceConnectService | None = None
        self._entry: InternalEntry | None = None
        if internal_load_balancer is None:
            if dns_name is None:
                raise ValueError(f"{path}: say how the tier is called: dns_name='...', or internal_load_balancer")
            require(
                container.health_check is not None,
                path,
                "an app server needs container.health_check, since no load balancer checks its tasks: "
                "ecs.HealthCheck(command=[...]) with a command that the image has",
            )
            published = published_service(
                self,
                cluster=cluster,
                dns_name=dns_name,
                discovery_name=discovery_name,
                port=container.port,
                longest_request=longest_request,
                certificate_authority_arn=certificate_authority_arn,
                encryption_key=encryption_key,
            )
            self._port, self._url = container.port, f"http://{dns_name}:{container.port}"
        else:
            given = {
                "dns_name": dns_name,
                "discovery_name": discovery_name,
                "certificate_authority_arn": certificate_authority_arn,
                "access_logs": access_logs or None,
            }
            names = [name for name, value in given.items() if value is not None]
            require(not names, path, f"{', '.join(names)} belong to Service Connect, not to an internal_load_balancer")
            self._entry = InternalEntry(
                self,
                vpc=cluster.vpc,
                wanted=internal_load_balancer,
                longest_request=longest_request,
                app_protocol=app_protocol,
            )
            self._port, self._url = self._entry.port, self._entry.url
        self._name = dns_name or self.node.id
        self._tier = TierService(
            self,
            "Default",
            cluster=cluster,
            container=container,
            longest_work=longest_request,
            capacity=capacity,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            suspended=suspended,
            sidecars=sidecars,
            deployment_alarms=deployment_alarms,
            app_protocol=app_protocol or ecs.AppProtocol("http"),
            published=published,
            access_logs=access_logs,
            health_check_grace_period=None if self._entry is None else self._entry.grace_period,
        )
        if self._entry is not None:
            self._entry.target_group.add_target(self._tier.service.load_balancer_target(container_name=CONTAINER_NAME))
        self._tier.scale(
            bounds,
            target_group=None if self._entry is None else self._entry.target_group,
        )
        self._metrics = tier_metrics(
            path,
            self._tier.service,
            fewest=bounds.fewest,
            suspended=suspended,
            requests=service_connect_metrics(self._tier.service, discovery_name or self._name, app_protocol)
            if self._entry is None
            else request_metrics(
                self._entry.target_group, self._entry.own, health_check_grace_period=self._entry.grace_period
            ),
            restarts_in_place=container.restart_attempt_period is not None,
        )

    @property
    def url(self) -> str:
        """Where it is called: by other tiers of the namespace, or through its load balancer."""
        return self._url

    @property
    def load_balancer(self) -> elbv2.ApplicationLoadBalancer:
        """The load balancer of this tier.

        Raises:
            ValueError: The tier is called by Service Connect.
        """
        if self._entry is None:
            raise ValueError(f"{self.node.path}: has no load balancer, it is called by its dns_name")
        return self._entry.load_balancer

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Let ``peer`` call this tier.

        A tier of the same stack is deployed after this one: a task of Service Connect knows only the names
        that existed when it started. With a nested stack the whole of it waits, or is waited for. Two app servers that
        call each other both have to exist before either can know the other; deploy the second one once more. Behind an
        ``internal_load_balancer`` no order is needed.
        """
        port, description = ec2.Port.tcp(self._port), rule_description(f"HTTP to {self._name}")
        if self._entry is not None:
            # Its callers wait for nothing: the name is that of the load balancer, which is there before any task.
            peer.connections.allow_to(self._entry.load_balancer, port, description)
            return
        if peer is self:
            self.connections.allow_internally(port, description)
            return
        peer.connections.allow_to(self, port, description)
        start_after(peer, self)

    @property
    def service(self) -> ecs.FargateService:
        """The ECS service, for anything this class has no argument for."""
        return self._tier.service

    @property
    def task_definition(self) -> ecs.FargateTaskDefinition:
        """The task definition, for anything this class has no argument for."""
        return self._tier.task_definition

    @property
    def log_group(self) -> logs.LogGroup:
        """Where the tasks write."""
        return self._tier.log_group

    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from the tasks."""
        return self._tier.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role."""
        return self._tier.grant_principal

    @property
    def metrics(self) -> TierMetrics:
        """What is measured of the tier, for `Alarms` and `Dashboard`."""
        return self._metrics

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Return the CPU that the tasks use of what they have: percent, average over the tasks."""
        return self._metrics.metric_cpu_utilization()

    def metric_memory_utilization(self) -> cloudwatch.Metric:
        """Return the memory that the tasks use of what they have: percent, average over the tasks."""
        return self._metrics.metric_memory_utilization()

    def metric_running_tasks(self) -> cloudwatch.Metric:
        """Return the number of running tasks: count, sample count of one minute; no sample with no task."""
        return self._metrics.metric_running_tasks()

    def send_to(self, queue: MessageQueue, *, prefix: str) -> None:
        """Let the tasks put messages on ``queue``: variables, network and permission.

        Args:
            queue: The queue.
            prefix: First part of the variables' names, such as ``ORDERS`` for ``ORDERS_URL``.

        Raises:
            ValueError: The prefix is no variable's name, or a variable of that name exists.
        """
        self._tier.send_to(queue, prefix=prefix)

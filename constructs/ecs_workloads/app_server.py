"""The tier behind the web servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_workloads._checks import check_time, duration, require
from ecs_workloads._dns_name import claim_dns_name
from ecs_workloads._service import LONGEST_REQUEST, TierService
from ecs_workloads._start_order import start_after
from ecs_workloads._task import CONTAINER_NAME
from ecs_workloads._task_metrics import tier_metrics
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.message_queue import MessageQueue
from ecs_workloads.scaling import Scaling
from ecs_workloads.sidecar import Sidecar
from ecs_workloads.target_cpu import TargetCpu
from ecs_workloads.tier_metrics import TierMetrics

_DEFAULT_SCALING = Scaling(min_capacity=2, max_capacity=4)


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class AppServer(Construct):
    """Tasks that other tiers call by a name inside the cluster (Copilot: backend service).

    The name is an endpoint of Service Connect: calls are balanced over the tasks, and a task that fails is
    left out. Nothing can call the tier until `allow_from` names it.

    Args:
        cluster: Cluster to run in. It must have a default Cloud Map namespace, as `ContainerCluster` has.
        container: What to run. It must have a port, and a health check: without a load balancer nothing else tells
            a task that serves from one that only runs, and a deployment would stop old tasks for it.
        dns_name: Name by which other tiers call this one, unique in the namespace: lower-case letters, digits
            and hyphens.
        longest_request: Longest time that a request takes, 1 to 110 seconds; Service Connect ends a longer
            one with 504. A task that is stopped has so long, and 10 seconds more, to finish.
        scaling: Number of tasks. Defaults to 2 to 4, by average CPU.
        deployment_alarms: Alarms that roll a running deployment back. Not on a metric of this service, which would
            then depend on itself. Defaults to none: tasks that do not become healthy roll it back.
        sidecars: Containers beside the main one: `OpenTelemetryCollector`, `FluentBit` or your own. Defaults to none.
        suspended: Whether the tier is stopped: it keeps everything but has no task. Defaults to running.
        capacity: Capacity providers that share the tasks. Defaults to on-demand Fargate. On a cluster that is no
            `ContainerCluster`, going from none to some, or back, replaces the service.
        vpc_subnets: Subnets of the tasks. Defaults to the private ones.
        security_groups: Security groups of the tasks. Defaults to one that this construct makes.
        enable_execute_command: Whether ``aws ecs execute-command`` may open a shell in a task.
        encryption_key: Key for the log group. Its policy must let CloudWatch Logs use it. Defaults to a key
            that CloudWatch owns.
        removal_policy: What becomes of the log group when it leaves the template. Defaults to keeping it.

    Raises:
        ValueError: A value is out of its range, the container has no port or no health check, the cluster has no
            namespace, or another tier of this app bears the name in it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        container: Container,
        dns_name: str,
        longest_request: timedelta = timedelta(seconds=30),
        scaling: Scaling = _DEFAULT_SCALING,
        deployment_alarms: Sequence[cloudwatch.IAlarm] = (),
        sidecars: Sequence[Sidecar] = (),
        suspended: bool = False,
        capacity: Sequence[CapacityShare] = (),
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        enable_execute_command: bool = False,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        if container.port is None:
            raise ValueError(f"{path}: an app server needs container.port")
        require(
            container.health_check is not None,
            path,
            "an app server needs container.health_check, since no load balancer checks its tasks: "
            "ecs.HealthCheck(command=[...]) with a command that the image has",
        )
        check_time(path, "longest_request", longest_request, timedelta(seconds=1), LONGEST_REQUEST)
        require(
            cluster.default_cloud_map_namespace is not None,
            path,
            "an app server needs a cluster with a default Cloud Map namespace: use ContainerCluster, "
            "or cluster.add_default_cloud_map_namespace(name=...)",
        )
        claim_dns_name(path, cluster, dns_name)
        self._port = container.port
        self._dns_name = dns_name
        self._starts_after: list[AppServer] = []
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
            app_protocol=ecs.AppProtocol("http"),
            published=ecs.ServiceConnectService(
                port_mapping_name=CONTAINER_NAME,
                # Else it is the name of the port, which is the same in every app server of the namespace.
                discovery_name=dns_name,
                dns_name=dns_name,
                port=container.port,
                per_request_timeout=duration(longest_request),
            ),
        )
        self._tier.scale(scaling, default_policies=(TargetCpu(),))
        self._metrics = tier_metrics(path, self._tier.service, scaling=scaling, suspended=suspended)

    @property
    def url(self) -> str:
        """Where other tiers of the namespace call it."""
        return f"http://{self._dns_name}:{self._port}"

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Let ``peer`` call this tier.

        A tier of the same stack is deployed after this one: a task of Service Connect knows only the names
        that existed when it started. Two app servers that call each other both have to exist before either
        can know the other; deploy the second one once more.
        """
        port, description = ec2.Port.tcp(self._port), f"HTTP to {self._dns_name}"
        if peer is self:
            self.connections.allow_internally(port, description)
            return
        peer.connections.allow_to(self, port, description)
        if isinstance(peer, AppServer):
            if self._waits_for(peer):
                return
            peer._starts_after.append(self)  # noqa: SLF001 - the same class
        start_after(peer, self)

    def _waits_for(self, other: AppServer) -> bool:
        return any(one is other or one._waits_for(other) for one in self._starts_after)  # noqa: SLF001

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

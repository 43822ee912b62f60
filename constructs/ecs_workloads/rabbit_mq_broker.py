"""A RabbitMQ broker as a container service on the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import jsii
from aws_cdk import Names, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_workloads._checks import duration, is_token, require
from ecs_workloads._credentials import credential, generated_secret
from ecs_workloads._dns_name import claim_dns_name
from ecs_workloads._service import TierService
from ecs_workloads._shares import check_capacity
from ecs_workloads._task_metrics import tier_metrics
from ecs_workloads._tier_checks import LONGEST_STOP_TIMEOUT, check_cluster
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.efs_volume import EfsVolume
from ecs_workloads.rabbit_mq_queue import RabbitMqQueue
from ecs_workloads.scaling import Scaling
from ecs_workloads.shared_file_system import SharedFileSystem
from ecs_workloads.tier_metrics import TierMetrics

# The user `rabbitmq` of the official images, but for Alpine's.
_UID = "999"
_DATA_PATH = "/var/lib/rabbitmq"
_SMALLEST_MEMORY_MIB = 1024
# Below 2 GiB the broker's own overhead weighs more, and less of the memory may fill with messages.
_SMALL_MEMORY_MIB = 2048
_OPEN_FILES = 65536


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class RabbitMqBroker(Construct):
    """One durable RabbitMQ node that other tiers reach by name; nobody else can.

    Its data lies on an encrypted EFS file system with backups and outlives every task. It is durable, not
    highly available: a deployment or a failed task stops it for up to a few minutes, in which programs must
    retry. There is never a second node beside it, since two nodes on one data directory lose confirmed
    messages: a deployment stops the old task before it starts the new one, nothing scales it, and capacity
    that AWS may take away is refused. The service has a name, so that a change which would replace it, such as
    another cluster, fails instead of starting a second node: delete the old service first, the data stays.

    For the time being every program logs in as one user, an administrator. The broker reads its password only
    when it first starts: do not rotate the secret without changing the password on the broker.

    Args:
        cluster: Cluster to run in. It must have a private DNS namespace, as `ContainerCluster` has.
        image: The official image of RabbitMQ, not its Alpine variant, with its full version or digest.
        dns_name: First part of the broker's host name, unique in the namespace.
        cpu: CPU units of the task, 1024 being one vCPU. Below 512 the health check is too slow.
        memory_limit_mib: Memory of the task in MiB, from 1024. The broker stops accepting messages when it
            uses 60 percent of it, 40 percent below 2048 MiB.
        suspended: Whether the broker is stopped: it keeps its data but has no task. Defaults to running.
        capacity: On-demand capacity providers that may run the task. Defaults to on-demand Fargate.
        vpc_subnets: Subnets of the task and of the file system. Defaults to the private ones.
        security_groups: Security groups of the task. Defaults to one that this construct makes.
        enable_execute_command: Whether ``aws ecs execute-command`` may open a shell in the task.
        log_retention: How long log events are kept. Defaults to one month.
        encryption_key: Key for the file system, the credentials and the log group; the file system cannot
            change it later. Its policy must let CloudWatch Logs use it. Defaults to keys that AWS manages.
        removal_policy: What becomes of the data, the credentials and the log group when they leave the
            template. Defaults to keeping them.

    Raises:
        ValueError: A value is out of its range, the cluster has no private DNS namespace, another tier of this
            app bears the name in it, or a share of the capacity may be interrupted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        image: ecs.ContainerImage,
        dns_name: str = "rabbitmq",
        cpu: int = 1024,
        memory_limit_mib: int = 2048,
        suspended: bool = False,
        capacity: Sequence[CapacityShare] = (),
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        enable_execute_command: bool = False,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        check_cluster(path, cluster)
        namespace = cluster.default_cloud_map_namespace
        if namespace is None or namespace.type != servicediscovery.NamespaceType.DNS_PRIVATE:
            raise ValueError(
                f"{path}: a broker needs a cluster with a private DNS namespace: use ContainerCluster, "
                "or cluster.add_default_cloud_map_namespace(name=...)"
            )
        for name, value in (("cpu", cpu), ("memory_limit_mib", memory_limit_mib)):
            require(not is_token(value), path, f"{name} must be known now: the broker is configured for it")
        require(cpu >= 512, path, f"cpu must be at least 512, got {cpu}")  # noqa: PLR2004
        require(
            memory_limit_mib >= _SMALLEST_MEMORY_MIB,
            path,
            f"memory_limit_mib must be at least {_SMALLEST_MEMORY_MIB}, got {memory_limit_mib}",
        )
        check_capacity(path, cluster, capacity)
        for share in capacity:
            require(
                share.may_be_interrupted is False,
                path,
                f"a broker needs capacity that is never interrupted, got {share.capacity_provider} with "
                f"interruptible={share.may_be_interrupted}",
            )
        # Before anything is made: it refuses what Fargate has no task for.
        container = Container(
            image=image,
            user=f"{_UID}:{_UID}",
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            environment={
                # The data directory bears the name of the node: under another name the broker starts empty.
                "RABBITMQ_NODENAME": "rabbit@localhost",
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _erlang_arguments(cpu, memory_limit_mib),
            },
            # `ping` answers even while the node hangs in its boot; this command takes up to 3 seconds.
            health_check=ecs.HealthCheck(
                command=["CMD", "rabbitmq-diagnostics", "-q", "check_running"],
                interval=duration(timedelta(seconds=60)),
                timeout=duration(timedelta(seconds=30)),
                retries=5,
                start_period=duration(timedelta(seconds=300)),
            ),
            ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=_OPEN_FILES, hard_limit=_OPEN_FILES)],
            log_retention=log_retention,
        )
        claim_dns_name(path, cluster, dns_name)
        self._host_name = f"{dns_name}.{namespace.namespace_name}"
        self._credentials = generated_secret(
            self, "Credentials", encryption_key, removal_policy, template='{"username": "application"}', key="password"
        )
        cookie = generated_secret(self, "ErlangCookie", encryption_key, removal_policy)
        self._files = SharedFileSystem(
            self,
            "Data",
            vpc=cluster.vpc,
            vpc_subnets=vpc_subnets,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        data = EfsVolume(
            name="data",
            container_path=_DATA_PATH,
            access_point=self._files.folder("Folder", path="/rabbitmq", uid=_UID),
        )
        self._tier = TierService(
            self,
            "Default",
            cluster=cluster,
            container=replace(container, volumes=[data]).with_secrets(
                {
                    "RABBITMQ_DEFAULT_USER": credential(self._credentials, "username"),
                    "RABBITMQ_DEFAULT_PASS": credential(self._credentials, "password"),
                    "RABBITMQ_ERLANG_COOKIE": credential(cookie),
                }
            ),
            longest_work=LONGEST_STOP_TIMEOUT,
            capacity=capacity,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            suspended=suspended,
            single_writer=True,
            # A replacement would run beside the old service, on the same data. With a name it cannot be created.
            service_name=Names.unique_resource_name(self, max_length=255, separator="-"),
            service_connect=False,  # a proxy would cut connections that live for days
        )
        self._tier.service.enable_cloud_map(name=dns_name, dns_ttl=duration(timedelta(seconds=10)))
        self._metrics = tier_metrics(path, self._tier.service, scaling=Scaling(), suspended=suspended)

    def queue(self, name: str, *, longest_processing_time: timedelta) -> RabbitMqQueue:
        """Return a queue of this broker for tiers to use. Programs declare it on the broker themselves.

        Args:
            name: Name of the queue, 1 to 255 bytes, not beginning with ``amq.``.
            longest_processing_time: Longest time for which a consumer works on one message, one second to 30
                minutes.

        Raises:
            ValueError: A value is out of its range.
        """
        return RabbitMqQueue(
            name=name,
            longest_processing_time=longest_processing_time,
            host_name=self._host_name,
            credentials=self._credentials,
            broker=self,
        )

    @property
    def host_name(self) -> str:
        """Name by which tasks and functions in the VPC reach the broker."""
        return self._host_name

    @property
    def credentials(self) -> secretsmanager.ISecret:
        """Secret with the JSON keys ``username`` and ``password``."""
        return self._credentials

    @property
    def file_system(self) -> efs.FileSystem:
        """Where the broker keeps its data."""
        return self._files.file_system

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
        """Where the broker writes."""
        return self._tier.log_group

    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from the broker."""
        return self._tier.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role."""
        return self._tier.grant_principal

    @property
    def metrics(self) -> TierMetrics:
        """What is measured of the broker, for `Alarms` and `Dashboard`."""
        return self._metrics

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Return the CPU that the task uses of what it has: percent, average."""
        return self._metrics.metric_cpu_utilization()

    def metric_memory_utilization(self) -> cloudwatch.Metric:
        """Return the memory that the task uses of what it has: percent, average."""
        return self._metrics.metric_memory_utilization()

    def metric_running_tasks(self) -> cloudwatch.Metric:
        """Return the number of running tasks: count, sample count of one minute; no sample with no task."""
        return self._metrics.metric_running_tasks()


def _erlang_arguments(cpu: int, memory_limit_mib: int) -> str:
    """Return what the broker cannot find out in a task: it would take the host's memory for its own."""
    share = 0.6 if memory_limit_mib >= _SMALL_MEMORY_MIB else 0.4
    watermark = int(memory_limit_mib * 1024 * 1024 * share)
    schedulers = max(1, cpu // 1024)
    return f"+S {schedulers}:{schedulers} -rabbit vm_memory_high_watermark {{absolute,{watermark}}}"

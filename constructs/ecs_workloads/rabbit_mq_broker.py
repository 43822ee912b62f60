"""A RabbitMQ broker as a container service on the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._rabbit_mq_checks import check_broker, dns_names, memory_of_others
from ecs_workloads._rabbit_mq_nodes import BrokerNodes
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.broker_node import BrokerNode
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.ephemeral_node import EphemeralNode
from ecs_workloads.node_cluster import NodeCluster
from ecs_workloads.rabbit_mq_collector import RabbitMqCollector
from ecs_workloads.rabbit_mq_queue import RabbitMqQueue
from ecs_workloads.sidecar import Sidecar
from ecs_workloads.single_node import SingleNode
from ecs_workloads.tier_metrics import TierMetrics

_DEFAULT_GRADE = SingleNode()
_DEFAULT_COLLECTOR = RabbitMqCollector()


@checks_arguments
@jsii.implements(iam.IGrantable, ec2.IConnectable)
class RabbitMqBroker(Construct):
    """A RabbitMQ broker that other tiers reach by name; nobody else can.

    Its ``grade`` says what it survives: `EphemeralNode` nothing, `SingleNode` a task that fails, with a gap of up to a
    few minutes, `NodeCluster` a zone that fails, without one. A durable node lies on an encrypted EFS file system with
    backups. Each node is a service of one task, and there is never a second task beside it, since two on one data
    directory lose confirmed messages: a deployment stops the old task before it starts the new one, nothing scales
    it, and capacity that AWS may take away is refused. A service has a name, so that a change which would replace it,
    such as another cluster, fails instead of starting a second node: delete the old service first, the data stays.

    The broker is configured by what is known when the app is synthesised: its memory, its processors, its peers, and
    the queues of `queue`. Each queue has one user that may send to it and one that may consume it, and nothing else.
    Management UI and metrics are for who is in the task already; see the page of the docs for the way in.

    Args:
        cluster: Cluster to run in. It must have a private DNS namespace, as `ContainerCluster` has.
        version: Full version of RabbitMQ in the image, such as ``4.3.6``; one of RabbitMQ 4.
        image: The official image of RabbitMQ, not its Alpine variant, with a tag that begins with ``version``, or a
            digest, or built from a Dockerfile. Defaults to that of ``version`` in Amazon's public registry.
        upgrade_from: Full version that the broker's data was last run with. RabbitMQ skips no minor version. Defaults
            to none: nothing is checked.
        grade: What the broker survives. Defaults to a `SingleNode`. A broker of another grade begins empty: to change
            it, make a second broker, let the first run empty, and delete it.
        dns_name: First part of the broker's host name, unique in the namespace; the nodes of a cluster add ``-0``,
            ``-1`` and ``-2``. A cluster keeps it, and the name of its namespace: under other names no node starts,
            so that the deployment rolls back.
        cpu: CPU units of a node, 1024 being one vCPU. Below 512 the health check is too slow.
        memory_limit_mib: Memory of a node's task in MiB, from 1024. The broker stops accepting messages when it uses 60
            percent of what its sidecars leave, at least 768 MiB; 40 percent below 2048 MiB.
        certificate: Secret with the JSON keys ``certificate``, a chain in PEM whose first certificate names each host,
            and ``private_key``. The broker then speaks TLS alone, on port 5671. Defaults to plain AMQP on port 5672.
        deployment_alarms: Alarms, each once, that roll a running deployment back. Not on a metric of this service,
            which would then depend on itself. Defaults to none: a task that does not become healthy rolls it back.
        sidecars: Containers beside each node, of which the memory must be known now. Defaults to none.
        collector: What publishes the metrics of the queues and of the nodes, so that workers scale by their backlog.
            Defaults to a `RabbitMqCollector` beside each node; ``None`` for no metrics.
        suspended: Whether the broker is stopped: it keeps its data but has no task. Defaults to running.
        capacity: On-demand capacity providers that may run the tasks. Defaults to on-demand Fargate.
        vpc_subnets: Subnets of the tasks and of the file system. Defaults to the private ones: a VPC with
            public ones alone is refused. A cluster takes one subnet in each of three zones.
        security_groups: Security groups of the tasks. Defaults to one that this construct makes. Of a cluster, one at
            least takes rules: the nodes reach each other on ports 4369, 25672 and 35672 to 35682.
        enable_execute_command: Whether ``aws ecs execute-command`` may open a shell in a container of a task.
            Its agent then has folders that it may write. Defaults to no.
        log_retention: How long log events are kept. Defaults to one month.
        encryption_key: Key for the file system, the credentials and the log group; the file system cannot
            change it later. Its policy must let CloudWatch Logs use it. Defaults to keys that AWS manages.
        removal_policy: What becomes of the data, the credentials and the log group when they leave the
            template. Defaults to keeping them, but nothing that a failed first deployment made.

    Raises:
        ValueError: A value is out of its range, the cluster has no private DNS namespace, another tier of this app
            bears the name in it, a share of the capacity may be interrupted, the version is none of RabbitMQ 4 or
            skips a minor, the image's tag names another, the grade is too low for a stack with termination
            protection or needs zones that the network has not, or the nodes of a cluster could not reach each other.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        version: str,
        image: ecs.ContainerImage | None = None,
        upgrade_from: str | None = None,
        grade: EphemeralNode | SingleNode | NodeCluster = _DEFAULT_GRADE,
        dns_name: str = "rabbitmq",
        cpu: int = 1024,
        memory_limit_mib: int = 2048,
        certificate: secretsmanager.ISecret | None = None,
        deployment_alarms: Sequence[cloudwatch.IAlarm] = (),
        sidecars: Sequence[Sidecar] = (),
        collector: RabbitMqCollector | None = _DEFAULT_COLLECTOR,
        suspended: bool = False,
        capacity: Sequence[CapacityShare] = (),
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        enable_execute_command: bool = False,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        taken = memory_of_others(self.node.path, sidecars, collector)
        namespace_name = check_broker(
            self,
            cluster=cluster,
            version=version,
            upgrade_from=upgrade_from,
            grade=grade,
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            memory_of_others=taken,
            capacity=capacity,
            sidecars=sidecars,
            deployment_alarms=deployment_alarms,
            vpc_subnets=vpc_subnets,
        )
        self._nodes = BrokerNodes(
            self,
            cluster=cluster,
            namespace_name=namespace_name,
            version=version,
            image=image or ecs.ContainerImage.from_registry(f"public.ecr.aws/docker/library/rabbitmq:{version}"),
            grade=grade,
            dns_names=dns_names(dns_name, grade),
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            memory_of_others=taken,
            certificate=certificate,
            deployment_alarms=deployment_alarms,
            sidecars=sidecars,
            collector=collector,
            suspended=suspended,
            capacity=capacity,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            log_retention=log_retention,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )

    def queue(self, name: str, *, longest_processing_time: timedelta, delivery_limit: int = 5) -> RabbitMqQueue:
        """Declare a queue on the broker, with its dead-letter queue, and return it for tiers to use.

        It is a quorum queue, with a copy on each node. What no consumer could process goes to the queue
        ``<name>.dead-letters``. It stays on the broker, with its users, when it leaves the app. A broker has room for
        30 queues of 9 letters each, or 10 of 200: they are a part of its task definition, which may have 64 KiB. Its
        sidecars take from that room, and so do long ids of the constructs that it is in, which are a part of the names
        of its secrets. What is added to the task definition by hand is not counted.
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html

        Args:
            name: Name of the queue, 1 to 200 letters, digits, dots, hyphens and underscores, beginning with none of
                dot and hyphen, unique on the broker.
            longest_processing_time: Longest time for which a consumer works on one message, one second to 30
                minutes.
            delivery_limit: Failed deliveries after which a message counts as poison, 1 to 1000. Defaults to 5.

        Raises:
            ValueError: A value is out of its range, the queue is declared already, or the broker has no room for it.
        """
        return self._nodes.queue(
            name, longest_processing_time=longest_processing_time, delivery_limit=delivery_limit, broker=self
        )

    @property
    def nodes(self) -> tuple[BrokerNode, ...]:
        """The nodes, in the order in which they are deployed."""
        return self._nodes.nodes

    @property
    def cluster_name(self) -> str:
        """Name of the broker, by which CloudWatch knows its metrics."""
        return self._nodes.cluster_name

    @property
    def broker_metrics(self) -> BrokerMetrics:
        """What all nodes tell of themselves, for `Alarms` and `Dashboard`; of a single node, ``metrics`` has it too.

        Raises:
            ValueError: The broker has no collector.
        """
        return self._nodes.broker_metrics

    @property
    def host_name(self) -> str:
        """Name by which tasks and functions in the VPC reach the only node.

        Raises:
            ValueError: The broker has three.
        """
        return self._only_node("host_name").host_name

    @property
    def credentials(self) -> secretsmanager.ISecret:
        """Secret of the administrator, with the JSON keys ``username`` and ``password``; no program needs it."""
        return self._nodes.credentials

    @property
    def file_system(self) -> efs.FileSystem:
        """Where the broker keeps its data.

        Raises:
            ValueError: It is ephemeral.
        """
        return self._nodes.file_system

    @property
    def service(self) -> ecs.FargateService:
        """The ECS service of the only node, for anything this class has no argument for.

        Raises:
            ValueError: The broker has three nodes.
        """
        return self._only_node("service").service

    @property
    def task_definition(self) -> ecs.FargateTaskDefinition:
        """The task definition of the only node, for anything this class has no argument for.

        Raises:
            ValueError: The broker has three nodes.
        """
        return self._only_node("task_definition").task_definition

    @property
    def log_group(self) -> logs.LogGroup:
        """Where the only node writes.

        Raises:
            ValueError: The broker has three nodes.
        """
        return self._only_node("log_group").log_group

    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from all nodes."""
        return self._nodes.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role of the only node.

        Raises:
            ValueError: The broker has three nodes.
        """
        return self._only_node("task_definition").task_definition.task_role

    @property
    def metrics(self) -> TierMetrics:
        """What is measured of the only node, for `Alarms` and `Dashboard`.

        Raises:
            ValueError: The broker has three nodes.
        """
        return self._only_node("metrics").metrics

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Return the CPU that the task uses of what it has: percent, average."""
        return self.metrics.metric_cpu_utilization()

    def metric_memory_utilization(self) -> cloudwatch.Metric:
        """Return the memory that the task uses of what it has: percent, average."""
        return self.metrics.metric_memory_utilization()

    def metric_running_tasks(self) -> cloudwatch.Metric:
        """Return the number of running tasks: count, sample count of one minute; no sample with no task."""
        return self.metrics.metric_running_tasks()

    def _only_node(self, attribute: str) -> BrokerNode:
        first, *others = self.nodes
        if others:
            raise ValueError(f"{self.node.path}: it has {len(self.nodes)} nodes: say which, as in nodes[0].{attribute}")
        return first

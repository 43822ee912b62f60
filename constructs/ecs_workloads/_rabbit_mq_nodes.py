"""The nodes of a broker: one, or three that are deployed one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from aws_cdk import Lazy, Names, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._broker_room import split_policies
from ecs_workloads._checks import duration
from ecs_workloads._dns_name import claim_dns_name
from ecs_workloads._rabbit_mq_checks import Grade, check_nodes_reach_each_other, node_subnets
from ecs_workloads._rabbit_mq_container import CONFIGURATION, node_containers
from ecs_workloads._rabbit_mq_data import PLACES, BrokerData
from ecs_workloads._rabbit_mq_definitions import LONGEST_NAME, BrokerDefinitions
from ecs_workloads._rabbit_mq_files import configuration, settings
from ecs_workloads._rabbit_mq_secrets import ADMINISTRATOR, BrokerSecrets
from ecs_workloads._rabbit_mq_version import check_image_version, has_partition_handling
from ecs_workloads._service import TierService, tasks_group
from ecs_workloads._task_metrics import tier_metrics
from ecs_workloads._tier_checks import LONGEST_STOP_TIMEOUT
from ecs_workloads._written_late import WrittenLate
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.broker_node import BrokerNode
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.ephemeral_node import EphemeralNode
from ecs_workloads.node_cluster import NodeCluster
from ecs_workloads.rabbit_mq_collector import RabbitMqCollector
from ecs_workloads.rabbit_mq_queue import RabbitMqQueue
from ecs_workloads.sidecar import Sidecar

# The port mapper of Erlang, the nodes among each other, and their commands.
# https://www.rabbitmq.com/docs/networking#ports
_PORTS_BETWEEN_NODES = (
    (ec2.Port.tcp, (4369,), "Erlang's port mapper"),
    (ec2.Port.tcp, (25672,), "Nodes of the broker"),
    (ec2.Port.tcp_range, (35672, 35682), "Commands of the broker"),
)
_QUEUES = "Queues"


class BrokerNodes:
    """What stands in the scope of a broker. The ids of one node stay as they are: its data hangs on them."""

    def __init__(
        self,
        broker: Construct,
        *,
        cluster: ecs.ICluster,
        namespace_name: str,
        version: str,
        image: ecs.ContainerImage,
        grade: Grade,
        dns_names: Sequence[str],
        cpu: int,
        memory_limit_mib: int,
        memory_of_others: int,
        certificate: secretsmanager.ISecret | None,
        deployment_alarms: Sequence[cloudwatch.IAlarm],
        sidecars: Sequence[Sidecar],
        collector: RabbitMqCollector | None,
        suspended: bool,
        capacity: Sequence[CapacityShare],
        vpc_subnets: ec2.SubnetSelection | None,
        security_groups: Sequence[ec2.ISecurityGroup],
        enable_execute_command: bool,
        log_retention: logs.RetentionDays,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        self._path = broker.node.path
        self._tls = certificate is not None
        host_names = [f"{dns_name}.{namespace_name}" for dns_name in dns_names]
        self._host_names = host_names
        clustered = isinstance(grade, NodeCluster)
        # Before anything is made: it refuses what Fargate has no task for.
        containers = node_containers(
            image=image,
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            host_names=host_names,
            log_retention=log_retention,
        )
        split_policies(broker, f"{_QUEUES}/{'q' * LONGEST_NAME}Producer")
        for dns_name in dns_names:
            claim_dns_name(self._path, cluster, dns_name)
        secrets = BrokerSecrets(
            broker, certificate=certificate, encryption_key=encryption_key, removal_policy=removal_policy
        )
        self.credentials = secrets.credentials
        self._definitions = BrokerDefinitions(
            broker, _QUEUES, encryption_key=encryption_key, removal_policy=removal_policy
        )
        self.cluster_name = Names.unique_resource_name(broker, max_length=100, separator="-")
        self._metrics = (
            None
            if collector is None
            else BrokerMetrics.of_rabbit_mq(
                self.cluster_name, node_names=host_names, path=self._path, suspended=suspended
            )
        )
        lines = settings(
            cluster_name=self.cluster_name,
            memory_limit_mib=memory_limit_mib,
            memory_of_others=memory_of_others,
            own_disk=isinstance(grade, EphemeralNode),
            tls=self._tls,
            nodes=len(host_names),
            partition_handling=has_partition_handling(version),
        )
        written = Lazy.uncached_string(
            WrittenLate(lambda: configuration(settings=lines, definitions=self._definitions.written(ADMINISTRATOR)))
        )
        self._data = BrokerData(
            broker,
            grade=grade,
            vpc=cluster.vpc,
            vpc_subnets=vpc_subnets,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        subnets: list[ec2.SubnetSelection | None] = [vpc_subnets]
        if isinstance(grade, NodeCluster):
            subnets = [ec2.SubnetSelection(subnets=[one]) for one in node_subnets(cluster.vpc, vpc_subnets)]
            security_groups = security_groups or [tasks_group(broker, cluster.vpc, path=self._path)]
        self._tiers: list[TierService] = []
        for place, container in enumerate(containers):
            scope = Construct(broker, PLACES[place]) if clustered else broker
            tier = TierService(
                scope,
                "Default",
                cluster=cluster,
                container=replace(container, volumes=self._data.volumes(place, clustered=clustered))
                .with_environment({CONFIGURATION: written})
                .with_secrets(secrets.of_a_node),
                longest_work=LONGEST_STOP_TIMEOUT,
                capacity=capacity,
                vpc_subnets=subnets[place],
                security_groups=security_groups,
                enable_execute_command=enable_execute_command,
                encryption_key=encryption_key,
                removal_policy=removal_policy,
                suspended=suspended,
                sidecars=[
                    *sidecars,
                    *([] if collector is None else [collector.beside(self.cluster_name, host_names[place])]),
                ],
                deployment_alarms=deployment_alarms,
                single_writer=True,
                # A replacement would run beside the old service, on the same data. With a name it cannot be created.
                service_name=Names.unique_resource_name(scope, max_length=255, separator="-"),
                service_connect=False,  # a proxy would cut connections that live for days
            )
            tier.service.enable_cloud_map(name=dns_names[place], dns_ttl=duration(timedelta(seconds=10)))
            if self._tiers:
                # Else CloudFormation would deploy all nodes at once, and none would be left to go on.
                tier.cfn_service.node.add_dependency(self._tiers[-1].cfn_service)
            self._tiers.append(tier)
        check_image_version(self._path, self._tiers[0].container.image_name, version)
        self.nodes = tuple(
            self._node(host_names[place], tier, suspended=suspended) for place, tier in enumerate(self._tiers)
        )
        if clustered:
            for port, numbers, description in _PORTS_BETWEEN_NODES:
                self.connections.allow_internally(port(*numbers), description)
            check_nodes_reach_each_other(self._path, self.connections.security_groups)

    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from the nodes, which have their security groups in common."""
        return self._tiers[0].connections

    @property
    def broker_metrics(self) -> BrokerMetrics:
        """What the nodes tell of themselves."""
        if self._metrics is None:
            raise ValueError(f"{self._path}: nothing measures it, as collector=None asks")
        return self._metrics

    @property
    def file_system(self) -> efs.FileSystem:
        """Where the nodes keep their data."""
        return self._data.file_system

    def queue(
        self, name: str, *, longest_processing_time: timedelta, delivery_limit: int, broker: ec2.IConnectable
    ) -> RabbitMqQueue:
        """Declare a queue, and return it for tiers to use."""
        # First the value, whose checks leave nothing behind.
        queue = RabbitMqQueue(
            name=name,
            longest_processing_time=longest_processing_time,
            host_names=self._host_names,
            broker=broker,
            scheme="amqps" if self._tls else "amqp",
            cluster_name=None if self._metrics is None else self.cluster_name,
        )
        users = self._definitions.declare(
            name,
            longest_processing_time=longest_processing_time,
            delivery_limit=delivery_limit,
            containers=[tier.container for tier in self._tiers],
        )
        return replace(queue, producer_credentials=users.producer, consumer_credentials=users.consumer)

    def _node(self, host_name: str, tier: TierService, *, suspended: bool) -> BrokerNode:
        alone = len(self._host_names) == 1
        return BrokerNode(
            host_name=host_name,
            service=tier.service,
            task_definition=tier.task_definition,
            log_group=tier.log_group,
            metrics=tier_metrics(
                self._path if alone or tier.node.scope is None else tier.node.scope.node.path,
                tier.service,
                fewest=1,
                suspended=suspended,
                broker=self._metrics if alone else None,
            ),
        )

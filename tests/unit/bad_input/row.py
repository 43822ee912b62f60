"""One row of the tables: a rule, a call that breaks it, and what the user is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from ecs_workloads import (
    Alarms,
    AmazonMqBroker,
    AmazonMqQueue,
    AppServer,
    BacklogPerTask,
    Container,
    ContainerCluster,
    Dashboard,
    Domain,
    ExtensibleTask,
    ImageRepository,
    ListenerRule,
    MessageQueue,
    PullThroughCache,
    RabbitMqBroker,
    RabbitMqQueue,
    Scaling,
    SharedFileSystem,
    SqsQueue,
    TierMetrics,
    WebServer,
    Worker,
)
from tests.templates import HEALTHY

FRACTION = timedelta(milliseconds=500)
IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
TIER = TierMetrics(cluster_name="shop", service_name="tier", min_capacity=1)


class Bench:
    """A stack on which a row builds what it needs, each part when it is first asked for."""

    @cached_property
    def stack(self) -> cdk.Stack:
        return cdk.Stack(cdk.App(), "Stack")

    @cached_property
    def vpc(self) -> ec2.IVpc:
        return ec2.Vpc.from_vpc_attributes(
            self.stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            private_subnet_ids=["subnet-1", "subnet-2"],
            public_subnet_ids=["subnet-3", "subnet-4"],
        )

    @cached_property
    def cluster_in_one_zone(self) -> ecs.Cluster:
        """A cluster in a VPC with one zone."""
        vpc = ec2.Vpc.from_vpc_attributes(
            self.stack,
            "NarrowVpc",
            vpc_id="vpc-2",
            availability_zones=["eu-west-1a"],
            private_subnet_ids=["subnet-1"],
            public_subnet_ids=["subnet-3"],
        )
        return ContainerCluster(self.stack, "NarrowCluster", vpc=vpc).cluster

    @cached_property
    def cluster_without_ipv6(self) -> ecs.Cluster:
        """A cluster in a VPC of this app."""
        return ContainerCluster(self.stack, "OldCluster", vpc=ec2.Vpc(self.stack, "OldVpc", nat_gateways=1)).cluster

    @cached_property
    def cluster_in_public(self) -> ecs.Cluster:
        """A cluster in a VPC with public subnets alone."""
        vpc = ec2.Vpc.from_vpc_attributes(
            self.stack,
            "OpenVpc",
            vpc_id="vpc-4",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            public_subnet_ids=["subnet-3", "subnet-4"],
        )
        return ContainerCluster(self.stack, "OpenCluster", vpc=vpc).cluster

    @cached_property
    def alarm(self) -> cloudwatch.IAlarm:
        arn = "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors"
        return cloudwatch.Alarm.from_alarm_arn(self.stack, "Alarm", arn)

    @cached_property
    def cluster(self) -> ecs.Cluster:
        return ContainerCluster(self.stack, "Cluster", vpc=self.vpc).cluster

    @cached_property
    def plain_cluster(self) -> ecs.Cluster:
        return ecs.Cluster(self.stack, "PlainCluster", vpc=self.vpc)

    @cached_property
    def cluster_of_others(self) -> ecs.Cluster:
        """A cluster of which nobody knows what capacity it offers."""
        namespace = ecs.CloudMapNamespaceOptions(name="others")
        return ecs.Cluster(self.stack, "Others", vpc=self.vpc, default_cloud_map_namespace=namespace)

    @cached_property
    def listener(self) -> elbv2.IApplicationListener:
        return elbv2.ApplicationListener.from_application_listener_attributes(
            self.stack,
            "Listener",
            listener_arn="arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/a/b/c",
            security_group=ec2.SecurityGroup.from_security_group_id(self.stack, "ListenerGroup", "sg-1"),
        )

    @cached_property
    def security_group(self) -> ec2.ISecurityGroup:
        return ec2.SecurityGroup.from_security_group_id(self.stack, "Group", "sg-2")

    @cached_property
    def certificate(self) -> acm.ICertificate:
        return acm.Certificate.from_certificate_arn(
            self.stack, "Certificate", "arn:aws:acm:eu-west-1:111111111111:certificate/a"
        )

    @cached_property
    def secret(self) -> secretsmanager.ISecret:
        return secretsmanager.Secret.from_secret_name_v2(self.stack, "Secret", "token")

    @cached_property
    def sqs_queue(self) -> MessageQueue:
        queue = sqs.Queue.from_queue_arn(self.stack, "Orders", "arn:aws:sqs:eu-west-1:111111111111:orders")
        return SqsQueue.from_queue(queue, longest_processing_time=timedelta(minutes=2))

    def distant_queue(self, **arguments: Any) -> MessageQueue:
        """Return a queue of another region and account than the stack, which is known to be in one."""
        queue = sqs.Queue.from_queue_arn(self.stack_in_ireland, "Distant", "arn:aws:sqs:us-east-1:222222222222:orders")
        return SqsQueue.from_queue(queue, longest_processing_time=timedelta(minutes=2), **arguments)

    @cached_property
    def stack_in_ireland(self) -> cdk.Stack:
        """A stack of which account and region are known."""
        return cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111111111111", region="eu-west-1"))

    @cached_property
    def distant_image(self) -> ecs.ContainerImage:
        """An image that a cache in another region keeps."""
        stack = cdk.Stack(cdk.App(), "Far", env=cdk.Environment(account="111111111111", region="us-east-1"))
        return PullThroughCache(stack, "Cache", upstream="quay").image("acme/shop", "1.0.0")

    def app_in_ireland(self, **arguments: Any) -> AppServer:
        """Return an app server of which account and region are known."""
        defaults: dict[str, Any] = {"container": self.served(), "dns_name": "app"}
        return AppServer(self.stack_in_ireland, "App", cluster=self.cluster, **{**defaults, **arguments})

    @cached_property
    def number(self) -> Any:
        """A number that is known only at deployment."""
        return cdk.CfnParameter(self.stack, "Number", type="Number").value_as_number

    @cached_property
    def text(self) -> str:
        """A text that is known only at deployment."""
        return cdk.CfnParameter(self.stack, "Text").value_as_string

    def container(self, **arguments: Any) -> Container:
        defaults: dict[str, Any] = {"image": IMAGE}
        return Container(**{**defaults, **arguments})

    def served(self, **arguments: Any) -> Container:
        """Return a container that any tier may have."""
        return self.container(**{"port": 80, "health_check": HEALTHY, **arguments})

    def rule(self, **arguments: Any) -> ListenerRule:
        defaults: dict[str, Any] = {"listener": self.listener, "priority": 1, "host_headers": ["shop.example.com"]}
        return ListenerRule(**{**defaults, **arguments})

    def web(self, construct_id: str = "Web", **arguments: Any) -> WebServer:
        defaults: dict[str, Any] = {
            "cluster": self.cluster,
            "container": self.served(),
            "domain": Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com"),
        }
        return WebServer(self.stack, construct_id, **{**defaults, **arguments})

    def app(self, construct_id: str = "App", **arguments: Any) -> AppServer:
        defaults: dict[str, Any] = {
            "cluster": self.cluster,
            "container": self.served(),
            "dns_name": "app",
        }
        return AppServer(self.stack, construct_id, **{**defaults, **arguments})

    def worker(self, **arguments: Any) -> Worker:
        defaults: dict[str, Any] = {
            "cluster": self.cluster,
            "container": self.container(),
            "queue": self.sqs_queue,
            "scaling": Scaling(),
        }
        return Worker(self.stack, "Worker", **{**defaults, **arguments})

    def broker(self, **arguments: Any) -> RabbitMqBroker:
        defaults: dict[str, Any] = {"cluster": self.cluster, "version": "4.2.1"}
        return RabbitMqBroker(self.stack, "Broker", **{**defaults, **arguments})

    @cached_property
    def immutable_group(self) -> ec2.ISecurityGroup:
        """A security group of others, who alone make its rules."""
        return ec2.SecurityGroup.from_security_group_id(self.stack, "Group", "sg-1", mutable=False)

    @cached_property
    def cluster_in_three_zones(self) -> ecs.Cluster:
        """A cluster in a VPC with three zones."""
        vpc = ec2.Vpc.from_vpc_attributes(
            self.stack,
            "WideVpc",
            vpc_id="vpc-3",
            availability_zones=["eu-west-1a", "eu-west-1b", "eu-west-1c"],
            private_subnet_ids=["subnet-1", "subnet-2", "subnet-3"],
        )
        return ContainerCluster(self.stack, "WideCluster", vpc=vpc).cluster

    def protected_broker(self, **arguments: Any) -> RabbitMqBroker:
        """Return a broker in a stack with termination protection."""
        self.stack.termination_protection = True
        return self.broker(**arguments)

    def broker_queue(self, name: str = "orders", **arguments: Any) -> RabbitMqQueue:
        """Return a queue of a broker that this app makes."""
        defaults: dict[str, Any] = {"longest_processing_time": timedelta(minutes=2)}
        return self.one_broker.queue(name, **{**defaults, **arguments})

    @cached_property
    def one_broker(self) -> RabbitMqBroker:
        return self.broker()

    def queue(self, **arguments: Any) -> SqsQueue:
        defaults: dict[str, Any] = {"longest_processing_time": timedelta(minutes=2)}
        return SqsQueue(self.stack, "Queue", **{**defaults, **arguments})

    def rabbit_queue(self, **arguments: Any) -> RabbitMqQueue:
        defaults: dict[str, Any] = {
            "name": "orders",
            "longest_processing_time": timedelta(minutes=2),
            "host_names": ["rabbitmq.internal"],
            "producer_credentials": self.secret,
            "consumer_credentials": self.secret,
            "broker": ec2.Connections(),
        }
        return RabbitMqQueue(**{**defaults, **arguments})

    def managed_broker(self, **arguments: Any) -> AmazonMqBroker:
        defaults: dict[str, Any] = {"vpc": self.vpc}
        return AmazonMqBroker(self.stack, "Managed", **{**defaults, **arguments})

    def managed_queue(self, **arguments: Any) -> AmazonMqQueue:
        defaults: dict[str, Any] = {
            "name": "orders",
            "longest_processing_time": timedelta(minutes=2),
            "endpoint": "amqps://b-1.mq.eu-west-1.amazonaws.com:5671",
            "credentials": self.secret,
            "broker": ec2.Connections(),
            "broker_name": "shop",
        }
        return AmazonMqQueue(**{**defaults, **arguments})

    def repository(self, **arguments: Any) -> ImageRepository:
        return ImageRepository(self.stack, "Images", **arguments)

    def cache(self, **arguments: Any) -> PullThroughCache:
        defaults: dict[str, Any] = {"upstream": "quay"}
        return PullThroughCache(self.stack, "Cache", **{**defaults, **arguments})

    def folder(self, **arguments: Any) -> efs.AccessPoint:
        files = SharedFileSystem(self.stack, "Files", vpc=self.vpc)
        return files.folder("Folder", **{"path": "/uploads", **arguments})

    def alarms(self, **arguments: Any) -> Alarms:
        defaults: dict[str, Any] = {"tiers": {"Shop": TIER}, "topics": {"critical": [], "warning": []}}
        return Alarms(self.stack, "Alarms", **{**defaults, **arguments})

    def dashboard(self, tiers: Mapping[str, TierMetrics]) -> Dashboard:
        return Dashboard(self.stack, "Dashboard", tiers=tiers)

    def container_cluster(self, **arguments: Any) -> ContainerCluster:
        return ContainerCluster(self.stack, "Containers", vpc=self.vpc, **arguments)

    def backlog_worker(self, queue: MessageQueue) -> Worker:
        policy = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
        return self.worker(queue=queue, scaling=Scaling(min_capacity=1, max_capacity=2, policies=(policy,)))


@dataclass(frozen=True)
class Row:
    """A rule of the library, and a call that breaks this rule alone.

    Args:
        name: What is wrong, as a few words; unique in all tables.
        subject: How the message begins: the path of the construct, or the class of the value.
        message: What the message says next.
        call: Breaks the rule.
        error: What is raised.
        leaves: Whether resources made before the check stay behind in the stack.
    """

    name: str
    subject: str
    message: str
    call: Callable[[Bench], object]
    error: type[Exception] = ValueError
    leaves: bool = False


@dataclass(frozen=True)
class TokenRow:
    """A call with a value that is known only at deployment, where a known one would be checked."""

    name: str
    call: Callable[[Bench], object]


class Agent:
    """A sidecar of a user."""

    def __init__(self, **arguments: Any) -> None:
        self._arguments: dict[str, Any] = {
            "name": "agent",
            "image": IMAGE,
            "user": "agent",
            "memory_limit_mib": 64,
            **arguments,
        }

    def bind(self, task: ExtensibleTask) -> None:
        task.add_container(**self._arguments)


@dataclass(frozen=True, kw_only=True)
class HalfMeasured:
    """A queue of a user, of which one metric is missing or is none that a policy can take."""

    waiting: cloudwatch.IMetric | None
    in_flight: cloudwatch.IMetric | None
    longest_processing_time: timedelta = timedelta(seconds=30)

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        return {f"{prefix}_URL": "nats://stream"}

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        del prefix
        return {}

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        del prefix
        return {}

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        del grantee

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        del grantee

    def allow_from(self, peer: ec2.IConnectable) -> None:
        del peer

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        return self.waiting

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        return self.in_flight

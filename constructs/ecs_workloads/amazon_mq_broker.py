"""A RabbitMQ broker that Amazon MQ runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, get_args

import jsii
from aws_cdk import Duration, Fn, Names, RemovalPolicy
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, is_token, require, suggestion
from ecs_workloads._chosen_subnets import chosen_subnets
from ecs_workloads._credentials import generated_secret
from ecs_workloads._descriptions import group_description
from ecs_workloads.amazon_mq_queue import AmazonMqQueue
from ecs_workloads.broker_metrics import BrokerMetrics

DeploymentMode = Literal["CLUSTER_MULTI_AZ", "SINGLE_INSTANCE"]

# https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-version-management.html
_VERSIONS = ("3.13", "4.2", "4.3")
# Of RabbitMQ 4, Amazon MQ publishes the metrics of the broker and none of its queues.
# https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-4.html
_VERSIONS_WITH_METRICS_OF_QUEUES = ("3.13",)
_DEFAULT_INSTANCES: dict[DeploymentMode, str] = {
    "CLUSTER_MULTI_AZ": "mq.m7g.large",
    "SINGLE_INSTANCE": "mq.m7g.medium",  # for tests and development: AWS advises against it in production
}
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_FEWEST_ZONES = 2
_LONGEST_NAME = 50
_AMQPS = 5671


@checks_arguments
@jsii.implements(ec2.IConnectable)
class AmazonMqBroker(Construct):
    """A RabbitMQ broker that AWS runs, private, encrypted, and reached over TLS by those alone who are declared.

    It takes the place of a `RabbitMqBroker` or an `SqsQueue`: the program of a worker stays the same, if no
    message takes more than 20 minutes. The worker scales by its backlog with RabbitMQ 3.13 alone: of RabbitMQ 4, Amazon
    MQ publishes no metrics of queues, and the worker scales on CPU.

    With ``CLUSTER_MULTI_AZ`` the broker has three nodes in three zones, and maintenance takes one after the other. With
    ``SINGLE_INSTANCE`` it has one, which each maintenance stops for some minutes.

    Amazon MQ lets a template make one user, an administrator, as whom every program logs in: the users of single
    programs are made on the broker itself, with its API. It reads the password when it is made: do not rotate
    the secret without changing the password on the broker. Nobody is let to the web console: whoever shall use it
    needs a rule on port 443 of the security group.

    The name of the broker comes from the path of this construct. CloudFormation would replace the broker, without its
    messages, for another deployment mode, subnets or name. All but the last fail at deployment, since the name is
    taken: make a second broker, let the first run empty, and delete it.

    Args:
        vpc: VPC in which programs reach the broker.
        engine_version: Version of RabbitMQ, ``4.3``, ``4.2`` or ``3.13``; Amazon MQ installs patches itself, in the
            maintenance window. With 3.13 alone its queues are measured. A broker is upgraded in place, from 3.13 to 4.2
            once it runs on ``mq.m7g``, and from 4.2 to 4.3; no step is left out.
        deployment_mode: ``CLUSTER_MULTI_AZ`` or, for what is no production, ``SINGLE_INSTANCE``. Defaults to the
            cluster.
        host_instance_type: Size of each node, such as ``mq.m7g.xlarge``; RabbitMQ 4 runs on ``mq.m7g`` alone. Defaults
            to ``mq.m7g.large`` for a cluster and ``mq.m7g.medium`` for a single node.
        vpc_subnets: Subnets in which the broker has an address: one for a single node; for a cluster, one in each of
            two zones or more. Defaults to the first private subnet, or to one private subnet of each zone.
        security_groups: Security groups of the broker. Defaults to one that this construct makes.
        maintenance_window: Start of the two hours in a week in which Amazon MQ may change the broker. Defaults to
            Sunday, 03:00 UTC.
        encryption_key: Key for the credentials. Defaults to one that AWS manages. The messages of a RabbitMQ broker are
            encrypted with a key that AWS owns: Amazon MQ takes no other.
            https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-amazonmq-broker-encryptionoptions.html
        removal_policy: What becomes of the broker, the credentials and the security group that this construct makes
            when they leave the template. Defaults to keeping them, but nothing that a failed first deployment made.

    Raises:
        ValueError: A value is out of its range, the version is not known or does not run on the instance type, or
            the subnets do not fit the deployment mode.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        engine_version: str = "4.2",
        deployment_mode: DeploymentMode = "CLUSTER_MULTI_AZ",
        host_instance_type: str | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        maintenance_window: amazonmq.CfnBroker.MaintenanceWindowProperty | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        _check_choice(path, "deployment_mode", deployment_mode, get_args(DeploymentMode))
        _check_choice(path, "engine_version", engine_version, _VERSIONS)
        instance = host_instance_type or _DEFAULT_INSTANCES[deployment_mode]
        _check_instance(path, instance, engine_version, deployment_mode)
        window = maintenance_window or amazonmq.CfnBroker.MaintenanceWindowProperty(
            day_of_week="SUNDAY", time_of_day="03:00", time_zone="UTC"
        )
        _check_choice(path, "maintenance_window.day_of_week", window.day_of_week, _DAYS)
        check_name(
            path, "maintenance_window.time_of_day", window.time_of_day, r"([01]\d|2[0-3]):[0-5]\d", "HH:MM, in 24 hours"
        )
        subnets = _subnets(path, vpc, vpc_subnets, deployment_mode)
        groups = list(security_groups) or [_own_group(self, vpc, removal_policy)]
        self._connections = ec2.Connections(security_groups=groups, default_port=ec2.Port.tcp(_AMQPS))
        self._credentials = generated_secret(
            self, "Credentials", encryption_key, removal_policy, template='{"username": "application"}', key="password"
        )
        self._measures_queues = engine_version in _VERSIONS_WITH_METRICS_OF_QUEUES
        self._broker_name = Names.unique_resource_name(self, max_length=_LONGEST_NAME, separator="-")
        self._broker = amazonmq.CfnBroker(
            self,
            "Broker",
            broker_name=self._broker_name,
            engine_type="RABBITMQ",
            engine_version=engine_version,
            # Amazon MQ takes nothing else since 3.13.
            auto_minor_version_upgrade=True,
            deployment_mode=deployment_mode,
            host_instance_type=instance,
            publicly_accessible=False,
            subnet_ids=[subnet.subnet_id for subnet in subnets],
            security_groups=[group.security_group_id for group in groups],
            logs=amazonmq.CfnBroker.LogListProperty(general=True),
            maintenance_window_start_time=window,
            users=[
                amazonmq.CfnBroker.UserProperty(
                    username="application",
                    # A reference, which CloudFormation resolves: the template holds no password.
                    password=self._credentials.secret_value_from_json("password").unsafe_unwrap(),
                )
            ],
        )
        self._broker.apply_removal_policy(removal_policy)

    def queue(self, name: str, *, longest_processing_time: timedelta) -> AmazonMqQueue:
        """Return a queue of this broker for tiers to use. Programs declare it on the broker themselves.

        With RabbitMQ 3.13 it is measured. With RabbitMQ 4 nothing measures it: a worker on it scales on CPU, refuses
        `BacklogPerTask`, and has no alarm on its messages.

        Args:
            name: Name of the queue, 1 to 255 printable letters of ASCII without blanks, not beginning with ``amq.``.
            longest_processing_time: Longest time for which a consumer works on one message, one second to 20
                minutes.

        Raises:
            ValueError: A value is out of its range.
        """
        return AmazonMqQueue(
            name=name,
            longest_processing_time=longest_processing_time,
            endpoint=self.endpoint,
            credentials=self._credentials,
            broker=self,
            broker_name=self._broker_name if self._measures_queues else None,
        )

    @property
    def broker(self) -> amazonmq.CfnBroker:
        """The broker, for anything this class has no argument for."""
        return self._broker

    @property
    def broker_name(self) -> str:
        """Name of the broker, by which CloudWatch knows its metrics."""
        return self._broker_name

    @property
    def endpoint(self) -> str:
        """Where the broker speaks AMQP over TLS: ``amqps://host:5671``, one for all nodes."""
        return Fn.select(0, self._broker.attr_amqp_endpoints)

    @property
    def credentials(self) -> secretsmanager.ISecret:
        """Secret with the JSON keys ``username`` and ``password``."""
        return self._credentials

    @property
    def connections(self) -> ec2.Connections:
        """Network access to the broker."""
        return self._connections

    @property
    def metrics(self) -> BrokerMetrics:
        """What is measured of the broker, for `Alarms` and `Dashboard`."""
        return BrokerMetrics(blocked=self.metric_blocked(), path=self.node.path)

    def metric_blocked(self) -> cloudwatch.MathExpression:
        """Return 1 while the broker takes no messages, since it has no memory or no disk left, else 0.

        Of a cluster, Amazon MQ publishes the sums of its nodes: one full node among three is seen late.
        """
        return cloudwatch.MathExpression(
            label="Takes no messages",
            expression="IF(used >= most OR free <= least, 1, 0)",
            using_metrics={
                "used": self._metric("RabbitMQMemUsed"),
                "most": self._metric("RabbitMQMemLimit"),
                "free": self._metric("RabbitMQDiskFree", "Minimum"),
                "least": self._metric("RabbitMQDiskFreeLimit"),
            },
            period=Duration.minutes(1),
        )

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Return the CPU that the nodes use of what they have: percent, maximum."""
        return self._metric("SystemCpuUtilization")

    def _metric(self, metric_name: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/AmazonMQ",
            metric_name=metric_name,
            dimensions_map={"Broker": self._broker_name},
            statistic=statistic,
            period=Duration.minutes(1),
        )


def _own_group(scope: Construct, vpc: ec2.IVpc, removal_policy: RemovalPolicy) -> ec2.SecurityGroup:
    """Make the security group of the broker, which is kept with it: EC2 deletes no group that is in use."""
    group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description=group_description(f"Broker {scope.node.path}"),
        allow_all_outbound=False,
    )
    group.apply_removal_policy(removal_policy)
    return group


def _check_choice(path: str, argument: str, value: str, known: Sequence[str]) -> None:
    require(
        value in known, path, f"{argument} must be one of {', '.join(known)}, got {value!r}{suggestion(value, known)}"
    )


def _check_instance(path: str, instance: str, engine_version: str, mode: DeploymentMode) -> None:
    check_name(
        path, "host_instance_type", instance, r"mq\.[a-z0-9]+\.[a-z0-9]+", "an instance type, such as mq.m7g.large"
    )
    if is_token(instance):
        return
    family = re.sub(r"^mq\.|\..*", "", instance)
    require(
        family == "m7g" or not engine_version.startswith("4."),
        path,
        f"RabbitMQ {engine_version} runs on mq.m7g alone, got host_instance_type={instance!r}",
    )
    require(
        not (mode == "CLUSTER_MULTI_AZ" and family == "t3"),
        path,
        f"a cluster does not run on mq.t3, got host_instance_type={instance!r}",
    )


def _subnets(
    path: str, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None, mode: DeploymentMode
) -> Sequence[ec2.ISubnet]:
    """Return the subnets, none of which is ever left out of a user's own selection."""
    if selection is None:
        found = vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, one_per_az=True).subnets
        selected = found[:1] if mode == "SINGLE_INSTANCE" else found
    else:
        selected = chosen_subnets(vpc, selection).subnets
    if mode == "SINGLE_INSTANCE":
        require(len(selected) == 1, path, f"a single node has its address in one subnet, got {len(selected)}")
        return selected
    zones = {subnet.availability_zone for subnet in selected}
    require(
        len(selected) == len(zones) >= _FEWEST_ZONES,
        path,
        f"a cluster has an address in one subnet of each of {_FEWEST_ZONES} zones or more, got {len(selected)} subnets "
        f"in {len(zones)} zones",
    )
    return selected

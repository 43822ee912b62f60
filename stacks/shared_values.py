"""How one stack tells the next what it made: SSM parameters, read again when the next one is deployed.

A value that travels as a CloudFormation export cannot change while anybody imports it; a parameter can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ecs_workloads import (
    BrokerMetrics,
    MessageQueue,
    QueueMetrics,
    RabbitMqQueue,
    RequestMetrics,
    ServiceConnectMetrics,
    SqsQueue,
    TierMetrics,
)
from stacks.environments import APPLICATION, Environment

Layer = Literal["network", "platform", "data", "application"]


def publish(stack: cdk.Stack, environment: Environment, layer: Layer, values: Mapping[str, str]) -> None:
    """Write ``values`` where the stacks of later layers find them."""
    parameters = Construct(stack, "Parameters")
    for name, value in values.items():
        ssm.StringParameter(
            parameters, name, parameter_name=_parameter_name(environment, layer, name), string_value=value
        )


@jsii.implements(cdk.IStableStringProducer)
class _Parameter:
    """Declares a parameter of the template when something first uses its value."""

    def __init__(self, scope: Construct, name: str) -> None:
        self._scope = scope
        self._name = name

    def produce(self) -> str:
        return ssm.StringParameter.value_for_string_parameter(self._scope, self._name)


def read(scope: Construct, environment: Environment, layer: Layer, name: str) -> str:
    """Return a value of an earlier layer, as a token that CloudFormation resolves.

    Only what a stack really uses becomes a parameter of its template.
    """
    return cdk.Lazy.string(_Parameter(scope, _parameter_name(environment, layer, name)))


def vpc(scope: Construct, environment: Environment) -> ec2.IVpc:
    """Return the VPC of the network layer."""

    def subnet_ids(name: str) -> list[str]:
        joined = read(scope, environment, "network", name)
        return [cdk.Fn.select(index, cdk.Fn.split(",", joined)) for index in range(environment.zones)]

    network = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=read(scope, environment, "network", "vpc-id"),
        availability_zones=zones(environment),
        private_subnet_ids=subnet_ids("private-subnet-ids"),
        public_subnet_ids=subnet_ids("public-subnet-ids"),
    )
    cdk.Annotations.of(network).acknowledge_warning(
        "@aws-cdk/aws-ec2:noSubnetRouteTableId", "no stack adds a route to a subnet of another"
    )
    return network


def zones(environment: Environment) -> list[str]:
    """Return the first zones of the region, without asking AWS for their names."""
    return [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in range(environment.zones)]


def cluster(scope: Construct, environment: Environment, *, vpc: ec2.IVpc) -> ecs.ICluster:
    """Return the cluster of the platform layer, with its namespace and the log of its shells."""

    def value(name: str) -> str:
        return read(scope, environment, "platform", name)

    key = kms.Key.from_key_arn(scope, "ExecKey", value("key-arn")) if _exec_key(environment) else None
    return ecs.Cluster.from_cluster_attributes(
        scope,
        "Cluster",
        cluster_name=value("cluster-name"),
        vpc=vpc,
        security_groups=[],
        default_cloud_map_namespace=servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
            scope,
            "Namespace",
            namespace_name=value("namespace-name"),
            namespace_id=value("namespace-id"),
            namespace_arn=value("namespace-arn"),
        ),
        execute_command_configuration=ecs.ExecuteCommandConfiguration(
            kms_key=key,
            logging=ecs.ExecuteCommandLogging.OVERRIDE,
            log_configuration=ecs.ExecuteCommandLogConfiguration(
                cloud_watch_log_group=logs.LogGroup.from_log_group_name(
                    scope, "ExecLogGroup", value("exec-log-group-name")
                ),
                cloud_watch_encryption_enabled=key is not None,
            ),
        )
        if environment.execute_command
        else None,
    )


def orders(scope: Construct, environment: Environment) -> MessageQueue:
    """Return the queue of the data layer."""

    def value(name: str) -> str:
        return read(scope, environment, "data", name)

    key = _data_key(scope, environment)

    def credentials(role: Literal["producer", "consumer"]) -> secretsmanager.ISecret:
        return secretsmanager.Secret.from_secret_attributes(
            scope,
            f"Orders{role.capitalize()}",
            secret_complete_arn=value(f"orders-{role}-credentials-arn"),
            encryption_key=key,
        )

    if environment.queue == "rabbitmq":
        return RabbitMqQueue(
            name="orders",
            longest_processing_time=environment.longest_order,
            host_names=broker_host_names(scope, environment),
            cluster_name=value("broker-cluster-name"),
            producer_credentials=credentials("producer"),
            consumer_credentials=credentials("consumer"),
            broker=ec2.Connections(
                security_groups=[
                    ec2.SecurityGroup.from_security_group_id(
                        scope, "BrokerSecurityGroup", value("broker-security-group-id")
                    )
                ]
            ),
        )
    return SqsQueue.from_queue(
        sqs.Queue.from_queue_attributes(
            scope,
            "Orders",
            queue_arn=value("orders-queue-arn"),
            queue_url=value("orders-queue-url"),
            key_arn=key.key_arn,
        ),
        longest_processing_time=environment.longest_order,
    )


def broker_host_names(scope: Construct, environment: Environment) -> Sequence[str]:
    """Return the host name of each node of the broker."""
    names = cdk.Fn.split(",", read(scope, environment, "data", "broker-host-names"))
    return [cdk.Fn.select(place, names) for place in range(environment.broker_nodes)]


def orders_table(scope: Construct, environment: Environment) -> dynamodb.ITable:
    """Return the table of the data layer."""
    return dynamodb.Table.from_table_attributes(
        scope,
        "OrdersTable",
        table_arn=read(scope, environment, "data", "orders-table-arn"),
        encryption_key=_data_key(scope, environment),
    )


def app_discovery_name(environment: Environment) -> str:
    """Return the name under which CloudWatch measures the app servers, one for each environment of an account."""
    return f"{APPLICATION}-{environment.name}-app"


def tiers(scope: Construct, environment: Environment) -> Mapping[str, TierMetrics | BrokerMetrics]:
    """Return what is measured of each tier, and of the broker, by its name."""

    def value(layer: Layer, name: str) -> str:
        return read(scope, environment, layer, name)

    def tier(
        layer: Layer,
        name: str,
        min_capacity: int,
        requests: RequestMetrics | ServiceConnectMetrics | None = None,
        queue: QueueMetrics | None = None,
    ) -> TierMetrics:
        return TierMetrics(
            cluster_name=value("platform", "cluster-name"),
            service_name=value(layer, f"{name}-service-name"),
            min_capacity=min_capacity,
            requests=requests,
            queue=queue,
        )

    requests = RequestMetrics(
        load_balancer_full_name=value("application", "web-load-balancer-full-name"),
        target_group_full_name=value("application", "web-target-group-full-name"),
        owns_load_balancer=environment.listener is None,
    )
    calls = ServiceConnectMetrics(
        discovery_name=app_discovery_name(environment),
        cluster_name=value("platform", "cluster-name"),
        service_name=value("application", "app-service-name"),
    )
    if environment.queue == "rabbitmq":
        orders = QueueMetrics.of_rabbit_mq(
            "orders",
            cluster_name=value("data", "broker-cluster-name"),
        )
    else:
        orders = QueueMetrics.of_sqs(
            value("data", "orders-queue-name"),
            dead_letter_queue_name=value("data", "orders-dead-letter-queue-name"),
            acceptable_latency=environment.acceptable_latency,
            longest_processing_time=environment.longest_order,
        )
    found: dict[str, TierMetrics | BrokerMetrics] = {
        "Web": tier("application", "web", environment.web.fewest, requests=requests),
        "App": tier("application", "app", environment.app.fewest, requests=calls),
        "Worker": tier("application", "worker", environment.worker.fewest, queue=orders),
    }
    if environment.queue == "rabbitmq":
        found |= {name: tier("data", name.lower(), 1) for name in brokers(environment)}
        found["Messages"] = BrokerMetrics.of_rabbit_mq(
            value("data", "broker-cluster-name"), node_names=broker_host_names(scope, environment)
        )
    return found


def brokers(environment: Environment) -> Sequence[str]:
    """Return the name of each node of the broker."""
    if environment.broker_nodes == 1:
        return ["Broker"]
    return [f"Broker{place}" for place in range(environment.broker_nodes)]


def _data_key(scope: Construct, environment: Environment) -> kms.IKey:
    key = scope.node.try_find_child("DataKey")
    if key is None:
        return kms.Key.from_key_arn(scope, "DataKey", read(scope, environment, "data", "key-arn"))
    return cast("kms.IKey", key)


def _exec_key(environment: Environment) -> bool:
    return environment.cluster is None and environment.execute_command


def _parameter_name(environment: Environment, layer: Layer, name: str) -> str:
    return f"/{APPLICATION}/{environment.name}/{layer}/{name}"

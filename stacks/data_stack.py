"""The data layer: what must outlive every deployment of the application."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads import NodeCluster, RabbitMqBroker, SingleNode, SqsQueue
from stacks import shared_values
from stacks.environments import Environment
from stacks.layer_key import layer_key, removal_policy
from stacks.registry_stack import repository_name
from stacks.shell import shell_command


class DataStack(cdk.Stack):
    """The table of orders, and their queue: SQS, or a broker with its file system and credentials."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id, termination_protection=environment.protected)
        key = layer_key(self, environment)
        values = self._broker(environment, key) if environment.queue == "rabbitmq" else self._queue(environment, key)
        values |= self._table(environment, key)
        values["key-arn"] = key.key_arn
        shared_values.publish(self, environment, "data", values)

    def _table(self, environment: Environment, key: kms.IKey) -> dict[str, str]:
        table = dynamodb.Table(
            self,
            "OrdersTable",
            partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=environment.protected,
            # Not removal_policy(): a rollback could not delete a table that is protected from it.
            removal_policy=cdk.RemovalPolicy.RETAIN if environment.protected else cdk.RemovalPolicy.DESTROY,
        )
        if environment.protected:
            self._back_up(table, environment, key)
        return {"orders-table-arn": table.table_arn, "orders-table-name": table.table_name}

    def _back_up(self, table: dynamodb.Table, environment: Environment, key: kms.IKey) -> None:
        """Keep a copy of each day for five weeks, out of reach of who may write the table."""
        vault = backup.BackupVault(self, "Vault", encryption_key=key, removal_policy=removal_policy(environment))
        plan = backup.BackupPlan.daily35_day_retention(self, "Backups", vault)
        plan.add_selection("Orders", resources=[backup.BackupResource.from_dynamo_db_table(table)])

    def _queue(self, environment: Environment, key: kms.IKey) -> dict[str, str]:
        orders = SqsQueue(
            self,
            "Orders",
            longest_processing_time=environment.longest_order,
            encryption_key=key,
            removal_policy=removal_policy(environment),
        )
        return {
            "orders-queue-arn": orders.queue.queue_arn,
            "orders-queue-url": orders.queue.queue_url,
            "orders-queue-name": orders.queue.queue_name,
            "orders-dead-letter-queue-name": orders.dead_letter_queue.queue_name,
        }

    def _broker(self, environment: Environment, key: kms.IKey) -> dict[str, str]:
        vpc = shared_values.vpc(self, environment)
        repository = ecr.Repository.from_repository_name(self, "Repository", repository_name(environment, "queue"))
        cluster = shared_values.cluster(self, environment, vpc=vpc)
        broker = RabbitMqBroker(
            self,
            "Broker",
            cluster=cluster,
            version=environment.broker_version or "",
            image=ecs.ContainerImage.from_ecr_repository(repository, environment.broker_version),
            grade=NodeCluster() if environment.broker_nodes > 1 else SingleNode(),
            enable_execute_command=environment.execute_command,
            log_retention=environment.log_retention,
            encryption_key=key,
            removal_policy=removal_policy(environment),
        )
        orders = broker.queue("orders", longest_processing_time=environment.longest_order)
        for name, node in zip(shared_values.brokers(environment), broker.nodes, strict=True):
            cdk.CfnOutput(self, f"{name}LogGroup", value=node.log_group.log_group_name)
            if environment.execute_command:
                cdk.CfnOutput(self, f"{name}Shell", value=shell_command(cluster, node.service))
        return {
            **{
                f"{name.lower()}-service-name": node.service.service_name
                for name, node in zip(shared_values.brokers(environment), broker.nodes, strict=True)
            },
            "broker-cluster-name": broker.cluster_name,
            "broker-host-names": ",".join(node.host_name for node in broker.nodes),
            **{
                f"orders-{role}-credentials-arn": secret.secret_arn
                for role, secret in (
                    ("producer", orders.producer_credentials),
                    ("consumer", orders.consumer_credentials),
                )
                if secret is not None
            },
            "broker-security-group-id": broker.connections.security_groups[0].security_group_id,
        }

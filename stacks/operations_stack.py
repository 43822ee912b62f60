"""The operations layer: what people look at, and what calls them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_workloads import Alarms, Dashboard
from stacks import shared_values
from stacks.environments import Environment
from stacks.layer_key import layer_key


class OperationsStack(cdk.Stack):
    """One dashboard and the alarms of all tiers, which go to a topic. Who shall hear of them subscribes to it."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        tiers = shared_values.tiers(self, environment)
        topic = self._topic(environment)
        alarms = Alarms(self, "Alarms", tiers=tiers, topics={"critical": [topic], "warning": [topic]})
        Dashboard(self, "Dashboard", tiers=tiers, alarms=alarms.alarms)

    def _topic(self, environment: Environment) -> sns.Topic:
        key = layer_key(self, environment)
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        # A policy of its own takes the place of the one by which the whole account may publish.
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[cloudwatch],  # pyright: ignore[reportArgumentType]  # jsii#4541
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[cloudwatch],  # pyright: ignore[reportArgumentType]  # jsii#4541
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
            )
        )
        cdk.CfnOutput(self, "AlarmTopic", value=topic.topic_arn, description="Subscribe here to hear of alarms")
        return topic

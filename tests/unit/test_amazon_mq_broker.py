"""Tests of `AmazonMqBroker`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from ecs_workloads import (
    Alarms,
    AmazonMqBroker,
    BacklogPerTask,
    BrokerMetrics,
    Container,
    MessageQueue,
    QueueMetrics,
    RabbitMqBroker,
    Scaling,
    SqsQueue,
    TierMetrics,
    Worker,
)
from ecs_workloads.testing import assert_no_findings, replacements
from tests.templates import ingress, properties, resources

MINUTE = timedelta(minutes=1)


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    return ec2.Vpc(stack, "BrokerVpc", availability_zones=zones)


def made(stack: cdk.Stack) -> dict[str, Any]:
    return properties(stack, "AWS::AmazonMQ::Broker")


def test_a_broker_is_a_private_cluster_of_a_known_version(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc)

    broker = made(stack)
    assert (broker["EngineType"], broker["EngineVersion"]) == ("RABBITMQ", "4.2")
    assert broker["DeploymentMode"] == "CLUSTER_MULTI_AZ"
    assert broker["HostInstanceType"] == "mq.m7g.large"
    assert broker["PubliclyAccessible"] is False
    assert broker["AutoMinorVersionUpgrade"] is True
    assert broker["SubnetIds"] == [stack.resolve(subnet.subnet_id) for subnet in vpc.private_subnets]
    assert len(broker["SubnetIds"]) == 3


def test_the_latest_version_runs_on_the_default_instances_and_on_no_older_ones(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc, engine_version="4.3")

    assert made(stack)["EngineVersion"] == "4.3"
    with pytest.raises(ValueError, match="RabbitMQ 4.3 runs on mq.m7g alone, got host_instance_type='mq.m5.large'"):
        AmazonMqBroker(stack, "Old", vpc=vpc, engine_version="4.3", host_instance_type="mq.m5.large")


def test_a_single_node_has_one_subnet_and_a_small_instance(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc, deployment_mode="SINGLE_INSTANCE")

    broker = made(stack)
    assert (broker["DeploymentMode"], broker["HostInstanceType"]) == ("SINGLE_INSTANCE", "mq.m7g.medium")
    assert broker["SubnetIds"] == [stack.resolve(vpc.private_subnets[0].subnet_id)]


def test_it_logs_and_is_maintained_on_sunday_night(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc)

    broker = made(stack)
    assert broker["Logs"] == {"General": True}
    assert broker["MaintenanceWindowStartTime"] == {"DayOfWeek": "SUNDAY", "TimeOfDay": "03:00", "TimeZone": "UTC"}


def test_it_is_made_as_told(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    window = amazonmq.CfnBroker.MaintenanceWindowProperty(
        day_of_week="TUESDAY", time_of_day="22:30", time_zone="Europe/Zurich"
    )
    AmazonMqBroker(
        stack,
        "Broker",
        vpc=vpc,
        engine_version="3.13",
        host_instance_type="mq.m5.xlarge",
        vpc_subnets=ec2.SubnetSelection(subnets=vpc.isolated_subnets or vpc.private_subnets[:2]),
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")],
        maintenance_window=window,
    )

    broker = made(stack)
    assert (broker["EngineVersion"], broker["HostInstanceType"]) == ("3.13", "mq.m5.xlarge")
    assert broker["SecurityGroups"] == ["sg-1"]
    assert len(broker["SubnetIds"]) == 2
    assert broker["MaintenanceWindowStartTime"]["DayOfWeek"] == "TUESDAY"


def test_the_template_holds_no_password(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc)

    [user] = made(stack)["Users"]
    assert user["Username"] == "application"
    assert "{{resolve:secretsmanager:" in str(user["Password"])
    generated = properties(stack, "AWS::SecretsManager::Secret")["GenerateSecretString"]
    # Amazon MQ takes 12 characters or more, without commas, colons and equals signs.
    assert (generated["PasswordLength"], generated["ExcludePunctuation"]) == (32, True)


def test_it_and_its_credentials_are_kept_unless_told(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Kept", vpc=vpc)
    AmazonMqBroker(stack, "Left", vpc=vpc, removal_policy=cdk.RemovalPolicy.DESTROY)

    # EC2 would not delete the group of a broker that is kept, and the deletion of the stack would fail.
    for kind in ("AWS::AmazonMQ::Broker", "AWS::SecretsManager::Secret", "AWS::EC2::SecurityGroup"):
        found = resources(stack, kind)
        assert [(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in found] == [
            ("RetainExceptOnCreate", "Retain"),
            ("Delete", "Delete"),
        ]


def test_its_credentials_have_the_key_that_it_is_given(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    AmazonMqBroker(stack, "Broker", vpc=vpc, encryption_key=key)

    assert properties(stack, "AWS::SecretsManager::Secret")["KmsKeyId"] == key.key_arn
    # Amazon MQ refuses it of a broker of RabbitMQ, even where it says what is so anyway.
    assert "EncryptionOptions" not in made(stack)


def test_two_brokers_have_two_names_that_a_replacement_finds_taken(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    names = [AmazonMqBroker(stack, name, vpc=vpc).broker_name for name in ("First", "Second")]

    assert [one["Properties"]["BrokerName"] for one in resources(stack, "AWS::AmazonMQ::Broker")] == names
    assert len(set(names)) == 2
    assert [re.fullmatch(r"Stack-(First|Second)-[0-9A-F]{8}", name) is not None for name in names] == [True, True]


@pytest.mark.parametrize("length", [35, 36, 200])
def test_its_name_has_no_more_letters_than_amazon_mq_takes(stack: cdk.Stack, vpc: ec2.Vpc, length: int) -> None:
    assert len(AmazonMqBroker(stack, "B" * length, vpc=vpc).broker_name) == 50


def test_the_port_of_its_connections_is_that_of_amqp_over_tls(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc).connections.allow_default_port_from(ec2.Peer.ipv4("10.1.0.0/16"))

    [rule] = ingress(stack)
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.1.0.0/16", 5671, 5671)


@pytest.fixture
def vpc_of_many() -> ec2.IVpc:
    """Return a network with several subnets in each zone."""
    return ec2.Vpc.from_vpc_attributes(
        cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111111111111", region="eu-west-1")),
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=[f"eu-west-1{zone}" for zone in "abc"],
        private_subnet_ids=[f"subnet-{letter}" for letter in "cdehij"],
        private_subnet_names=["Tasks", "Data"],
        isolated_subnet_ids=[f"subnet-{letter}" for letter in "lmn"],
    )


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ({}, "cde"),
        ({"subnet_type": ec2.SubnetType.PRIVATE_WITH_EGRESS, "one_per_az": True}, "cde"),
        ({"subnet_group_name": "Data"}, "hij"),
        ({"subnet_group_name": "Data", "availability_zones": ["eu-west-1b", "eu-west-1c"]}, "ij"),
        (
            {"subnet_group_name": "Data", "subnet_filters": [ec2.SubnetFilter.by_ids(["subnet-h", "subnet-j"])]},
            "hj",
        ),
        ({"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED}, "lmn"),
    ],
)
def test_it_has_an_address_where_the_user_says(vpc_of_many: ec2.IVpc, chosen: dict[str, Any], ids: str) -> None:
    stack = cdk.Stack.of(vpc_of_many)
    AmazonMqBroker(stack, "Broker", vpc=vpc_of_many, vpc_subnets=ec2.SubnetSelection(**chosen) if chosen else None)

    assert made(stack)["SubnetIds"] == [f"subnet-{letter}" for letter in ids]


def test_it_is_in_no_public_subnet_unless_told(stack: cdk.Stack) -> None:
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", subnet_configuration=[public])

    with pytest.raises(RuntimeError, match="There are no 'Private' subnet groups in this VPC"):
        AmazonMqBroker(stack, "Broker", vpc=vpc)


def test_nobody_is_let_in_and_a_worker_only_to_amqp(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    broker = AmazonMqBroker(stack, "Broker", vpc=cluster.vpc)
    Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=container,
        queue=broker.queue("orders", longest_processing_time=MINUTE),
        scaling=Scaling(min_capacity=1, max_capacity=1),
    )
    rule = properties(stack, "AWS::EC2::SecurityGroupIngress")
    assert (rule["FromPort"], rule["ToPort"]) == (5671, 5671)
    assert "SourceSecurityGroupId" in rule
    [group] = [
        one["Properties"]
        for one in resources(stack, "AWS::EC2::SecurityGroup")
        if one["Properties"]["GroupDescription"] == "Broker Stack/Broker"
    ]
    assert "SecurityGroupIngress" not in group
    assert group["SecurityGroupEgress"][0]["CidrIp"] == "255.255.255.255/32"


def test_its_queue_knows_its_endpoint_and_its_credentials(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    broker = AmazonMqBroker(stack, "Broker", vpc=vpc)
    queue = broker.queue("orders", longest_processing_time=MINUTE)

    url = stack.resolve(queue.connection_environment("ORDERS")["ORDERS_URL"])
    [endpoint, path] = url["Fn::Join"][1]
    assert endpoint["Fn::Select"][0] == 0
    assert endpoint["Fn::Select"][1]["Fn::GetAtt"][1] == "AmqpEndpoints"
    assert path == "/%2F"
    assert queue.credentials is broker.credentials


def test_its_queue_is_measured_where_amazon_mq_publishes_metrics_of_queues(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    broker = AmazonMqBroker(stack, "Broker", vpc=vpc, engine_version="3.13")

    assert broker.queue("orders", longest_processing_time=MINUTE).broker_name == broker.broker_name


@pytest.mark.parametrize("version", ["4.2", "4.3"])
def test_nothing_measures_a_queue_of_rabbit_mq_4(stack: cdk.Stack, vpc: ec2.Vpc, version: str) -> None:
    broker = AmazonMqBroker(stack, "Broker", vpc=vpc, engine_version=version)
    queue = broker.queue("orders", longest_processing_time=MINUTE)

    assert queue.broker_name is None
    assert QueueMetrics.of_queue(queue) is None
    # What is measured of the broker itself stays.
    assert broker.metrics.blocked is not None
    assert broker.metric_cpu_utilization().dimensions == {"Broker": broker.broker_name}


@pytest.mark.parametrize(
    ("version", "on_the_queue"), [("3.13", ["DeadLetters", "NoConsumer"]), ("4.2", []), ("4.3", [])]
)
def test_alarms_are_made_on_what_is_measured_alone(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, version: str, on_the_queue: list[str]
) -> None:
    broker = AmazonMqBroker(stack, "Broker", vpc=cluster.vpc, engine_version=version)
    worker = Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=container,
        queue=broker.queue("orders", longest_processing_time=MINUTE),
        scaling=Scaling(min_capacity=1, max_capacity=1),
    )
    tiers: dict[str, TierMetrics | BrokerMetrics] = {"Worker": worker.metrics, "Broker": broker.metrics}
    alarms = Alarms(stack, "Alarms", tiers=tiers, topics={"critical": [], "warning": []})

    assert [alarm.node.id for alarm in alarms.alarms] == [
        "NoRunningTask",
        "HighCpu",
        "HighMemory",
        "Restarts",
        *on_the_queue,
        "Blocked",
        "Unmeasured",
    ]


def test_it_is_blocked_without_memory_or_disk(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    broker = AmazonMqBroker(stack, "Broker", vpc=vpc)
    expression = broker.metric_blocked()
    assert (expression.label, expression.period.to_seconds()) == ("Takes no messages", 60)
    Alarms(stack, "Alarms", tiers={"Broker": broker.metrics}, topics={"critical": [], "warning": []})

    blocked, unmeasured = (one["Properties"] for one in resources(stack, "AWS::CloudWatch::Alarm"))
    queries = {one["Id"]: one["MetricStat"]["Metric"] for one in blocked["Metrics"] if "MetricStat" in one}
    assert {key: one["MetricName"] for key, one in queries.items()} == {
        "used": "RabbitMQMemUsed",
        "most": "RabbitMQMemLimit",
        "free": "RabbitMQDiskFree",
        "least": "RabbitMQDiskFreeLimit",
    }
    assert all(one["Dimensions"] == [{"Name": "Broker", "Value": broker.broker_name}] for one in queries.values())
    assert "(Stack/Broker)" in blocked["AlarmDescription"]
    assert unmeasured["TreatMissingData"] == "breaching"


def changed(**arguments: Any) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Stack")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
    )
    AmazonMqBroker(stack, "Broker", vpc=vpc, **arguments)
    return dict(Template.from_stack(stack).to_json())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"deployment_mode": "SINGLE_INSTANCE"}, "DeploymentMode"),
        ({"engine_version": "3.13"}, None),
        ({"host_instance_type": "mq.m7g.xlarge"}, None),
    ],
)
def test_what_replaces_it_is_known_before_the_deployment(arguments: dict[str, Any], reason: str | None) -> None:
    found = replacements(changed(), changed(**arguments))

    told = [one.reasons[0].split(" ")[0] for one in found if "Broker" in one.logical_id]
    assert (reason in told) if reason else told == []


def test_tags_reach_it(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    AmazonMqBroker(stack, "Broker", vpc=vpc)
    cdk.Tags.of(stack).add("team", "shop")

    assert {"Key": "team", "Value": "shop"} in made(stack)["Tags"]


def test_its_cpu_is_measured(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    metric = AmazonMqBroker(stack, "Broker", vpc=vpc).metric_cpu_utilization()

    assert (metric.namespace, metric.metric_name, metric.statistic) == (
        "AWS/AmazonMQ",
        "SystemCpuUtilization",
        "Maximum",
    )
    assert metric.period.to_seconds() == 60


@pytest.mark.parametrize(
    "pack",
    [
        cdk_nag.AwsSolutionsChecks,
        cdk_nag.HIPAASecurityChecks,
        cdk_nag.NIST80053R4Checks,
        cdk_nag.NIST80053R5Checks,
        cdk_nag.PCIDSS321Checks,
        cdk_nag.ServerlessChecks,
    ],
)
def test_no_policy_pack_finds_anything(pack: type[cdk_nag.NagPack]) -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Stack")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
    )
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    AmazonMqBroker(stack, "Broker", vpc=vpc, encryption_key=key)

    assert_no_findings(app, [pack(app)])


def _sqs(stack: cdk.Stack, cluster: ecs.Cluster) -> MessageQueue:
    del cluster
    return SqsQueue(stack, "Orders", longest_processing_time=MINUTE)


def _amazon_mq(stack: cdk.Stack, cluster: ecs.Cluster) -> MessageQueue:
    broker = AmazonMqBroker(stack, "Broker", vpc=cluster.vpc, engine_version="3.13")
    return broker.queue("orders", longest_processing_time=MINUTE)


def _rabbit_mq(stack: cdk.Stack, cluster: ecs.Cluster) -> MessageQueue:
    broker = RabbitMqBroker(stack, "Broker", cluster=cluster, version="4.2.1")
    return broker.queue("orders", longest_processing_time=MINUTE)


@pytest.mark.parametrize("queue", [_sqs, _rabbit_mq, _amazon_mq])
def test_a_worker_moves_to_another_queue_by_one_line(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, queue: Any
) -> None:
    worker = Worker(
        stack,
        "Worker",
        cluster=cluster,
        container=container,
        queue=queue(stack, cluster),
        scaling=Scaling(
            min_capacity=0,
            max_capacity=4,
            policies=(BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2)),),
        ),
    )

    task = worker.task_definition.node.default_child
    assert isinstance(task, ecs.CfnTaskDefinition)
    logical_id = stack.resolve(task.logical_id)
    [main] = Template.from_stack(stack).to_json()["Resources"][logical_id]["Properties"]["ContainerDefinitions"]
    # A producer reads one more on a broker of ours; nobody needs it to consume.
    assert {one["Name"] for one in main["Environment"]} - {"QUEUE_EXCHANGE"} == {"QUEUE_URL", "QUEUE_NAME"}
    assert {one["Name"] for one in main.get("Secrets", [])} in (set(), {"QUEUE_USERNAME", "QUEUE_PASSWORD"})
    policies = [one["Properties"] for one in resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")]
    assert {one["PolicyType"] for one in policies} == {"TargetTrackingScaling", "StepScaling"}
    assert worker.metrics.queue is not None
    assert isinstance(worker.metrics.queue.messages_waiting, cloudwatch.Metric)

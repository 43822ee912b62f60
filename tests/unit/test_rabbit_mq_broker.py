"""Tests of `RabbitMqBroker`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from ecs_workloads import CapacityShare, Container, ContainerCluster, RabbitMqBroker, Scaling, Worker
from tests.templates import ingress, main_container, properties, resources, statements

IMAGE = ecs.ContainerImage.from_registry("public.ecr.aws/docker/library/rabbitmq:4.2.1")
MakeBroker = Callable[..., RabbitMqBroker]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster) -> MakeBroker:
    def broker(**arguments: Any) -> RabbitMqBroker:
        defaults: dict[str, Any] = {"cluster": cluster, "image": IMAGE}
        return RabbitMqBroker(stack, "Broker", **{**defaults, **arguments})

    return broker


def test_there_are_never_two_nodes_on_one_data_directory(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    service = properties(stack, "AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]
    assert service["DesiredCount"] == 1
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)
    assert service["AvailabilityZoneRebalancing"] == "DISABLED"
    Template.from_stack(stack).resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)


def test_a_suspended_broker_keeps_its_data(stack: cdk.Stack, make: MakeBroker) -> None:
    make(suspended=True)

    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 0
    Template.from_stack(stack).resource_count_is("AWS::EFS::FileSystem", 1)


def test_a_replacement_of_its_service_fails_instead_of_running_beside_it(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    assert properties(stack, "AWS::ECS::Service")["ServiceName"].startswith("Stack-Broker")


def test_the_name_of_its_service_is_short_enough_for_ecs(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    RabbitMqBroker(stack, "B" * 250, cluster=cluster, image=IMAGE)

    assert len(properties(stack, "AWS::ECS::Service")["ServiceName"]) <= 255


def test_it_runs_on_demand(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    assert properties(stack, "AWS::ECS::Service")["LaunchType"] == "FARGATE"


def test_by_default_it_has_one_vcpu_and_two_gib_and_keeps_logs_for_a_month(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    task = properties(stack, "AWS::ECS::TaskDefinition")
    assert (task["Cpu"], task["Memory"]) == ("1024", "2048")
    assert properties(stack, "AWS::Logs::LogGroup")["RetentionInDays"] == 30


def test_logs_are_kept_for_as_long_as_wanted(stack: cdk.Stack, make: MakeBroker) -> None:
    make(log_retention=logs.RetentionDays.ONE_WEEK)

    assert properties(stack, "AWS::Logs::LogGroup")["RetentionInDays"] == 7


def test_it_is_called_rabbitmq_unless_told(make: MakeBroker) -> None:
    assert make().host_name == "rabbitmq.internal"


def test_the_node_keeps_its_name(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    variables = {pair["Name"]: pair["Value"] for pair in main_container(stack)["Environment"]}
    assert variables["RABBITMQ_NODENAME"] == "rabbit@localhost"


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        (1024, 2048, "+S 1:1 -rabbit vm_memory_high_watermark {absolute,1288490188}"),
        (512, 1024, "+S 1:1 -rabbit vm_memory_high_watermark {absolute,429496729}"),
        (2048, 4096, "+S 2:2 -rabbit vm_memory_high_watermark {absolute,2576980377}"),
    ],
)
def test_it_knows_the_memory_and_the_cpus_of_its_task(
    stack: cdk.Stack, make: MakeBroker, cpu: int, memory: int, expected: str
) -> None:
    make(cpu=cpu, memory_limit_mib=memory)

    variables = {pair["Name"]: pair["Value"] for pair in main_container(stack)["Environment"]}
    assert variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] == expected


def test_data_outlives_the_task_encrypted_and_backed_up(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    [file_system] = resources(stack, "AWS::EFS::FileSystem")
    access_point = properties(stack, "AWS::EFS::AccessPoint")
    [volume] = properties(stack, "AWS::ECS::TaskDefinition")["Volumes"]
    [mount] = main_container(stack)["MountPoints"]
    assert file_system["DeletionPolicy"] == "Retain"
    assert file_system["Properties"]["Encrypted"] is True
    assert file_system["Properties"]["BackupPolicy"] == {"Status": "ENABLED"}
    assert access_point["PosixUser"] == {"Gid": "999", "Uid": "999"}
    assert volume["EFSVolumeConfiguration"]["TransitEncryption"] == "ENABLED"
    assert volume["EFSVolumeConfiguration"]["AuthorizationConfig"]["IAM"] == "ENABLED"
    assert (mount["ContainerPath"], mount["ReadOnly"]) == ("/var/lib/rabbitmq", False)


def test_the_file_system_is_there_before_the_first_task(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    [service] = resources(stack, "AWS::ECS::Service")
    assert any("MountTarget" in name for name in service["DependsOn"])


def test_there_is_one_mount_target_for_each_zone(stack: cdk.Stack, make: MakeBroker) -> None:
    private = ec2.SubnetType.PRIVATE_WITH_EGRESS
    vpc = ec2.Vpc(
        stack,
        "TwoGroups",
        max_azs=2,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
            ec2.SubnetConfiguration(name="First", subnet_type=private),
            ec2.SubnetConfiguration(name="Second", subnet_type=private),
        ],
    )
    cluster = ContainerCluster(stack, "Other", vpc=vpc, namespace_name="other").cluster
    make(cluster=cluster, vpc_subnets=ec2.SubnetSelection(subnet_type=private))

    assert len(resources(stack, "AWS::EFS::MountTarget")) == 2


def test_its_file_system_is_reached_in_the_subnets_of_its_task(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeBroker
) -> None:
    subnet = cluster.vpc.private_subnets[1]
    make(vpc_subnets=ec2.SubnetSelection(subnets=[subnet]))

    targets = resources(stack, "AWS::EFS::MountTarget")
    assert [one["Properties"]["SubnetId"] for one in targets] == [stack.resolve(subnet.subnet_id)]


def test_it_runs_as_the_user_of_the_image(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    assert main_container(stack)["User"] == "999:999"
    assert main_container(stack)["ReadonlyRootFilesystem"] is True


def test_the_health_check_tells_a_hung_boot_and_has_time(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    assert main_container(stack)["HealthCheck"] == {
        "Command": ["CMD", "rabbitmq-diagnostics", "-q", "check_running"],
        "Interval": 60,
        "Retries": 5,
        "StartPeriod": 300,
        "Timeout": 30,
    }
    assert main_container(stack)["StopTimeout"] == 120
    assert main_container(stack)["Ulimits"] == [{"HardLimit": 65536, "Name": "nofile", "SoftLimit": 65536}]


def test_user_password_and_cookie_are_secrets(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    secrets = [secret["Name"] for secret in main_container(stack)["Secrets"]]
    assert secrets == ["RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_ERLANG_COOKIE"]
    assert [secret["DeletionPolicy"] for secret in resources(stack, "AWS::SecretsManager::Secret")] == ["Retain"] * 2


def test_the_password_of_the_broker_is_generated_and_never_anew(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    # What generates a secret must not change: CloudFormation would generate another one.
    generators = [one["Properties"]["GenerateSecretString"] for one in resources(stack, "AWS::SecretsManager::Secret")]
    assert generators == [
        {
            "ExcludePunctuation": True,
            "GenerateStringKey": "password",
            "PasswordLength": 32,
            "SecretStringTemplate": '{"username": "application"}',
        },
        {"ExcludePunctuation": True, "PasswordLength": 32},
    ]


def test_other_tiers_find_it_by_name(stack: cdk.Stack, make: MakeBroker) -> None:
    broker = make(dns_name="orders-broker")

    registered = properties(stack, "AWS::ServiceDiscovery::Service")
    assert registered["Name"] == "orders-broker"
    assert registered["DnsConfig"]["DnsRecords"] == [{"TTL": 10, "Type": "A"}]
    assert broker.host_name == "orders-broker.internal"
    assert "ServiceConnectConfiguration" not in properties(stack, "AWS::ECS::Service")


def test_nobody_reaches_it_until_a_tier_uses_a_queue(stack: cdk.Stack, make: MakeBroker) -> None:
    make().queue("orders", longest_processing_time=timedelta(minutes=2))

    assert [rule["FromPort"] for rule in ingress(stack)] == [2049]


def test_a_consumer_opens_the_port_of_amqp(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, make: MakeBroker
) -> None:
    queue = make().queue("orders", longest_processing_time=timedelta(minutes=2))
    Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())

    assert sorted(rule["FromPort"] for rule in ingress(stack)) == [2049, 5672]


def test_a_consumer_of_the_same_stack_is_deployed_after_it(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, make: MakeBroker
) -> None:
    queue = make().queue("orders", longest_processing_time=timedelta(minutes=2))
    Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())

    services = resources(stack, "AWS::ECS::Service")
    [worker] = [one for one in services if one["Properties"].get("DesiredCount") is None]
    assert any(name.startswith("BrokerService") for name in worker["DependsOn"])


def test_key_and_removal_policy_reach_all_that_it_keeps(stack: cdk.Stack, make: MakeBroker) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    make(encryption_key=key, removal_policy=cdk.RemovalPolicy.DESTROY)

    kept = [
        resource
        for kind in ("AWS::EFS::FileSystem", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup")
        for resource in resources(stack, kind)
    ]
    assert [resource["Properties"]["KmsKeyId"] for resource in kept] == [key.key_arn] * 4
    assert [resource["DeletionPolicy"] for resource in kept] == ["Delete"] * 4
    assert any(statement["Action"] == "kms:Decrypt" for statement in statements(stack))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"capacity": [CapacityShare(capacity_provider="Fleet")]},
            "never interrupted, got Fleet with interruptible=None",
        )
    ],
)
def test_refuses(make: MakeBroker, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Broker: .*{message}"):
        make(**arguments)


def test_a_task_that_fargate_does_not_have_leaves_nothing_behind(stack: cdk.Stack, make: MakeBroker) -> None:
    with pytest.raises(ValueError, match="Container: cpu must be one of .*, got 1000"):
        make(cpu=1000)
    Template.from_stack(stack).resource_count_is("AWS::SecretsManager::Secret", 0)

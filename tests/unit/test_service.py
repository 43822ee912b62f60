"""Tests of what every tier is inside: the task, its container, and the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from ecs_workloads import (
    BacklogPerTask,
    CapacityShare,
    Container,
    ContainerCluster,
    Scaling,
    ScalingPolicy,
    Scheduled,
    SqsQueue,
    TargetCpu,
    TargetMemory,
    Worker,
    WritablePath,
)
from tests.templates import main_container, properties, resources, statements

MakeWorker = Callable[..., Worker]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeWorker:
    queue = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))

    def worker(**arguments: Any) -> Worker:
        defaults: dict[str, Any] = {"cluster": cluster, "container": container, "scaling": Scaling()}
        return Worker(stack, "Worker", queue=queue, **{**defaults, **arguments})

    return worker


def test_the_container_is_hardened(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    container = main_container(stack)
    assert container["User"] == "1000:1000"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["LinuxParameters"] == {
        "Capabilities": {"Drop": ["ALL"]},
        "InitProcessEnabled": True,
        "Tmpfs": [{"ContainerPath": "/tmp", "Size": 64}],
    }
    assert "Privileged" not in container


def test_tasks_may_be_in_public_subnets_that_are_named(stack: cdk.Stack, make: MakeWorker) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Open", vpc_id="vpc-1", availability_zones=["a", "b"], public_subnet_ids=["subnet-1", "subnet-2"]
    )
    cluster = ContainerCluster(stack, "OpenCluster", vpc=vpc).cluster
    make(cluster=cluster, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))

    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["Subnets"] == ["subnet-1", "subnet-2"]


def test_tasks_may_be_in_isolated_subnets(stack: cdk.Stack, make: MakeWorker) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Closed",
        vpc_id="vpc-1",
        availability_zones=["a"],
        public_subnet_ids=["subnet-1"],
        isolated_subnet_ids=["subnet-2"],
    )
    make(cluster=ContainerCluster(stack, "ClosedCluster", vpc=vpc).cluster)

    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["Subnets"] == ["subnet-2"]


def test_logs_never_block_the_process_and_are_kept_for_a_month(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    options = main_container(stack)["LogConfiguration"]["Options"]
    [log_group] = resources(stack, "AWS::Logs::LogGroup")
    assert options["mode"] == "non-blocking"
    assert options["max-buffer-size"] == "26214400b"
    assert log_group["Properties"]["RetentionInDays"] == 30
    assert log_group["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_container_is_what_the_user_says(stack: cdk.Stack, container: Container, make: MakeWorker) -> None:
    make(
        container=replace(
            container,
            entry_point=["python"],
            command=["-m", "shop"],
            cpu=512,
            memory_limit_mib=1024,
            cpu_architecture=ecs.CpuArchitecture.ARM64,
            user="app",
            writable_paths=[WritablePath(container_path="/cache", size_mib=128)],
            health_check=ecs.HealthCheck(command=["CMD", "true"]),
            log_retention=logs.RetentionDays.ONE_WEEK,
        )
    )

    found = main_container(stack)
    task = properties(stack, "AWS::ECS::TaskDefinition")
    assert (found["EntryPoint"], found["Command"], found["User"]) == (["python"], ["-m", "shop"], "app")
    assert (task["Cpu"], task["Memory"]) == ("512", "1024")
    assert task["RuntimePlatform"] == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
    assert found["LinuxParameters"]["Tmpfs"] == [{"ContainerPath": "/cache", "Size": 128}]
    assert found["HealthCheck"]["Command"] == ["CMD", "true"]
    assert properties(stack, "AWS::Logs::LogGroup")["RetentionInDays"] == 7


def test_a_deployment_keeps_full_capacity_and_rolls_back(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    service = properties(stack, "AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
    assert service["AvailabilityZoneRebalancing"] == "ENABLED"
    assert service["PropagateTags"] == "SERVICE"


def test_a_deployment_does_not_reset_the_count_that_scaling_found(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    assert "DesiredCount" not in properties(stack, "AWS::ECS::Service")
    Template.from_stack(stack).resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 1)


def test_tasks_are_private(stack: cdk.Stack, cluster: ecs.Cluster, make: MakeWorker) -> None:
    make()

    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    private = [stack.resolve(subnet.subnet_id) for subnet in cluster.vpc.private_subnets]
    assert network["AssignPublicIp"] == "DISABLED"
    assert network["Subnets"] == private


def test_tasks_may_call_everybody(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    [group] = resources(stack, "AWS::EC2::SecurityGroup")
    ways_out = group["Properties"]["SecurityGroupEgress"]
    assert {(rule["IpProtocol"], rule.get("CidrIp"), rule.get("CidrIpv6")) for rule in ways_out} == {
        ("-1", "0.0.0.0/0", None),
        ("-1", None, "::/0"),
    }


def test_subnets_and_security_groups_can_be_given(stack: cdk.Stack, make: MakeWorker) -> None:
    make(
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Own", "sg-own")],
    )

    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["SecurityGroups"] == ["sg-own"]
    assert "Public" in str(network["Subnets"])
    Template.from_stack(stack).resource_count_is("AWS::EC2::SecurityGroup", 0)


def test_a_tier_joins_the_namespace_as_a_client(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    connect = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]
    assert connect["Enabled"] is True
    assert "Services" not in connect
    assert connect["LogConfiguration"]["Options"]["mode"] == "non-blocking"
    assert "AccessLogConfiguration" not in connect


def test_a_cluster_without_namespace_will_do(stack: cdk.Stack, make: MakeWorker) -> None:
    make(cluster=ecs.Cluster(stack, "Plain"))

    assert "ServiceConnectConfiguration" not in properties(stack, "AWS::ECS::Service")


def test_no_shell_can_be_opened_unless_allowed(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    assert properties(stack, "AWS::ECS::Service")["EnableExecuteCommand"] is False
    assert "MountPoints" not in main_container(stack)
    assert not any("ssmmessages" in str(statement["Action"]) for statement in statements(stack))


def test_a_shell_finds_the_folders_that_it_writes(stack: cdk.Stack, make: MakeWorker) -> None:
    make(enable_execute_command=True)

    mounts = {mount["ContainerPath"]: mount["ReadOnly"] for mount in main_container(stack)["MountPoints"]}
    assert properties(stack, "AWS::ECS::Service")["EnableExecuteCommand"] is True
    assert mounts == {"/var/lib/amazon": False, "/var/log/amazon": False}


def test_a_key_and_a_removal_policy_reach_the_log_group(stack: cdk.Stack, make: MakeWorker) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    make(encryption_key=key, removal_policy=cdk.RemovalPolicy.DESTROY)

    [log_group] = resources(stack, "AWS::Logs::LogGroup")
    assert log_group["Properties"]["KmsKeyId"] == key.key_arn
    assert log_group["DeletionPolicy"] == "Delete"


def test_what_policy_packs_find_in_the_task_role_is_accepted_above_it(stack: cdk.Stack, make: MakeWorker) -> None:
    worker = make()

    accepted = [
        rule
        for entry in worker.task_definition.node.metadata
        if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for rule in entry.data
    ]
    cluster = stack.get_logical_id(cast("cdk.CfnElement", worker.service.cluster.node.default_child))
    arn = f"arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<{cluster}>/*"
    assert f"AwsSolutions::AwsSolutions-IAM5[Resource::{arn}]" in accepted


def test_tasks_run_on_demand_unless_shared_out(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    service = properties(stack, "AWS::ECS::Service")
    assert service["LaunchType"] == "FARGATE"
    assert "CapacityProviderStrategy" not in service


def test_naming_the_default_capacity_of_a_known_cluster_changes_nothing(stack: cdk.Stack, make: MakeWorker) -> None:
    make(cluster=ContainerCluster(stack, "Known", vpc=ec2.Vpc(stack, "Other")).cluster)

    service = properties(stack, "AWS::ECS::Service")
    assert service["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE", "Weight": 1}]
    assert "LaunchType" not in service


def test_capacity_is_shared_by_name(stack: cdk.Stack, make: MakeWorker) -> None:
    make(capacity=[CapacityShare.fargate(base=1), CapacityShare.fargate_spot(weight=3)])

    service = properties(stack, "AWS::ECS::Service")
    assert "LaunchType" not in service
    assert service["CapacityProviderStrategy"] == [
        {"Base": 1, "CapacityProvider": "FARGATE", "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 3},
    ]


def test_an_l2_construct_can_be_granted_and_connected(stack: cdk.Stack, make: MakeWorker) -> None:
    worker = make()
    s3.Bucket(stack, "Receipts").grant_read(worker)
    worker.connections.allow_to(ec2.Peer.ipv4("10.1.0.0/16"), ec2.Port.tcp(5432))

    assert any("s3:GetObject*" in statement["Action"] for statement in statements(stack))


def test_alarms_of_the_user_roll_a_deployment_back(stack: cdk.Stack, make: MakeWorker) -> None:
    arn = "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:"
    alarms = [cloudwatch.Alarm.from_alarm_arn(stack, name, f"{arn}{name}") for name in ("First", "Second")]
    make(deployment_alarms=alarms)

    assert properties(stack, "AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"] == {
        "AlarmNames": ["First", "Second"],
        "Enable": True,
        "Rollback": True,
    }


def test_a_suspended_tier_keeps_everything_but_its_tasks(stack: cdk.Stack, make: MakeWorker) -> None:
    backlog = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
    make(suspended=True, scaling=Scaling(min_capacity=0, max_capacity=5, policies=(backlog,)))

    target = properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 0)
    # Else a new service starts one task, and the deployment waits for it.
    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 0
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::ECS::Service", 1)
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalingPolicy", 0)
    template.resource_count_is("AWS::CloudWatch::Alarm", 0)


def test_a_task_starts_only_when_its_roles_are_complete(stack: cdk.Stack, make: MakeWorker) -> None:
    make()

    [service] = resources(stack, "AWS::ECS::Service")
    assert any("ExecutionRoleDefaultPolicy" in name for name in service["DependsOn"])
    assert any("TaskRoleDefaultPolicy" in name for name in service["DependsOn"])


NIGHT = Scheduled(name="Night", schedule="cron(0 22 * * ? *)", max_capacity=1)


@pytest.mark.parametrize("policies", [(TargetMemory(), TargetCpu()), (TargetCpu(), NIGHT)])
def test_fails_for_a_tier_that_would_sleep_for_good(make: MakeWorker, policies: tuple[ScalingPolicy, ...]) -> None:
    with pytest.raises(ValueError, match="Stack/Worker: with min_capacity=0 nothing would start a first task"):
        make(scaling=Scaling(min_capacity=0, max_capacity=2, policies=policies))


def test_the_clock_may_start_a_first_task(stack: cdk.Stack, make: MakeWorker) -> None:
    morning = Scheduled(name="Morning", schedule="cron(0 8 * * ? *)", min_capacity=1)
    make(scaling=Scaling(min_capacity=0, max_capacity=2, policies=(TargetCpu(), morning)))

    assert properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["MinCapacity"] == 0


def test_the_program_starts_where_and_with_what_the_container_says(
    stack: cdk.Stack, container: Container, make: MakeWorker
) -> None:
    make(
        container=replace(
            container,
            working_directory="/srv",
            start_timeout=timedelta(seconds=90),
            ephemeral_storage_gib=100,
            ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1024, hard_limit=4096)],
        )
    )

    main = main_container(stack)
    assert (main["WorkingDirectory"], main["StartTimeout"]) == ("/srv", 90)
    assert main["Ulimits"] == [{"Name": "nofile", "SoftLimit": 1024, "HardLimit": 4096}]
    assert properties(stack, "AWS::ECS::TaskDefinition")["EphemeralStorage"] == {"SizeInGiB": 100}
    assert "RestartPolicy" not in main


def test_a_program_that_fails_can_be_started_again_in_its_task(
    stack: cdk.Stack, container: Container, make: MakeWorker
) -> None:
    make(container=replace(container, restart_attempt_period=timedelta(minutes=2), restart_ignored_exit_codes=[0, 3]))

    assert main_container(stack)["RestartPolicy"] == {
        "Enabled": True,
        "IgnoredExitCodes": [0, 3],
        "RestartAttemptPeriod": 120,
    }

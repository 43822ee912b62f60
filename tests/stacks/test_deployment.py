"""What holds for every environment, whatever its data."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecs_workloads.checks import read_assembly
from stacks import application_stack
from stacks.environments import (
    DEV,
    ENVIRONMENTS,
    PROD,
    STAGING,
    Environment,
    ExistingCluster,
    ExistingListener,
    ExistingVpc,
)
from stacks.shared_values import brokers
from tests.stacks.assemblies import synthesize, templates

BORROWED = replace(
    STAGING,
    name="borrowed",
    vpc=ExistingVpc(
        vpc_id="vpc-0123456789abcdef0",
        private_subnet_ids=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
        public_subnet_ids=("subnet-0123456789abcdef2", "subnet-0123456789abcdef3"),
    ),
    cluster=ExistingCluster(
        cluster_name="shared",
        namespace_name="shared.internal",
        namespace_id="ns-0123456789abcdef",
        namespace_arn="arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ns-0123456789abcdef",
        exec_log_group_name="shared-exec",
    ),
    domain=None,
    listener=ExistingListener(
        listener_arn="arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shared/0123456789abcdef/0123456789abcdef",
        security_group_id="sg-0123456789abcdef0",
        priority=20,
        host_header="shop.example.com",
    ),
)
ISOLATED = replace(DEV, name="isolated", nat_gateways=0)
WITH_ACCOUNT = replace(PROD, name="account", account="111111111111")
ALL = (*ENVIRONMENTS, BORROWED, ISOLATED, WITH_ACCOUNT)

each_environment = pytest.mark.parametrize("environment", ALL, ids=lambda environment: environment.name)


def of_type(environment: Environment, resource_type: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for stack, template in templates(environment).items():
        for logical_id, resource in template.get("Resources", {}).items():
            if resource["Type"] == resource_type:
                yield stack, logical_id, resource


def count(environment: Environment, resource_type: str) -> int:
    return len(list(of_type(environment, resource_type)))


@each_environment
def test_web_app_and_worker_are_services_that_scale(environment: Environment) -> None:
    services = {stack: logical_id for stack, logical_id, _ in of_type(environment, "AWS::ECS::Service")}
    broker = environment.broker_nodes if environment.queue == "rabbitmq" else 0
    assert count(environment, "AWS::ECS::Service") == 3 + broker
    assert count(environment, "AWS::ApplicationAutoScaling::ScalableTarget") == 3
    assert ("Data" in services) == bool(broker)


@each_environment
def test_each_service_has_its_own_task_definition(environment: Environment) -> None:
    used = [
        resource["Properties"]["TaskDefinition"]["Ref"] for _, _, resource in of_type(environment, "AWS::ECS::Service")
    ]
    assert len(set(used)) == len(used) == count(environment, "AWS::ECS::TaskDefinition")


@each_environment
def test_released_images_come_from_repositories_of_the_environment(environment: Environment) -> None:
    names = {
        resource["Properties"]["RepositoryName"] for _, _, resource in of_type(environment, "AWS::ECR::Repository")
    }
    if environment.release is None:
        assert names == set()
        return
    images = [
        json.dumps(resource["Properties"]["ContainerDefinitions"][0]["Image"])
        for _, _, resource in of_type(environment, "AWS::ECS::TaskDefinition")
    ]
    assert names == {f"shop/{environment.name}/{image}" for image in ("web", "app", "worker", "queue")}
    assert all(any(f"/{name}:" in image for image in images) for name in names)


@each_environment
def test_no_value_travels_as_an_export(environment: Environment) -> None:
    text = json.dumps(templates(environment))
    assert "Fn::ImportValue" not in text
    assert "Fn::GetStackOutput" not in text
    assert '"Export"' not in text


@each_environment
def test_every_value_that_is_read_was_written_by_an_earlier_stack(environment: Environment) -> None:
    written: set[str] = set()
    for stack, template in templates(environment).items():
        parameters = template.get("Parameters", {}).values()
        read = {one["Default"] for one in parameters if one.get("Default", "").startswith("/shop/")}
        assert read <= written, stack
        written |= {
            resource["Properties"]["Name"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::SSM::Parameter"
        }


@each_environment
def test_stacks_are_deployed_in_the_order_of_their_layers(environment: Environment) -> None:
    layers = ["Network", "Registry", "Platform", "Data", "Application", "Operations"]
    expected = [layer for layer in layers if layer != "Registry" or environment.release is not None]
    stacks = synthesize(environment).stacks
    assert list(templates(environment)) == expected
    for earlier, later in itertools.pairwise(stacks):
        assert earlier.id in {dependency.id for dependency in later.dependencies}


@each_environment
def test_what_one_deployment_needs_from_a_registry_is_made_before_it(environment: Environment) -> None:
    """Deploying the registry stack, pushing, then deploying the rest suffices."""
    if environment.release is None:
        return
    needs_images = [stack for stack, _, _ in of_type(environment, "AWS::ECS::TaskDefinition")]
    order = list(templates(environment))
    assert order.index("Registry") < min(order.index(stack) for stack in needs_images)
    read = [one.get("Default", "") for one in templates(environment)["Registry"].get("Parameters", {}).values()]
    assert not any(name.startswith("/shop/") for name in read)


@each_environment
def test_nothing_is_looked_up(environment: Environment) -> None:
    assembly = synthesize(environment)
    manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text(encoding="utf-8"))
    assert "missing" not in manifest


@each_environment
def test_the_same_data_gives_the_same_templates(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {stack.stack_name: stack.template for stack in synthesize(environment).stacks}
    monkeypatch.chdir(tmp_path)
    assert {stack.stack_name: stack.template for stack in synthesize(environment).stacks} == before


@each_environment
def test_every_stack_stays_far_from_the_limits_of_cloudformation(environment: Environment) -> None:
    stacks = read_assembly(Path(synthesize(environment).directory))
    assert max(stack.percent_of_limits for stack in stacks) < 50


@each_environment
def test_people_are_told_where_to_look(environment: Environment) -> None:
    outputs = templates(environment)["Application"]["Outputs"]
    shells = {name for name in outputs if name.endswith("Shell")}
    assert {"Url", "WebLogGroup", "AppLogGroup", "WorkerLogGroup"} <= set(outputs)
    assert shells == ({"WebShell", "AppShell", "WorkerShell"} if environment.execute_command else set())
    for name in shells:
        command = json.dumps(outputs[name]["Value"])
        assert "aws ecs execute-command --cluster" in command
        assert "--container main --interactive --command /bin/sh" in command


def test_a_shell_into_the_broker_is_named_where_shells_are_allowed() -> None:
    assert "BrokerShell" in templates(STAGING)["Data"]["Outputs"]
    assert "BrokerShell" not in templates(PROD)["Data"]["Outputs"]


@each_environment
def test_only_the_load_balancer_is_open_to_the_world(environment: Environment) -> None:
    open_ports = [
        (stack, rule["FromPort"])
        for stack, _, group in of_type(environment, "AWS::EC2::SecurityGroup")
        for rule in group["Properties"].get("SecurityGroupIngress", [])
        if rule.get("CidrIp") == "0.0.0.0/0"
    ]
    expected = [443, 80] if environment.domain else [80]
    assert open_ports == ([] if environment.listener else [("Application", port) for port in expected])


@each_environment
def test_only_declared_peers_call_a_tier(environment: Environment) -> None:
    calls = sorted(
        rule["Properties"]["FromPort"] for _, _, rule in of_type(environment, "AWS::EC2::SecurityGroupIngress")
    )
    broker = [2049, 5672, 5672] if environment.queue == "rabbitmq" else []
    if environment.broker_nodes > 1:
        broker += [4369, 25672, 35672]  # among the nodes
    assert calls == sorted([*broker, 8000, 8080])


def test_prod_is_protected() -> None:
    stacks = synthesize(PROD).stacks
    kept = (
        "AWS::EFS::FileSystem",
        "AWS::Backup::BackupVault",
        "AWS::SecretsManager::Secret",
        "AWS::ECR::Repository",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
    )
    attributes = next(of_type(PROD, "AWS::ElasticLoadBalancingV2::LoadBalancer"))[2]["Properties"]
    assert {
        stack.display_name.split("/")[-1].split(" ")[0]: bool(stack.termination_protection) for stack in stacks
    } == {
        "Network": True,
        "Registry": True,
        "Platform": True,
        "Data": True,
        "Application": True,
        "Operations": False,
    }
    found = [resource for kind in kept for _, _, resource in of_type(PROD, kind)]
    assert {one["DeletionPolicy"] for one in found} == {"RetainExceptOnCreate"}
    [(_, _, table)] = of_type(PROD, "AWS::DynamoDB::Table")
    assert table["DeletionPolicy"] == "Retain"
    assert {one["UpdateReplacePolicy"] for one in (*found, table)} == {"Retain"}
    assert {"Key": "deletion_protection.enabled", "Value": "true"} in attributes["LoadBalancerAttributes"]


def test_prod_has_three_zones_and_an_on_demand_base_under_spot() -> None:
    subnets = [resource["Properties"]["AvailabilityZone"] for _, _, resource in of_type(PROD, "AWS::EC2::Subnet")]
    web = next(resource for _, name, resource in of_type(PROD, "AWS::ECS::Service") if name.startswith("Web"))
    assert {zone["Fn::Select"][0] for zone in subnets} == {0, 1, 2}
    assert count(PROD, "AWS::EC2::NatGateway") == 3
    assert web["Properties"]["CapacityProviderStrategy"] == [
        {"Base": 3, "CapacityProvider": "FARGATE", "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 2},
    ]


@each_environment
def test_orders_can_be_had_back_as_they_were_at_any_moment(environment: Environment) -> None:
    [(stack, _, table)] = of_type(environment, "AWS::DynamoDB::Table")
    properties = table["Properties"]
    assert stack == "Data"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["DeletionProtectionEnabled"] is environment.protected
    assert "KMSMasterKeyId" in properties["SSESpecification"]
    assert count(environment, "AWS::Backup::BackupPlan") == (1 if environment.protected else 0)


@each_environment
def test_app_and_worker_may_do_with_the_table_what_their_programs_do_and_no_more(environment: Environment) -> None:
    allowed = {
        name.split("Default")[0]: sorted(
            action
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
            if action.startswith("dynamodb:")
        )
        for stack, name, policy in of_type(environment, "AWS::IAM::Policy")
        if stack == "Application" and "TaskRole" in name
    }
    assert {actions for actions in map(tuple, allowed.values()) if actions} == {
        ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
        ("dynamodb:UpdateItem",),
    }


def test_images_of_dev_take_the_runtime_in_as_a_build_context() -> None:
    [file] = Path(synthesize(DEV).directory).glob("*Application*.assets.json")
    sources = [one["source"] for one in json.loads(file.read_text(encoding="utf-8"))["dockerImages"].values()]
    assert len(sources) == 3
    assert {Path(one["dockerBuildContexts"]["runtime"]).name for one in sources} == {"runtime"}


def test_a_changed_runtime_makes_new_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def images(runtime: Path) -> set[str]:
        monkeypatch.setattr(application_stack, "_RUNTIME", runtime)
        [file] = Path(synthesize(DEV).directory).glob("*Application*.assets.json")
        return set(json.loads(file.read_text(encoding="utf-8"))["dockerImages"])

    for name, text in (("one", "1"), ("copy", "1"), ("other", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text(text, encoding="utf-8")

    assert images(tmp_path / "one") == images(tmp_path / "copy")
    assert images(tmp_path / "one").isdisjoint(images(tmp_path / "other"))


def test_dev_leaves_nothing_behind_but_access_logs() -> None:
    kept = [
        resource["Type"]
        for template in templates(DEV).values()
        for resource in template["Resources"].values()
        if str(resource.get("DeletionPolicy")).startswith("Retain")
    ]
    assert kept == ["AWS::S3::Bucket"] * 2


def test_borrowed_things_are_not_made() -> None:
    for kind in ("AWS::EC2::VPC", "AWS::ECS::Cluster", "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        assert count(BORROWED, kind) == 0
    assert count(BORROWED, "AWS::ElasticLoadBalancingV2::ListenerRule") == 1


def test_without_nat_tasks_reach_aws_through_endpoints_of_the_vpc_alone() -> None:
    endpoints = [
        json.dumps(resource["Properties"]["ServiceName"])
        for _, _, resource in of_type(ISOLATED, "AWS::EC2::VPCEndpoint")
    ]
    assert count(ISOLATED, "AWS::EC2::NatGateway") == 0
    for service in ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs", "kms", "ssmmessages", "s3", "dynamodb"):
        assert any(service in endpoint for endpoint in endpoints), service
    [group] = [resource for stack, _, resource in of_type(ISOLATED, "AWS::EC2::SecurityGroup") if stack == "Network"]
    assert [rule["CidrIp"] for rule in group["Properties"]["SecurityGroupIngress"]] == ["10.0.0.0/16"]


@each_environment
def test_every_tier_has_alarms_and_a_row_on_the_dashboard(environment: Environment) -> None:
    names: Sequence[str] = brokers(environment) if environment.queue == "rabbitmq" else ()
    described = [
        resource["Properties"]["AlarmDescription"]
        for stack, _, resource in of_type(environment, "AWS::CloudWatch::Alarm")
        if stack == "Operations"
    ]
    [(_, _, dashboard)] = of_type(environment, "AWS::CloudWatch::Dashboard")
    for tier in ("Web", "App", "Worker", *names):
        assert any(text == f"critical: {tier}: no task has run for 5 minutes" for text in described), tier
        assert f"## {tier}" in json.dumps(dashboard), tier


@pytest.mark.parametrize("environment", [STAGING, PROD], ids=lambda environment: environment.name)
def test_a_broker_that_takes_no_messages_or_tells_nothing_is_noticed(environment: Environment) -> None:
    described = " ".join(
        resource["Properties"]["AlarmDescription"] for _, _, resource in of_type(environment, "AWS::CloudWatch::Alarm")
    )
    for text in ("takes no messages", "has told nothing of itself", f"a node of {environment.broker_nodes} is down"):
        assert f"Messages: {text}" in described or f"Messages: the broker {text}" in described, text
    assert "critical: Worker: messages have waited for 5 minutes, and no consumer is connected" in described


def test_orders_that_wait_too_long_are_noticed_where_the_queue_is_measured() -> None:
    [age] = [resource for _, name, resource in of_type(DEV, "AWS::CloudWatch::Alarm") if "OldestMessageAge" in name]
    assert age["Properties"]["Threshold"] == 720  # twice the latency, and one order


@each_environment
def test_alarms_reach_an_encrypted_topic(environment: Environment) -> None:
    [(_, topic_id, topic)] = of_type(environment, "AWS::SNS::Topic")
    [(_, _, policy)] = of_type(environment, "AWS::SNS::TopicPolicy")
    [key] = [one for stack, _, one in of_type(environment, "AWS::KMS::Key") if stack == "Operations"]
    by_sid = {one.get("Sid"): one for one in policy["Properties"]["PolicyDocument"]["Statement"]}
    may_use_key = [
        one["Action"]
        for one in key["Properties"]["KeyPolicy"]["Statement"]
        if one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert "KmsMasterKeyId" in topic["Properties"]
    assert may_use_key == [["kms:Decrypt", "kms:GenerateDataKey*"]]
    assert by_sid["Alarms"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert by_sid["Alarms"]["Action"] == "sns:Publish"
    assert by_sid["AllowPublishThroughSSLOnly"]["Effect"] == "Deny"
    for stack, name, alarm in of_type(environment, "AWS::CloudWatch::Alarm"):
        if stack == "Operations":
            assert alarm["Properties"]["AlarmActions"] == [{"Ref": topic_id}], name


@each_environment
def test_logs_queues_and_tables_are_encrypted_with_keys_of_the_environment(environment: Environment) -> None:
    for kind, name in (("AWS::Logs::LogGroup", "KmsKeyId"), ("AWS::SQS::Queue", "KmsMasterKeyId")):
        for stack, logical_id, resource in of_type(environment, kind):
            assert name in resource["Properties"], f"{stack} {logical_id}"


@each_environment
def test_logs_are_kept_for_a_year(environment: Environment) -> None:
    kept = {one["Properties"]["RetentionInDays"] for _, _, one in of_type(environment, "AWS::Logs::LogGroup")}
    assert kept == {365}


@each_environment
def test_images_come_by_endpoints_in_as_many_zones_as_have_a_nat_gateway(environment: Environment) -> None:
    endpoints = [
        one["Properties"]
        for _, _, one in of_type(environment, "AWS::EC2::VPCEndpoint")
        if ".ecr." in json.dumps(one["Properties"]["ServiceName"])
    ]
    if environment.vpc is not None:
        assert endpoints == []
        return
    assert len(endpoints) == 2
    assert {len(one["SubnetIds"]) for one in endpoints} == {environment.nat_gateways or environment.zones}

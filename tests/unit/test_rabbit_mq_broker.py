"""Tests of `RabbitMqBroker`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from ecs_workloads import (
    CapacityShare,
    Container,
    ContainerCluster,
    EphemeralNode,
    NodeCluster,
    OpenTelemetryCollector,
    RabbitMqBroker,
    Scaling,
    SingleNode,
    Worker,
)
from tests.templates import ingress, main_container, properties, resources, statements

MakeBroker = Callable[..., RabbitMqBroker]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster) -> MakeBroker:
    def broker(**arguments: Any) -> RabbitMqBroker:
        defaults: dict[str, Any] = {"cluster": cluster, "version": "4.2.1"}
        return RabbitMqBroker(stack, "Broker", **{**defaults, **arguments})

    return broker


def variables_of(container: dict[str, Any]) -> dict[str, Any]:
    return {pair["Name"]: pair["Value"] for pair in container["Environment"]}


def files_of(container: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lines of each file that the entry point writes; what only the deployment knows is a question mark."""
    value = variables_of(container)["BROKER_CONFIGURATION"]
    text = (
        value
        if isinstance(value, str)
        else "".join(one if isinstance(one, str) else "?" for one in value["Fn::Join"][1])
    )
    files: dict[str, list[str]] = {}
    for part in text.removeprefix("=== ").split("\n=== "):
        title, *lines = part.splitlines()
        files[title.split()[0]] = lines
    return files


def definitions_of(container: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads("\n".join(files_of(container)["definitions.json"])))


def nodes_of(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return the main container of each node of a cluster, in order."""
    found = Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition")
    containers = [task["Properties"]["ContainerDefinitions"][0] for task in found.values()]
    return sorted(containers, key=lambda container: str(variables_of(container)["RABBITMQ_NODENAME"]))


def test_a_schedule_may_stop_its_only_task(stack: cdk.Stack, make: MakeBroker) -> None:
    tasks = make().service.auto_scale_task_count(min_capacity=0, max_capacity=1)
    tasks.scale_on_schedule("Night", schedule=appscaling.Schedule.cron(hour="20", minute="0"), max_capacity=0)

    target = properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 1)


def test_there_are_never_two_nodes_on_one_data_directory(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    service = properties(stack, "AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]
    assert service["DesiredCount"] == 1
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)
    assert service["AvailabilityZoneRebalancing"] == "DISABLED"
    Template.from_stack(stack).resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)


@pytest.mark.parametrize("argument", ["desired_count", "scaling", "min_healthy_percent", "max_healthy_percent"])
def test_nobody_can_ask_for_a_second_task(make: MakeBroker, argument: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{argument}'"):
        make(**{argument: 2})


def test_a_suspended_broker_keeps_its_data(stack: cdk.Stack, make: MakeBroker) -> None:
    make(suspended=True)

    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 0
    Template.from_stack(stack).resource_count_is("AWS::EFS::FileSystem", 1)


def test_a_replacement_of_its_service_fails_instead_of_running_beside_it(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    assert properties(stack, "AWS::ECS::Service")["ServiceName"].startswith("Stack-Broker")


def test_the_name_of_its_service_is_short_enough_for_ecs(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    RabbitMqBroker(stack, "B" * 250, cluster=cluster, version="4.2.1")

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
        # Without the 128 MiB of the collector.
        (1024, 2048, ("+S 1:1", 1207959552)),
        (512, 1024, ("+S 1:1", 375809638)),
        (2048, 4096, ("+S 2:2", 2496449740)),
    ],
)
def test_it_knows_the_memory_and_the_cpus_of_its_task(
    stack: cdk.Stack, make: MakeBroker, cpu: int, memory: int, expected: tuple[str, int]
) -> None:
    make(cpu=cpu, memory_limit_mib=memory)

    schedulers, watermark = expected
    variables = variables_of(main_container(stack))
    assert variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"].startswith(f"{schedulers} ")
    assert f"vm_memory_high_watermark.absolute = {watermark}" in files_of(main_container(stack))["rabbitmq.conf"]
    assert f"disk_free_limit.absolute = {watermark}" in files_of(main_container(stack))["rabbitmq.conf"]


@pytest.mark.parametrize(
    ("cpu", "memory", "limit"),
    # Of 20 GiB for image and messages, 24 are never free.
    [(8192, 40960, 2 * 1024**3), (2048, 4096, 2 * 1024**3), (1024, 2048, 1207959552)],
)
def test_the_disk_of_a_task_has_room_for_messages_however_much_memory_it_has(
    stack: cdk.Stack, make: MakeBroker, cpu: int, memory: int, limit: int
) -> None:
    make(grade=EphemeralNode(), cpu=cpu, memory_limit_mib=memory)

    assert f"disk_free_limit.absolute = {limit}" in files_of(main_container(stack))["rabbitmq.conf"]


def test_what_its_sidecars_may_take_is_not_its_own(stack: cdk.Stack, make: MakeBroker) -> None:
    sidecar = OpenTelemetryCollector(image=ecs.ContainerImage.from_registry("example.com/otel:1.0.0"))
    make(memory_limit_mib=4096, collector=None, sidecars=[replace(sidecar, memory_limit_mib=1024)])

    half = int((4096 - 1024) * 1024 * 1024 * 0.6)
    assert f"vm_memory_high_watermark.absolute = {half}" in files_of(main_container(stack))["rabbitmq.conf"]


def test_a_broker_without_sidecars_has_all_of_the_memory(stack: cdk.Stack, make: MakeBroker) -> None:
    make(memory_limit_mib=2048, collector=None)

    assert "vm_memory_high_watermark.absolute = 1288490188" in files_of(main_container(stack))["rabbitmq.conf"]


def test_data_outlives_the_task_encrypted_and_backed_up(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    [file_system] = resources(stack, "AWS::EFS::FileSystem")
    access_point = properties(stack, "AWS::EFS::AccessPoint")
    [volume] = properties(stack, "AWS::ECS::TaskDefinition")["Volumes"]
    [mount] = main_container(stack)["MountPoints"]
    assert file_system["DeletionPolicy"] == "RetainExceptOnCreate"
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
    assert secrets == ["RABBITMQ_ERLANG_COOKIE", "BROKER_ADMINISTRATOR"]
    assert [secret["DeletionPolicy"] for secret in resources(stack, "AWS::SecretsManager::Secret")] == [
        "RetainExceptOnCreate"
    ] * 2


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


def test_nothing_of_the_broker_listens_for_others_but_amqp(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    settings = files_of(main_container(stack))["rabbitmq.conf"]
    variables = variables_of(main_container(stack))
    assert {"prometheus.tcp.ip = 127.0.0.1", "management.tcp.ip = 127.0.0.1"} <= set(settings)
    assert {"prometheus.tcp.port = 15692", "management.tcp.port = 15672"} <= set(settings)
    assert [line for line in settings if line.startswith("listeners.")] == ["listeners.tcp.default = 5672"]
    assert variables["ERL_EPMD_ADDRESS"] == "127.0.0.1"
    assert "inet_dist_use_interface {127,0,0,1}" in variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
    assert "anonymous_login_user = none" in settings


def test_metrics_and_management_are_on(stack: cdk.Stack, make: MakeBroker) -> None:
    make()

    assert files_of(main_container(stack))["enabled_plugins"] == ["[rabbitmq_management,rabbitmq_prometheus]."]


def test_its_only_users_are_those_of_queues_and_an_administrator(stack: cdk.Stack, make: MakeBroker) -> None:
    make().queue("orders.new", longest_processing_time=timedelta(minutes=2))

    made = definitions_of(main_container(stack))
    assert [(user["name"], user["tags"]) for user in made["users"]] == [
        ("application", ["administrator"]),
        ("orders.new.producer", []),
        ("orders.new.consumer", []),
    ]
    assert made["permissions"][1:] == [
        {"user": "orders.new.producer", "vhost": "/", "configure": "^$", "write": r"^orders\.new$", "read": "^$"},
        {"user": "orders.new.consumer", "vhost": "/", "configure": "^$", "write": "^$", "read": r"^orders\.new$"},
    ]


def test_passwords_are_filled_in_by_the_entry_point(stack: cdk.Stack, make: MakeBroker) -> None:
    make().queue("orders", longest_processing_time=timedelta(minutes=2))

    secrets = {secret["Name"] for secret in main_container(stack)["Secrets"]}
    passwords = {user["password"] for user in definitions_of(main_container(stack))["users"]}
    assert passwords == {f"|{name}|" for name in secrets - {"RABBITMQ_ERLANG_COOKIE"}}


def test_a_queue_is_declared_with_what_becomes_of_poison(stack: cdk.Stack, make: MakeBroker) -> None:
    make().queue("orders", longest_processing_time=timedelta(minutes=2), delivery_limit=3)

    made = definitions_of(main_container(stack))
    assert [(queue["name"], queue["arguments"]) for queue in made["queues"]] == [
        ("orders", {"x-queue-type": "quorum"}),
        ("orders.dead-letters", {"x-queue-type": "quorum"}),
    ]
    assert [policy["definition"] for policy in made["policies"]] == [
        {
            "delivery-limit": 3,
            "dead-letter-exchange": "",
            "dead-letter-routing-key": "orders.dead-letters",
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
        },
        {"delivery-limit": -1},
    ]
    assert [(one["source"], one["destination"], one["routing_key"]) for one in made["bindings"]] == [
        ("orders", "orders", "orders")
    ]


def test_poison_is_what_failed_five_times_unless_told(stack: cdk.Stack, make: MakeBroker) -> None:
    make().queue("orders", longest_processing_time=timedelta(minutes=2))

    policy, _ = definitions_of(main_container(stack))["policies"]
    assert policy["definition"]["delivery-limit"] == 5


def test_a_dead_letter_is_looked_at_without_end(make: MakeBroker, stack: cdk.Stack) -> None:
    make().queue("orders", longest_processing_time=timedelta(minutes=2))

    _, policy = definitions_of(main_container(stack))["policies"]
    assert policy == {
        "name": ".dead-letters",
        "vhost": "/",
        "pattern": r"\.dead-letters$",
        "apply-to": "quorum_queues",
        "priority": 10,
        "definition": {"delivery-limit": -1},
    }


@pytest.mark.parametrize(("minutes", "held"), [(20, None), (21, 1_890_000), (30, 2_700_000)])
def test_a_message_may_be_held_for_half_as_long_again(
    make: MakeBroker, stack: cdk.Stack, minutes: int, held: int | None
) -> None:
    make().queue("orders", longest_processing_time=timedelta(minutes=minutes))

    policy, _ = definitions_of(main_container(stack))["policies"]
    assert policy["definition"].get("consumer-timeout") == held


def test_who_sends_and_who_consumes_get_different_credentials(stack: cdk.Stack, make: MakeBroker) -> None:
    queue = make().queue("orders", longest_processing_time=timedelta(minutes=2))

    assert queue.producer_credentials is not None
    assert queue.consumer_credentials is not None
    templates = [
        one["Properties"]["GenerateSecretString"].get("SecretStringTemplate")
        for one in resources(stack, "AWS::SecretsManager::Secret")
    ]
    assert {'{"username": "orders.producer"}', '{"username": "orders.consumer"}'} <= set(templates)


def test_with_a_certificate_it_speaks_tls_alone(stack: cdk.Stack, make: MakeBroker) -> None:
    certificate = secretsmanager.Secret.from_secret_name_v2(stack, "Certificate", "certificate")
    queue = make(certificate=certificate).queue("orders", longest_processing_time=timedelta(minutes=2))

    settings = files_of(main_container(stack))["rabbitmq.conf"]
    assert [line for line in settings if line.startswith("listeners.")] == [
        "listeners.tcp = none",
        "listeners.ssl.default = 5671",
    ]
    assert queue.connection_environment("ORDERS")["ORDERS_URL"] == "amqps://rabbitmq.internal:5671/%2F"
    names = [secret["Name"] for secret in main_container(stack)["Secrets"]]
    assert {"BROKER_TLS_CERTIFICATE", "BROKER_TLS_PRIVATE_KEY"} <= set(names)


def test_an_ephemeral_broker_has_no_file_system(stack: cdk.Stack, make: MakeBroker) -> None:
    broker = make(grade=EphemeralNode())

    Template.from_stack(stack).resource_count_is("AWS::EFS::FileSystem", 0)
    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 1
    with pytest.raises(ValueError, match="Stack/Broker: an EphemeralNode has no file system"):
        _ = broker.file_system


def test_the_image_is_the_official_one_of_the_version(stack: cdk.Stack, make: MakeBroker) -> None:
    make(version="4.1.3")

    assert main_container(stack)["Image"] == "public.ecr.aws/docker/library/rabbitmq:4.1.3"


@pytest.mark.parametrize("before", ["4.1.9", "4.2.0", "4.2.1"])
def test_it_can_be_upgraded_by_one_minor_version(make: MakeBroker, before: str) -> None:
    make(upgrade_from=before)


def test_version_four_can_follow_the_last_three(make: MakeBroker) -> None:
    make(version="4.0.5", upgrade_from="3.13.7")


def test_one_node_is_enough_for_a_protected_stack_that_says_so(cluster_of_three: ecs.Cluster) -> None:
    stack = cdk.Stack.of(cluster_of_three)
    stack.termination_protection = True
    RabbitMqBroker(stack, "Broker", cluster=cluster_of_three, version="4.2.1", grade=SingleNode(accept_one_copy=True))

    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 1


@pytest.fixture
def cluster_of_three() -> ecs.Cluster:
    """Return a cluster in a network with three zones."""
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    return ContainerCluster(stack, "Cluster", vpc=vpc, namespace_name="internal").cluster


@pytest.fixture
def clustered(cluster_of_three: ecs.Cluster) -> RabbitMqBroker:
    stack = cdk.Stack.of(cluster_of_three)
    return RabbitMqBroker(stack, "Broker", cluster=cluster_of_three, version="4.2.1", grade=NodeCluster())


def test_the_nodes_of_a_cluster_are_deployed_one_after_the_other(clustered: RabbitMqBroker) -> None:
    services = Template.from_stack(cdk.Stack.of(clustered)).find_resources("AWS::ECS::Service")
    first, second, third = sorted(services)
    before = {name: [one for one in services[name]["DependsOn"] if one in services] for name in services}
    assert ("First" in first, "Second" in second, "Third" in third) == (True, True, True)
    assert before == {first: [], second: [first], third: [second]}
    for service in services.values():
        deployment = service["Properties"]["DeploymentConfiguration"]
        assert service["Properties"]["DesiredCount"] == 1
        assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)


def test_each_node_of_a_cluster_has_a_zone_a_name_and_a_folder_of_its_own(clustered: RabbitMqBroker) -> None:
    stack = cdk.Stack.of(clustered)
    services = resources(stack, "AWS::ECS::Service")
    subnets = [one["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"] for one in services]
    names = [one["Properties"] for one in resources(stack, "AWS::ServiceDiscovery::Service")]
    folders = [one["Properties"]["RootDirectory"]["Path"] for one in resources(stack, "AWS::EFS::AccessPoint")]
    assert [len(one) for one in subnets] == [1, 1, 1]
    assert len({str(one) for one in subnets}) == 3
    assert [one["Name"] for one in names] == ["rabbitmq-0", "rabbitmq-1", "rabbitmq-2"]
    assert [one["DnsConfig"]["DnsRecords"] for one in names] == [[{"TTL": 10, "Type": "A"}]] * 3
    assert sorted(folders) == ["/rabbitmq-0", "/rabbitmq-1", "/rabbitmq-2", "/rabbitmq-cluster"]


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ({}, "cde"),
        ({"one_per_az": True, "subnet_group_name": "Data"}, "hij"),
        ({"subnet_group_name": "Data"}, "hij"),
        ({"subnet_group_name": "Data", "availability_zones": ["eu-west-1b", "eu-west-1c", "eu-west-1d"]}, "ijk"),
        (
            {
                "subnet_group_name": "Data",
                "subnet_filters": [ec2.SubnetFilter.by_ids(["subnet-i", "subnet-j", "subnet-k"])],
            },
            "ijk",
        ),
        ({"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED}, "lmn"),
    ],
)
def test_the_nodes_of_a_cluster_are_where_the_user_says(chosen: dict[str, Any], ids: str) -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=[f"eu-west-1{zone}" for zone in "abcd"],
        private_subnet_ids=[f"subnet-{letter}" for letter in "cdefhijk"],
        private_subnet_names=["Tasks", "Data"],
        isolated_subnet_ids=[f"subnet-{letter}" for letter in "lmno"],
    )
    cluster = ContainerCluster(stack, "Cluster", vpc=vpc, namespace_name="internal").cluster
    subnets = ec2.SubnetSelection(**chosen) if chosen else None

    RabbitMqBroker(stack, "Broker", cluster=cluster, version="4.2.1", grade=NodeCluster(), vpc_subnets=subnets)

    services = [one["Properties"]["NetworkConfiguration"] for one in resources(stack, "AWS::ECS::Service")]
    assert sorted(one["AwsvpcConfiguration"]["Subnets"] for one in services) == [[f"subnet-{letter}"] for letter in ids]


def test_a_node_runs_what_the_entry_point_of_the_package_says(make: MakeBroker) -> None:
    broker = make()

    container = main_container(cdk.Stack.of(broker))
    *shell, script, name = container["EntryPoint"]
    assert (shell, name, container["Command"]) == (["/bin/sh", "-c"], "entry-point", ["rabbitmq-server"])
    assert script.isascii()
    assert script.startswith("# What a node's container runs: ")


def test_the_definitions_of_a_queue_are_durable_and_lose_no_dead_letter(make: MakeBroker) -> None:
    broker = make()
    broker.queue("orders.new", longest_processing_time=timedelta(minutes=2), delivery_limit=7)

    container = main_container(cdk.Stack.of(broker))
    found = definitions_of(container)
    durable = {"vhost": "/", "durable": True, "auto_delete": False}
    quorum = {**durable, "arguments": {"x-queue-type": "quorum"}}
    assert found["exchanges"] == [
        {**durable, "name": "orders.new", "type": "direct", "internal": False, "arguments": {}}
    ]
    assert found["queues"] == [{**quorum, "name": "orders.new"}, {**quorum, "name": "orders.new.dead-letters"}]
    policy, _ = found["policies"]
    assert policy == {
        "name": "orders.new",
        "vhost": "/",
        "pattern": r"^orders\.new$",
        "apply-to": "quorum_queues",
        "priority": 10,
        "definition": {
            "delivery-limit": 7,
            "dead-letter-exchange": "",
            "dead-letter-routing-key": "orders.new.dead-letters",
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
        },
    }


def test_the_files_of_a_node_spend_no_byte_on_blanks(make: MakeBroker) -> None:
    broker = make()
    broker.queue("orders", longest_processing_time=timedelta(minutes=2))

    lines = files_of(main_container(cdk.Stack.of(broker)))["definitions.json"]
    assert [line for line in lines if " " in line] == []


@pytest.mark.parametrize("name", ["q", "q" * 200])
def test_a_queue_of_a_broker_may_have_a_short_or_a_long_name(make: MakeBroker, name: str) -> None:
    broker = make()
    broker.queue(name, longest_processing_time=timedelta(minutes=2))

    [*_, dead_letters] = definitions_of(main_container(cdk.Stack.of(broker)))["queues"]
    assert dead_letters["name"] == f"{name}.dead-letters"
    assert len(dead_letters["name"]) <= 255


def test_the_nodes_of_a_cluster_know_each_other_by_names_that_stay(clustered: RabbitMqBroker) -> None:
    nodes = [variables_of(container) for container in nodes_of(cdk.Stack.of(clustered))]
    names = [f"rabbit@rabbitmq-{place}.internal" for place in range(3)]
    assert [node["RABBITMQ_NODENAME"] for node in nodes] == names
    assert [node["BROKER_PEERS"].split() for node in nodes] == [
        [other for other in names if other != name] for name in names
    ]
    assert [node["BROKER_BEGINS_CLUSTER"] for node in nodes] == ["true", "false", "false"]
    assert {node["RABBITMQ_USE_LONGNAME"] for node in nodes} == {"true"}


def test_a_cluster_pauses_a_minority_and_keeps_three_copies(clustered: RabbitMqBroker) -> None:
    for container in nodes_of(cdk.Stack.of(clustered)):
        assert {
            "cluster_partition_handling = pause_minority",
            "cluster_formation.target_cluster_size_hint = 3",
            "default_queue_type = quorum",
            "quorum_queue.continuous_membership_reconciliation.enabled = true",
        } <= set(files_of(container)["rabbitmq.conf"])


@pytest.mark.parametrize(("version", "told"), [("4.2.9", True), ("4.3.0", False), ("4.10.0", False)])
def test_a_version_without_a_setting_for_minorities_is_told_none(
    cluster_of_three: ecs.Cluster, version: str, *, told: bool
) -> None:
    stack = cdk.Stack.of(cluster_of_three)
    RabbitMqBroker(stack, "Broker", cluster=cluster_of_three, version=version, grade=NodeCluster())

    for container in nodes_of(stack):
        lines = files_of(container)["rabbitmq.conf"]
        assert any(line.startswith("cluster_partition_handling") for line in lines) is told


def test_only_nodes_reach_the_ports_between_nodes(clustered: RabbitMqBroker) -> None:
    stack = cdk.Stack.of(clustered)
    opened = {
        (rule["FromPort"], rule["ToPort"]): str(rule["SourceSecurityGroupId"]) == str(rule["GroupId"])
        for rule in ingress(stack)
    }
    assert opened == {(4369, 4369): True, (25672, 25672): True, (35672, 35682): True, (2049, 2049): False}


def test_nodes_reach_each_other_by_the_one_group_that_takes_rules(cluster_of_three: ecs.Cluster) -> None:
    stack = cdk.Stack.of(cluster_of_three)
    groups = [
        ec2.SecurityGroup.from_security_group_id(stack, "Theirs", "sg-1", mutable=False),
        ec2.SecurityGroup.from_security_group_id(stack, "Ours", "sg-2"),
    ]
    RabbitMqBroker(
        stack, "Broker", cluster=cluster_of_three, version="4.2.1", grade=NodeCluster(), security_groups=groups
    )

    among_ours = [rule for rule in ingress(stack) if rule["GroupId"] == rule["SourceSecurityGroupId"] == "sg-2"]
    assert sorted(rule["FromPort"] for rule in among_ours) == [4369, 25672, 35672]


def test_one_node_asks_for_no_rule_of_its_groups(stack: cdk.Stack, make: MakeBroker) -> None:
    make(security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Theirs", "sg-1", mutable=False)])

    assert [rule["FromPort"] for rule in ingress(stack)] == [2049]


def test_a_tier_finds_every_node_of_a_cluster(clustered: RabbitMqBroker) -> None:
    queue = clustered.queue("orders", longest_processing_time=timedelta(minutes=2))

    assert queue.connection_environment("ORDERS")["ORDERS_URL"] == (
        "amqp://rabbitmq-0.internal:5672/%2F;amqp://rabbitmq-1.internal:5672/%2F;amqp://rabbitmq-2.internal:5672/%2F"
    )


def test_a_consumer_is_deployed_after_the_last_node(
    clustered: RabbitMqBroker, cluster_of_three: ecs.Cluster, container: Container
) -> None:
    stack = cdk.Stack.of(clustered)
    queue = clustered.queue("orders", longest_processing_time=timedelta(minutes=2))
    Worker(stack, "Worker", cluster=cluster_of_three, container=container, queue=queue, scaling=Scaling())

    services = Template.from_stack(stack).find_resources("AWS::ECS::Service")
    [worker] = [one for name, one in services.items() if name.startswith("Worker")]
    assert any(name.startswith("BrokerThird") for name in worker["DependsOn"])


def test_a_node_that_waits_for_its_peers_is_not_hung(clustered: RabbitMqBroker) -> None:
    [check] = {str(node["HealthCheck"]["Command"]) for node in nodes_of(cdk.Stack.of(clustered))}
    assert check == str(
        [
            "CMD-SHELL",
            "rabbitmq-diagnostics -q check_running && test -e /var/lib/rabbitmq/.member || test -e /tmp/broker/waiting",
        ]
    )


def test_alarms_watch_each_node_of_a_cluster(clustered: RabbitMqBroker) -> None:
    assert [node.metrics.path for node in clustered.nodes] == [
        "Stack/Broker/First",
        "Stack/Broker/Second",
        "Stack/Broker/Third",
    ]
    assert [node.metrics.min_capacity for node in clustered.nodes] == [1, 1, 1]


@pytest.mark.parametrize("attribute", ["host_name", "service", "task_definition", "log_group", "metrics"])
def test_a_cluster_has_no_only_node(clustered: RabbitMqBroker, attribute: str) -> None:
    with pytest.raises(ValueError, match=rf"Stack/Broker: it has 3 nodes: say which, as in nodes\[0\]\.{attribute}"):
        getattr(clustered, attribute)


def test_a_suspended_cluster_keeps_its_data(cluster_of_three: ecs.Cluster) -> None:
    stack = cdk.Stack.of(cluster_of_three)
    RabbitMqBroker(stack, "Broker", cluster=cluster_of_three, version="4.2.1", grade=NodeCluster(), suspended=True)

    assert [one["Properties"]["DesiredCount"] for one in resources(stack, "AWS::ECS::Service")] == [0, 0, 0]
    Template.from_stack(stack).resource_count_is("AWS::EFS::FileSystem", 1)


def test_sidecars_run_beside_each_node(cluster_of_three: ecs.Cluster) -> None:
    stack = cdk.Stack.of(cluster_of_three)
    image = ecs.ContainerImage.from_registry("example.com/collector:1.0.0")
    RabbitMqBroker(
        stack,
        "Broker",
        cluster=cluster_of_three,
        version="4.2.1",
        grade=NodeCluster(),
        sidecars=[OpenTelemetryCollector(image=image)],
    )

    tasks = resources(stack, "AWS::ECS::TaskDefinition")
    assert [len(task["Properties"]["ContainerDefinitions"]) for task in tasks] == [3, 3, 3]


def test_alarms_may_roll_a_deployment_back(stack: cdk.Stack, make: MakeBroker) -> None:
    alarm = cloudwatch.Alarm.from_alarm_arn(stack, "Alarm", "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:slow")
    make(deployment_alarms=[alarm])

    alarms = properties(stack, "AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]
    assert alarms == {"AlarmNames": ["slow"], "Enable": True, "Rollback": True}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"capacity": [CapacityShare(capacity_provider="Fleet")]},
            "never interrupted, got Fleet with interruptible=None",
        ),
        (
            {"image": ecs.ContainerImage.from_registry("example.com/rabbitmq")},
            "the image must have a version or a digest, and not latest, got 'example.com/rabbitmq'",
        ),
    ],
)
def test_refuses(make: MakeBroker, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Broker: .*{message}"):
        make(**arguments)


def test_a_task_that_fargate_does_not_have_leaves_nothing_behind(stack: cdk.Stack, make: MakeBroker) -> None:
    with pytest.raises(ValueError, match="Container: cpu must be one of .*, got 1000"):
        make(cpu=1000)
    Template.from_stack(stack).resource_count_is("AWS::SecretsManager::Secret", 0)

"""Tests of sidecars: the two that the library has, and one of an outsider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
import yaml
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm

from ecs_workloads import AppServer, Container, ExtensibleTask, FluentBit, OpenTelemetryCollector, Sidecar, WritablePath
from tests.templates import HEALTHY, properties, statements

IMAGE = ecs.ContainerImage.from_registry("example.com/sidecar:1.0.0")
FLUENT_BIT = FluentBit(image=IMAGE, options={"Name": "opensearch", "Host": "logs.example.com"})
MakeApp = Callable[..., AppServer]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeApp:
    def app_server(*sidecars: Sidecar, **arguments: Any) -> AppServer:
        return AppServer(
            stack,
            "App",
            cluster=cluster,
            container=replace(container, **{"port": 8000, "health_check": HEALTHY, **arguments}),
            dns_name="app",
            sidecars=sidecars,
        )

    return app_server


def containers(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    return {one["Name"]: one for one in properties(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]}


class Agent:
    """A sidecar of somebody who imports nothing of ours."""

    def __init__(self, **arguments: Any) -> None:
        self._arguments: dict[str, Any] = {"image": IMAGE, "user": "agent", "memory_limit_mib": 64, **arguments}

    def bind(self, task: Any) -> None:
        task.add_container(self._arguments.pop("name", "agent"), **self._arguments)


def is_hardened(container: dict[str, Any]) -> bool:
    linux = container["LinuxParameters"]
    log_options = container["LogConfiguration"]["Options"]
    return (
        container["ReadonlyRootFilesystem"] is True
        and container["User"].split(":")[0] not in ("", "0", "root")
        and linux["Capabilities"] == {"Drop": ["ALL"]}
        and linux["InitProcessEnabled"] is True
        and (log_options["mode"], log_options["max-buffer-size"]) == ("non-blocking", "26214400b")
    )


def test_the_sidecar_of_an_outsider_is_as_hardened_as_the_program(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(environment={"LEVEL": "info"}, command=["run"], writable_paths=[WritablePath(container_path="/run")]))

    agent = containers(stack)["agent"]
    assert is_hardened(agent)
    assert (agent["Memory"], agent["Command"]) == (64, ["run"])
    assert agent["Environment"] == [{"Name": "LEVEL", "Value": "info"}]
    assert agent["LinuxParameters"]["Tmpfs"] == [{"ContainerPath": "/run", "Size": 64}]


def test_a_sidecar_gets_all_that_it_asks_for(stack: cdk.Stack, make: MakeApp) -> None:
    token = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Token", parameter_name="/token")
    make(Agent(entry_point=["/agent"], secrets={"TOKEN": ecs.Secret.from_ssm_parameter(token)}, health_check=HEALTHY))

    agent = containers(stack)["agent"]
    assert agent["Image"] == "example.com/sidecar:1.0.0"
    assert agent["EntryPoint"] == ["/agent"]
    assert [one["Name"] for one in agent["Secrets"]] == ["TOKEN"]
    assert agent["HealthCheck"]["Command"] == ["CMD", "true"]


def test_a_sidecar_writes_under_its_own_name_to_the_log_group_of_the_tier(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent())

    options = {name: one["LogConfiguration"]["Options"] for name, one in containers(stack).items()}
    assert {name: one["awslogs-stream-prefix"] for name, one in options.items()} == {"main": "main", "agent": "agent"}
    assert options["agent"]["awslogs-group"] == options["main"]["awslogs-group"]


def test_a_sidecar_may_have_as_little_memory_as_ecs_allows(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(memory_limit_mib=6))

    assert containers(stack)["agent"]["Memory"] == 6


def test_a_sidecar_that_fails_is_started_again_and_the_program_goes_on(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent())

    agent = containers(stack)["agent"]
    assert (agent["Essential"], agent["RestartPolicy"], agent["StopTimeout"]) == (False, {"Enabled": True}, 30)


def test_a_sidecar_without_which_the_task_is_nothing_stops_it(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(essential=True))

    agent = containers(stack)["agent"]
    assert agent["Essential"] is True
    assert not agent.get("RestartPolicy", {}).get("Enabled")


def test_the_program_starts_after_its_sidecar_and_stops_before_it(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent())

    assert containers(stack)["main"]["DependsOn"] == [{"Condition": "START", "ContainerName": "agent"}]


def test_the_program_can_wait_for_a_healthy_sidecar(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(condition=ecs.ContainerDependencyCondition.HEALTHY, health_check=HEALTHY))

    assert containers(stack)["main"]["DependsOn"] == [{"Condition": "HEALTHY", "ContainerName": "agent"}]


def test_there_may_be_no_order(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(condition=None))

    assert "DependsOn" not in containers(stack)["main"]


def test_a_sidecar_can_start_after_another_that_comes_later(stack: cdk.Stack, make: MakeApp) -> None:
    make(
        Agent(depends_on={"proxy": ecs.ContainerDependencyCondition.HEALTHY}),
        Agent(name="proxy", health_check=HEALTHY),
    )

    assert containers(stack)["agent"]["DependsOn"] == [{"Condition": "HEALTHY", "ContainerName": "proxy"}]
    assert [one["ContainerName"] for one in containers(stack)["main"]["DependsOn"]] == ["agent", "proxy"]


def test_a_sidecar_can_start_after_the_program(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(condition=None, depends_on={"main": ecs.ContainerDependencyCondition.HEALTHY}))

    assert containers(stack)["agent"]["DependsOn"] == [{"Condition": "HEALTHY", "ContainerName": "main"}]
    assert "DependsOn" not in containers(stack)["main"]


@pytest.mark.parametrize("condition", ["COMPLETE", "SUCCESS"])
def test_the_program_can_wait_for_what_ends(stack: cdk.Stack, make: MakeApp, condition: str) -> None:
    make(Agent(name="migration", ends=True, condition=ecs.ContainerDependencyCondition[condition]))

    assert containers(stack)["main"]["DependsOn"] == [{"Condition": condition, "ContainerName": "migration"}]
    assert containers(stack)["migration"]["Essential"] is False
    assert "RestartPolicy" not in containers(stack)["migration"]


def test_a_sidecar_s_variable_that_is_called_like_a_secret_may_be_none(stack: cdk.Stack, make: MakeApp) -> None:
    make(Agent(environment={"USE_TOKEN": "no"}, not_secret=["USE_TOKEN"]))

    assert containers(stack)["agent"]["Environment"] == [{"Name": "USE_TOKEN", "Value": "no"}]


def test_a_collector_takes_traces_and_metrics_inside_the_task_alone(stack: cdk.Stack, make: MakeApp) -> None:
    make(OpenTelemetryCollector(image=IMAGE, metric_namespace="Shop"))

    collector = containers(stack)["otel-collector"]
    [variable] = collector["Environment"]
    text = "".join(part if isinstance(part, str) else "LOGS" for part in variable["Value"]["Fn::Join"][1])
    config = yaml.safe_load(text)
    assert is_hardened(collector)
    assert (collector["Memory"], collector["User"]) == (128, "4317:4317")
    assert collector["HealthCheck"]["Command"] == ["CMD", "/healthcheck"]
    assert variable["Name"] == "AOT_CONFIG_CONTENT"
    assert "PortMappings" not in collector
    assert all(one["endpoint"].startswith("localhost:") for one in config["receivers"]["otlp"]["protocols"].values())
    assert config["exporters"]["awsemf"]["namespace"] == "Shop"
    assert config["exporters"]["awsemf"]["log_group_name"] == "LOGS"
    for pipeline in config["service"]["pipelines"].values():
        assert pipeline["processors"][0] == "memory_limiter"
        assert {*pipeline["receivers"]} <= {*config["receivers"]}
        assert {*pipeline["processors"]} <= {*config["processors"]}
        assert {*pipeline["exporters"]} <= {*config["exporters"]}


def test_the_program_finds_its_collector(stack: cdk.Stack, make: MakeApp) -> None:
    make(OpenTelemetryCollector(image=IMAGE))

    assert containers(stack)["main"]["Environment"] == [
        {"Name": "OTEL_EXPORTER_OTLP_ENDPOINT", "Value": "http://localhost:4318"}
    ]


@pytest.mark.parametrize("port", [4317, 4318, 13133])
def test_the_ports_of_a_collector_are_its_own(make: MakeApp, port: int) -> None:
    with pytest.raises(
        ValueError, match=f"^Stack/App: container.port must be none of .* in the same task, got {port}$"
    ):
        make(OpenTelemetryCollector(image=IMAGE), port=port)


def test_with_a_configuration_of_the_user_grpc_may_be_elsewhere(make: MakeApp) -> None:
    make(OpenTelemetryCollector(image=IMAGE, config="receivers: {}"), port=4317)


def test_the_port_that_the_program_is_told_stays_the_collector_s(make: MakeApp) -> None:
    with pytest.raises(ValueError, match="container.port must be none of 4318, 13133,"):
        make(OpenTelemetryCollector(image=IMAGE, config="receivers: {}"), port=4318)


def test_a_collector_may_write_traces_and_to_the_log_group_of_its_tier(stack: cdk.Stack, make: MakeApp) -> None:
    make(OpenTelemetryCollector(image=IMAGE))

    about_traces = [one for one in statements(stack) if "xray:PutTraceSegments" in one["Action"]]
    about_logs = [one for one in statements(stack) if one["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]]
    assert [one["Resource"] for one in about_traces] == ["*"]
    assert len(about_logs) == 2  # the agent of ECS, and the collector
    assert "*" not in [one["Resource"] for one in about_logs]


def test_a_configuration_of_the_user_has_its_own_permissions(stack: cdk.Stack, make: MakeApp) -> None:
    make(
        OpenTelemetryCollector(
            image=IMAGE,
            config="receivers: {}",
            policy_statements=[iam.PolicyStatement(actions=["aps:RemoteWrite"], resources=["arn:x"])],
        )
    )

    assert containers(stack)["otel-collector"]["Environment"][0]["Value"] == "receivers: {}"
    assert [one["Resource"] for one in statements(stack) if one["Action"] == "aps:RemoteWrite"] == ["arn:x"]


def test_a_log_router_takes_what_the_program_prints(stack: cdk.Stack, make: MakeApp) -> None:
    secret = ecs.Secret.from_ssm_parameter(
        ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Token", parameter_name="/token")
    )
    make(
        replace(
            FLUENT_BIT,
            secret_options={"Http_Passwd": secret},
            policy_statements=[iam.PolicyStatement(actions=["es:ESHttpPost"], resources=["arn:x"])],
        )
    )

    main, router = containers(stack)["main"], containers(stack)["log-router"]
    assert main["LogConfiguration"]["LogDriver"] == "awsfirelens"
    assert main["LogConfiguration"]["Options"] == {"Name": "opensearch", "Host": "logs.example.com"}
    assert [one["Name"] for one in main["LogConfiguration"]["SecretOptions"]] == ["Http_Passwd"]
    assert router["FirelensConfiguration"]["Type"] == "fluentbit"
    assert is_hardened(router)
    assert (router["Memory"], router["Essential"], router["StopTimeout"]) == (128, True, 30)
    assert router["LinuxParameters"]["Tmpfs"] == [{"ContainerPath": "/tmp", "Size": 64}]
    assert len(containers(stack)) == 2  # none that aws_cdk adds by itself
    assert [one["Resource"] for one in statements(stack) if one["Action"] == "es:ESHttpPost"] == ["arn:x"]


@pytest.mark.parametrize(
    ("sidecars", "arguments", "message"),
    [
        ([Agent(), Agent()], {}, "container 'agent': the task has a container of that name"),
        (
            [Agent(memory_limit_mib=300), Agent(name="other", memory_limit_mib=212)],
            {},
            "container 'other': memory_limit_mib must be from 6 and below the 212 MiB that the task has left, got 212",
        ),
    ],
)
def test_refuses(make: MakeApp, sidecars: list[Sidecar], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/App.*{message}"):
        make(*sidecars, **arguments)


@pytest.mark.parametrize("namespace", ["", "My Shop"])
def test_a_namespace_of_metrics_is_one_that_cloudwatch_takes(namespace: str) -> None:
    with pytest.raises(ValueError, match="OpenTelemetryCollector: metric_namespace must be 1 to 255"):
        OpenTelemetryCollector(image=IMAGE, metric_namespace=namespace)


class Shell:
    """A sidecar of a user, with a folder for ECS Exec of its own, or none."""

    def __init__(self, name: str, *folders: str) -> None:
        self._name = name
        self._paths = [WritablePath(container_path=folder) for folder in folders]

    def bind(self, task: ExtensibleTask) -> None:
        task.add_container(self._name, image=IMAGE, user="agent", memory_limit_mib=64, writable_paths=self._paths)


def test_a_shell_finds_the_folders_that_it_writes_in_each_container(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    AppServer(
        stack,
        "App",
        cluster=cluster,
        container=replace(container, port=8000, health_check=HEALTHY),
        dns_name="app",
        sidecars=[FLUENT_BIT, Shell("plain"), Shell("own", "/var/lib/amazon", "/var/log/amazon")],
        enable_execute_command=True,
    )

    mounts = {
        name: {one["ContainerPath"]: one["SourceVolume"] for one in container.get("MountPoints", [])}
        for name, container in containers(stack).items()
    }
    assert mounts == {
        "main": {"/var/lib/amazon": "exec-lib", "/var/log/amazon": "exec-log"},
        "log-router": {"/var/lib/amazon": "exec-lib-log-router", "/var/log/amazon": "exec-log-log-router"},
        "plain": {"/var/lib/amazon": "exec-lib-plain", "/var/log/amazon": "exec-log-plain"},
        "own": {},
    }
    volumes = {one["Name"] for one in properties(stack, "AWS::ECS::TaskDefinition")["Volumes"]}
    assert volumes == {volume for of_one in mounts.values() for volume in of_one.values()}

"""Rules of containers beside the main one. What a sidecar adds to a task is known only once the task is there."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_ecs as ecs

from ecs_workloads import FluentBit, OpenTelemetryCollector, RabbitMqCollector
from tests.unit.bad_input.row import IMAGE, Agent, Bench, Row

_COLLECTOR = OpenTelemetryCollector(image=IMAGE)
_MEMORY = "memory_limit_mib must be from 6 and below the 512 MiB that the task has left, got"
_WAIT = ecs.ContainerDependencyCondition
_CACHE = "the image is kept by a cache in us-east-1 of account 111111111111, from which the task does not pull: make a"
_LATEST = ecs.ContainerImage.from_registry("example.com/agent:latest")


def _agent(wrong: str, message: str, error: type[Exception] = ValueError, **arguments: Any) -> Row:
    def call(at: Bench) -> object:
        return at.app(sidecars=[Agent(**arguments)])

    container = arguments.get("name", "agent")
    return Row(wrong, f"Stack/App, container {container!r}", message, call, error, leaves=True)


def _order(wrong: str, message: str, *sidecars: Agent) -> Row:
    def call(at: Bench) -> object:
        return at.app(sidecars=sidecars)

    subject, _, rest = message.partition(": ")
    return Row(wrong, f"Stack/App, {subject}", rest, call, leaves=True)


ROWS = (
    Row(
        "a collector of 32 MiB",
        "RabbitMqCollector",
        "memory_limit_mib must be from 64 to 1024, got 32",
        lambda _: RabbitMqCollector(memory_limit_mib=32),
    ),
    Row(
        "a collector of 2 GiB",
        "RabbitMqCollector",
        "memory_limit_mib must be from 64 to 1024, got 2048",
        lambda _: RabbitMqCollector(memory_limit_mib=2048),
    ),
    _agent(
        "a sidecar's name with a space",
        "name must be letters, digits, hyphens and underscores, got 'my agent'",
        name="my agent",
    ),
    _agent("a sidecar with the program's name", "the task has a container of that name", name="main"),
    _agent("a sidecar of root", "user must not be root, got 'root'", user="root"),
    _agent("a sidecar of 5 MiB", f"{_MEMORY} 5", memory_limit_mib=5),
    _agent("a sidecar that fills the task", f"{_MEMORY} 512", memory_limit_mib=512),
    _agent("a sidecar of today", "the image must have a version or a digest, and not latest,", image=_LATEST),
    _agent(
        "a task that stops as soon as it has begun",
        "ends and essential: the task would stop as soon as it has begun",
        ends=True,
        essential=True,
    ),
    _order(
        "the health of what nobody checks",
        "container 'main': cannot wait for the health of 'agent', which has no health_check",
        Agent(condition=_WAIT.HEALTHY),
    ),
    _order(
        "the end of what is essential",
        "container 'main': cannot wait for the end of 'agent', which is essential or started again: add it with ends=",
        Agent(condition=_WAIT.COMPLETE, essential=True),
    ),
    _order(
        "the end of what is started again",
        "container 'main': cannot wait for the end of 'agent', which is essential or started again: add it with ends=",
        Agent(condition=_WAIT.SUCCESS),
    ),
    _order(
        "a wait for what is not there",
        "container 'agent': depends_on must name containers of the task, got 'migrations' (did you mean 'migration'?)",
        Agent(name="migration"),
        Agent(depends_on={"migrations": _WAIT.START}),
    ),
    Row(
        "containers that wait for each other",
        "Stack/App",
        "containers wait for each other: agent -> main -> agent",
        lambda at: at.app(sidecars=[Agent(depends_on={"main": _WAIT.START})]),
        leaves=True,
    ),
    _agent(
        "a sidecar's variable with a hyphen",
        "a variable's name must be letters, digits and underscores, got 'MY-NAME'",
        environment={"MY-NAME": "x"},
    ),
    _agent(
        "a sidecar's long-lived key",
        "AWS_SECRET_ACCESS_KEY must not be set: use the task role",
        environment={"AWS_SECRET_ACCESS_KEY": "x"},
    ),
    _agent(
        "a sidecar's open variable called like a secret",
        "API_TOKEN is called like a secret: pass it in secrets, or name it in not_secret if anybody may know it",
        environment={"API_TOKEN": "x"},
    ),
    _agent(
        "a sidecar's secret that is none and is not there",
        "not_secret must name variables of environment, got 'API_TOKEN'",
        not_secret=["API_TOKEN"],
    ),
    _agent(
        "a sidecar's secret in an open variable",
        "the value of KEY looks like an AWS access key: pass it in secrets",
        environment={"KEY": "AKIA" + "A" * 16},
    ),
    Row(
        "a sidecar's variable that is open and secret",
        "Stack/App, container 'agent'",
        "LEVEL are set in both environment and secrets",
        lambda at: at.app(
            sidecars=[Agent(environment={"LEVEL": "x"}, secrets={"LEVEL": ecs.Secret.from_secrets_manager(at.secret)})]
        ),
        leaves=True,
    ),
    Row(
        "the collector's address set by the program",
        "Stack/App",
        "environment variable 'OTEL_EXPORTER_OTLP_ENDPOINT' is already set",
        lambda at: at.app(container=at.served(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "x"}), sidecars=[_COLLECTOR]),
        leaves=True,
    ),
    Row(
        "a program on a port of the collector",
        "Stack/App",
        "container.port must be none of 4317, 4318, 13133, on which the OpenTelemetryCollector listens in the same "
        "task, got 4318",
        lambda at: at.app(container=at.served(port=4318), sidecars=[_COLLECTOR]),
        leaves=True,
    ),
    Row(
        "a log router of today",
        "Stack/App, container 'log-router'",
        "the image must have a version or a digest, and not latest, got 'example.com/agent:latest'",
        lambda at: at.app(sidecars=[FluentBit(image=_LATEST, options={"Name": "null"})]),
        leaves=True,
    ),
    Row(
        "a sidecar from a cache of another region",
        "Stack/App, container 'agent'",
        _CACHE,
        lambda at: at.app_in_ireland(sidecars=[Agent(image=at.distant_image)]),
    ),
    Row(
        "a log router from a cache of another region",
        "Stack/App, container 'log-router'",
        _CACHE,
        lambda at: at.app_in_ireland(sidecars=[FluentBit(image=at.distant_image, options={"Name": "null"})]),
    ),
    Row(
        "a program from a cache of another region",
        "Stack/App",
        _CACHE,
        lambda at: at.app_in_ireland(container=at.served(image=at.distant_image)),
    ),
    Row(
        "a log router without an output",
        "FluentBit",
        "options must name the output, got ['Host']",
        lambda _: FluentBit(image=IMAGE, options={"Host": "logs.example.com"}),
    ),
    Row(
        "metrics in a namespace of AWS",
        "OpenTelemetryCollector",
        "metric_namespace must be 1 to 255 letters, digits and ._/#:- and not begin with AWS/, got 'AWS/Shop'",
        lambda _: OpenTelemetryCollector(image=IMAGE, metric_namespace="AWS/Shop"),
    ),
)

"""Brokers of the construct, on a real RabbitMQ. A cluster takes a while to form: tests share it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template as Synthesised

from ecs_workloads import NodeCluster, RabbitMqBroker, SingleNode
from tests.broker.deployment import Deployment
from tests.broker.root import NEWEST, SUITES, Root, broker_root, why_not
from tests.broker.task_plan import Template
from tests.broker.vpc import Vpc

# The second is held for longer than the broker lets by itself.
QUEUES = {"orders": timedelta(minutes=5), "invoices": timedelta(minutes=25)}


def template(
    *, version: str, certificate: Callable[[cdk.Stack], secretsmanager.Secret] | None = None, **arguments: Any
) -> Template:
    """Synthesise a broker with two queues, each with a producer and a consumer."""
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    cluster = ecs.Cluster(
        stack,
        "Cluster",
        vpc=ec2.Vpc(stack, "Vpc", max_azs=3),
        default_cloud_map_namespace=ecs.CloudMapNamespaceOptions(name="shop.internal"),
    )
    arguments.setdefault("grade", SingleNode())
    if certificate is not None:
        arguments["certificate"] = certificate(stack)
    broker = RabbitMqBroker(stack, "Broker", cluster=cluster, version=version, **arguments)
    for name, longest in QUEUES.items():
        broker.queue(name, longest_processing_time=longest)
    return Template(Synthesised.from_stack(stack).to_json())


# For the modules that run on each RabbitMQ.
ON_EACH = pytest.mark.parametrize("image", SUITES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def image(request: pytest.FixtureRequest) -> Root:
    """The newest RabbitMQ, where a module does not ask for each."""
    if "CI" not in os.environ and (reason := why_not()):
        pytest.skip(reason)
    return broker_root(str(getattr(request, "param", NEWEST)))


@pytest.fixture(scope="session")
def vpc(image: Root) -> Generator[Vpc, None, None]:
    assert image.path.is_dir()
    with Vpc() as vpc:
        yield vpc


def deploy(vpc: Vpc, image: Root, folder: Path, **arguments: Any) -> Deployment:
    """Return a deployment of a broker with these arguments, which does not run yet."""
    found = template(version=image.version, **arguments)
    return Deployment(template=found, vpc=vpc, image=image.path, folder=folder)


@pytest.fixture(scope="module")
def single(vpc: Vpc, image: Root, tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment, None, None]:
    """One node, which runs."""
    with deploy(vpc, image, tmp_path_factory.mktemp("single")) as one:
        one.start()
        yield one


@pytest.fixture(scope="module")
def cluster(vpc: Vpc, image: Root, tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment, None, None]:
    """Three nodes, which run, and began all at once."""
    with deploy(vpc, image, tmp_path_factory.mktemp("cluster"), grade=NodeCluster()) as three:
        three.start()
        yield three

"""Fixtures for all tests. Validation by CDK itself is on in ``tests/compliance`` alone, where the CLI runs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

# Counts only when it is set before the first import of aws_cdk.
os.environ.setdefault("CDK_VALIDATION", "false")

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import Container, RabbitMqQueue
from tests.user_pytest import UserPytest


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Stack")


@pytest.fixture
def cluster(stack: cdk.Stack) -> ecs.Cluster:
    return ecs.Cluster(
        stack,
        "Cluster",
        vpc=ec2.Vpc(stack, "Vpc"),
        default_cloud_map_namespace=ecs.CloudMapNamespaceOptions(name="internal"),
    )


@pytest.fixture
def container() -> Container:
    return Container(image=ecs.ContainerImage.from_registry("example.com/shop:1.0.0"))


@pytest.fixture
def rabbit_mq_queue(stack: cdk.Stack) -> RabbitMqQueue:
    """Return a queue of a broker that another stack made."""
    return RabbitMqQueue(
        name="orders",
        longest_processing_time=timedelta(minutes=2),
        host_names=["rabbitmq.internal"],
        producer_credentials=secretsmanager.Secret.from_secret_complete_arn(
            stack, "Producer", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:producer-abcdef"
        ),
        consumer_credentials=secretsmanager.Secret.from_secret_complete_arn(
            stack, "Consumer", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:consumer-abcdef"
        ),
        broker=ec2.Connections(
            security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Broker", "sg-broker")]
        ),
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the distribution that users install."""
    folder = tmp_path_factory.mktemp("dist")
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    subprocess.run(command, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what a user has installed, entry points included; put it on ``PYTHONPATH``."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def user_pytest(installed: Path, tmp_path: Path) -> UserPytest:
    """Return pytest in a folder that holds nothing of this repository, with the wheel installed."""
    return UserPytest(folder=tmp_path, installed=installed)

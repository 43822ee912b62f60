"""The container of a RabbitMQ node."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import resources

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from ecs_workloads._checks import duration
from ecs_workloads._rabbit_mq_files import FOLDER
from ecs_workloads.container import Container

# The user `rabbitmq` of the official images, but for Alpine's.
UID = "999"
DATA_PATH = "/var/lib/rabbitmq"
# Where the nodes of a cluster note that it was begun.
CLUSTER_PATH = "/var/lib/rabbitmq-cluster"
CONFIGURATION = "BROKER_CONFIGURATION"
_RUNNING = "rabbitmq-diagnostics -q check_running"
_OPEN_FILES = 65536


def node_containers(
    *,
    image: ecs.ContainerImage,
    cpu: int,
    memory_limit_mib: int,
    host_names: Sequence[str],
    log_retention: logs.RetentionDays,
) -> list[Container]:
    """Return the container of the node at each host name; without its configuration, its secrets and its data."""
    clustered = len(host_names) > 1
    nodes = [f"rabbit@{host_name}" for host_name in host_names]
    return [
        replace(
            _container(
                image=image,
                cpu=cpu,
                memory_limit_mib=memory_limit_mib,
                environment=_member(cpu, peers=nodes, place=place) if clustered else _lone_node(cpu),
                clustered=clustered,
            ),
            log_retention=log_retention,
        )
        for place in range(len(host_names))
    ]


def _container(
    *, image: ecs.ContainerImage, cpu: int, memory_limit_mib: int, environment: Mapping[str, str], clustered: bool
) -> Container:
    return Container(
        image=image,
        user=f"{UID}:{UID}",
        cpu=cpu,
        memory_limit_mib=memory_limit_mib,
        entry_point=["/bin/sh", "-c", _entry_point(), "entry-point"],
        command=["rabbitmq-server"],
        environment={
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": f"{FOLDER}/rabbitmq.conf",
            # Else the image's own settings would be read as well: they let the user guest in from the network.
            "RABBITMQ_CONFIG_FILES": f"{FOLDER}/conf.d",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{FOLDER}/enabled_plugins",
            **environment,
        },
        # `ping` answers even while the node hangs in its boot; this command takes up to 3 seconds.
        health_check=ecs.HealthCheck(
            # A new node is none before it has its copies, or the next one would be stopped too early. A node that
            # nothing but its peers can help is no reason to start it again. The entry point notes both.
            command=["CMD-SHELL", f"{_RUNNING} && test -e {DATA_PATH}/.member || test -e {FOLDER}/waiting"]
            if clustered
            else ["CMD", *_RUNNING.split()],
            interval=duration(timedelta(seconds=60)),
            timeout=duration(timedelta(seconds=30)),
            retries=5,
            start_period=duration(timedelta(seconds=300)),
        ),
        ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=_OPEN_FILES, hard_limit=_OPEN_FILES)],
    )


def _lone_node(cpu: int) -> dict[str, str]:
    """Return the variables of a node without peers, whose ports between nodes are for its own task alone."""
    return {
        # The data directory bears the name of the node: under another name the broker starts empty.
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_schedulers(cpu)} -kernel inet_dist_use_interface {{127,0,0,1}}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }


def _member(cpu: int, *, peers: Sequence[str], place: int) -> dict[str, str]:
    """Return the variables of the node at ``place`` among ``peers``. The first one begins the cluster."""
    return {
        "RABBITMQ_NODENAME": peers[place],
        "RABBITMQ_USE_LONGNAME": "true",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _schedulers(cpu),
        "ERL_INETRC": f"{FOLDER}/inetrc",
        "BROKER_PEERS": " ".join(peer for other, peer in enumerate(peers) if other != place),
        "BROKER_BEGINS_CLUSTER": "true" if place == 0 else "false",
    }


def _schedulers(cpu: int) -> str:
    """Return as many threads as there are vCPUs: the broker would count those of the host."""
    count = max(1, cpu // 1024)
    return f"+S {count}:{count}"


@functools.cache
def _entry_point() -> str:
    return resources.files("ecs_workloads").joinpath("_rabbit_mq_entry_point.sh").read_text(encoding="utf-8")

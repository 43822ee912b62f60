"""The files of a RabbitMQ node, made of what is known when the app is synthesised."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ecs_workloads._broker_queue import dead_letter_queue_of

AMQP_PORT, AMQPS_PORT = 5672, 5671
PROMETHEUS_PORT, MANAGEMENT_PORT = 15692, 15672
# Where the entry point writes them.
FOLDER = "/tmp/broker"  # noqa: S108 - inside the container
# Below 2 GiB the broker's own overhead weighs more, and less of the memory may fill with messages.
_SMALL_MEMORY_MIB = 2048
_MIB = 1024 * 1024
# A task's own disk has 20 GiB, also beside more memory: with a limit above what is free the broker would take no
# message from the start. As much as RabbitMQ's operator for Kubernetes asks for.
# https://github.com/rabbitmq/cluster-operator
_MOST_FREE_DISK = 2 * 1024 * _MIB
_PLUGINS = "[rabbitmq_management,rabbitmq_prometheus]."
_VIRTUAL_HOST = "/"
_Definition = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class DeclaredQueue:
    """A queue that the definitions declare, with who may use it.

    ``consumer_timeout`` is the time for which a consumer may hold a message, where it is longer than the broker's own.
    ``producer`` and ``consumer`` are the variables of the broker's task that hold the passwords of its two users.
    """

    name: str
    delivery_limit: int
    consumer_timeout: timedelta | None
    producer: str
    consumer: str


def producer_user(name: str) -> str:
    """Return the user that may send to the queue ``name``."""
    return f"{name}.producer"


def consumer_user(name: str) -> str:
    """Return the user that may consume the queue ``name``."""
    return f"{name}.consumer"


def configuration(*, settings: Sequence[str], definitions: str) -> str:
    """Return all files in the form that the entry point reads. No secret is in it."""
    return "\n".join(
        (
            "=== rabbitmq.conf 644",
            *settings,
            "=== enabled_plugins 644",
            _PLUGINS,
            # With the passwords that the entry point fills in.
            "=== definitions.json 600",
            definitions,
        )
    )


def settings(
    *,
    cluster_name: str,
    memory_limit_mib: int,
    memory_of_others: int,
    own_disk: bool,
    tls: bool,
    nodes: int,
    partition_handling: bool,
) -> list[str]:
    """Return the lines of ``rabbitmq.conf``, for a task in which other containers may take ``memory_of_others`` MiB.

    With ``own_disk`` the data lies on the disk of the task, else on a file system that grows with it.
    https://www.rabbitmq.com/docs/configure
    """
    share = 0.6 if memory_limit_mib >= _SMALL_MEMORY_MIB else 0.4
    # In a task the broker would take the host's memory for its own.
    watermark = int((memory_limit_mib - memory_of_others) * _MIB * share)
    disk_free_limit = min(watermark, _MOST_FREE_DISK) if own_disk else watermark
    return [
        f"cluster_name = {cluster_name}",
        "log.console = true",
        "log.file = false",
        f"vm_memory_high_watermark.absolute = {watermark}",
        f"disk_free_limit.absolute = {disk_free_limit}",
        "default_queue_type = quorum",
        "anonymous_login_user = none",
        f"load_definitions = {FOLDER}/definitions.json",
        # Both are for who is in the task already: a sidecar, and a shell that forwards the port.
        "prometheus.tcp.ip = 127.0.0.1",
        f"prometheus.tcp.port = {PROMETHEUS_PORT}",
        "management.tcp.ip = 127.0.0.1",
        f"management.tcp.port = {MANAGEMENT_PORT}",
        *(_tls() if tls else [f"listeners.tcp.default = {AMQP_PORT}"]),
        *(_clustering(nodes, partition_handling=partition_handling) if nodes > 1 else []),
    ]


def definitions(*, administrator: tuple[str, str], queues: Sequence[DeclaredQueue]) -> str:
    """Return users, permissions, exchanges, queues and policies; ``administrator`` is a name and a variable.

    https://www.rabbitmq.com/docs/definitions
    """
    name, variable = administrator
    everything = {"vhost": _VIRTUAL_HOST, "configure": ".*", "write": ".*", "read": ".*"}
    sections: dict[str, list[_Definition]] = {
        "users": [
            _user(name, variable, "administrator"),
            *(_user(producer_user(one.name), one.producer) for one in queues),
            *(_user(consumer_user(one.name), one.consumer) for one in queues),
        ],
        "vhosts": [{"name": _VIRTUAL_HOST}],
        "permissions": [
            {"user": name, **everything},
            *(_permission(producer_user(one.name), write=_exactly(one.name)) for one in queues),
            *(_permission(consumer_user(one.name), read=_exactly(one.name)) for one in queues),
        ],
        "policies": [*map(_policy, queues), _POLICY_OF_DEAD_LETTERS],
        "exchanges": [_exchange(one.name) for one in queues],
        "queues": [_queue(name) for one in queues for name in (one.name, dead_letter_queue_of(one.name))],
        "bindings": [_binding(one.name) for one in queues],
    }
    # One object on each line: what is filled in, and what a reader compares, is a line.
    written = (f'"{key}":[\n' + ",\n".join(map(_compact, values)) + "\n]" for key, values in sections.items())
    return "{" + ",\n".join(written) + "}"


def _tls() -> list[str]:
    return [
        "listeners.tcp = none",
        f"listeners.ssl.default = {AMQPS_PORT}",
        f"ssl_options.certfile = {FOLDER}/certificate.pem",
        f"ssl_options.keyfile = {FOLDER}/private_key.pem",
        "ssl_options.verify = verify_none",  # programs log in with a password, not with a certificate
        "ssl_options.fail_if_no_peer_cert = false",
        "ssl_options.versions.1 = tlsv1.3",
        "ssl_options.versions.2 = tlsv1.2",
    ]


def _clustering(nodes: int, *, partition_handling: bool) -> list[str]:
    """Return how a cluster of so many nodes holds together; the entry point adds whom a new node joins."""
    return [
        "cluster_formation.peer_discovery_backend = classic_config",
        f"cluster_formation.target_cluster_size_hint = {nodes}",
        *(["cluster_partition_handling = pause_minority"] if partition_handling else []),
        # A node that lost its data gets its copies again.
        "quorum_queue.continuous_membership_reconciliation.enabled = true",
        f"quorum_queue.continuous_membership_reconciliation.target_group_size = {nodes}",
    ]


def _user(name: str, variable: str, *tags: str) -> _Definition:
    return {"name": name, "password": f"|{variable}|", "tags": list(tags)}


def _permission(user: str, *, write: str = "^$", read: str = "^$") -> _Definition:
    return {"user": user, "vhost": _VIRTUAL_HOST, "configure": "^$", "write": write, "read": read}


def _policy(queue: DeclaredQueue) -> _Definition:
    """Return what holds for messages of the queue; as a policy, unlike an argument, it can change later."""
    return {
        "name": queue.name,
        "vhost": _VIRTUAL_HOST,
        "pattern": _exactly(queue.name),
        "apply-to": "quorum_queues",
        "priority": 10,
        "definition": {
            "delivery-limit": queue.delivery_limit,
            "dead-letter-exchange": "",
            "dead-letter-routing-key": dead_letter_queue_of(queue.name),
            # A dead letter stays until the other queue has confirmed it, for which nothing may be dropped.
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
            **(
                {}
                if queue.consumer_timeout is None
                else {"consumer-timeout": int(queue.consumer_timeout.total_seconds() * 1000)}
            ),
        },
    }


def _exchange(name: str) -> _Definition:
    """Return the queue's own exchange: who may write to the default one may send to every queue."""
    return {"name": name, "vhost": _VIRTUAL_HOST, "type": "direct", "durable": True, **_PLAIN, "internal": False}


def _queue(name: str) -> _Definition:
    return {"name": name, "vhost": _VIRTUAL_HOST, "durable": True, **_PLAIN, "arguments": {"x-queue-type": "quorum"}}


def _binding(name: str) -> _Definition:
    return {
        "source": name,
        "vhost": _VIRTUAL_HOST,
        "destination": name,
        "destination_type": "queue",
        "routing_key": name,
        "arguments": {},
    }


_PLAIN: _Definition = {"auto_delete": False, "arguments": {}}
# RabbitMQ drops what was looked at 20 times and given back, and a dead letter has nowhere else to go. No queue has the
# policy's name, which begins with a dot.
# https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling
_POLICY_OF_DEAD_LETTERS: _Definition = {
    "name": dead_letter_queue_of(""),
    "vhost": _VIRTUAL_HOST,
    "pattern": dead_letter_queue_of("").replace(".", r"\.") + "$",
    "apply-to": "quorum_queues",
    "priority": 10,
    "definition": {"delivery-limit": -1},
}


def _exactly(name: str) -> str:
    """Return the pattern that matches ``name`` alone; of the characters a name may have, the dot alone is special."""
    return "^" + name.replace(".", r"\.") + "$"


def _compact(value: _Definition) -> str:
    return json.dumps(value, separators=(",", ":"))

"""A private RabbitMQ, a container of the test: nothing of it outlives the test, or meets a broker of the machine."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Generator
from pathlib import Path

from pika.adapters.blocking_connection import BlockingConnection

from ecs_workloads_runtime import AmqpConnection
from tests.broker.root import broker_root
from tests.broker.task import Task
from tests.broker.task_plan import TaskPlan
from tests.broker.vpc import Vpc

_USER, _PASSWORD = "application", "secret"
_PORT = 5672
# The official image as it is: what the construct makes of it has tests of its own.
_PLAN = TaskPlan(
    service="Broker",
    dns_name="rabbitmq.internal",
    after=frozenset(),
    container={
        "User": "999:999",
        "Environment": {"RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_LOGS": "-"},
        "Secrets": {
            "RABBITMQ_DEFAULT_USER": _USER,
            "RABBITMQ_DEFAULT_PASS": _PASSWORD,
            "RABBITMQ_ERLANG_COOKIE": "ABCDEFGHIJKLMNOPQRST",
        },
        "HealthCheck": {"Command": ["CMD", "rabbitmq-diagnostics", "-q", "check_running"], "Timeout": 30},
        "MountPoints": [{"ContainerPath": "/var/lib/rabbitmq"}],
        "StopTimeout": 60,
    },
    folders={"/var/lib/rabbitmq": "data"},
    scratch=(),
)


class Broker:
    """One node with a folder and an address of its own, at which it comes back after a stop."""

    def __init__(self, folder: Path) -> None:
        self._stack = contextlib.ExitStack()
        self._task = Task(_PLAN, self._stack.enter_context(Vpc()), folder, broker_root())
        self._stack.callback(self._task.kill)

    @property
    def address(self) -> tuple[str, int]:
        """Where it is."""
        return self._task.address, _PORT

    def start(self) -> None:
        """Return when it answers."""
        self._task.start(keep_address=bool(self._task.address))

    def kill(self) -> None:
        """End it at once."""
        self._task.kill()

    def stop(self) -> None:
        """Let it end, and return when it has."""
        status, _ = self._task.stop()
        assert status == 0

    def close(self) -> None:
        """End it for good."""
        self._stack.close()

    def limit(self, name: str, length: int) -> None:
        """Let the queue ``name`` take no more than so many messages."""
        policy = json.dumps({"max-length": length})
        self._task.ctl("set_policy", name, f"^{name}$", policy, "--apply-to", "queues")

    @contextlib.contextmanager
    def largest_message(self, size: int) -> Generator[None, None, None]:
        """Take no message of more bytes, for the length of a with statement."""
        self._evaluate(f"persistent_term:put(max_message_size, {size})")
        yield
        self._evaluate(f"persistent_term:put(max_message_size, {16 * 1024 * 1024})")

    @contextlib.contextmanager
    def memory_alarm(self) -> Generator[None, None, None]:
        """Be low on memory, for the length of a with statement."""
        self._task.ctl("set_vm_memory_high_watermark", "0.0000001")
        self._evaluate("vm_memory_monitor ! update")  # looks at once, and not each second
        yield
        self._task.ctl("set_vm_memory_high_watermark", "0.6")

    def _evaluate(self, code: str) -> None:
        self._task.ctl("eval", f"{code}.")

    def connect(self) -> BlockingConnection:
        """Return a connection of pika alone."""
        return self._task.connect(_USER, _PASSWORD)

    def connection(self, name: str, *, heartbeat: int = 30, address: tuple[str, int] | None = None) -> AmqpConnection:
        """Return a connection to the queue ``name``, through another address where there is a proxy."""
        return self.connection_to(address or self.address, name, heartbeat=heartbeat)

    @staticmethod
    def connection_to(address: tuple[str, int], name: str, *, heartbeat: int = 30) -> AmqpConnection:
        """Return a connection to the queue ``name`` of whatever listens there."""
        url = f"amqp://{address[0]}:{address[1]}/%2F?heartbeat={heartbeat}"
        return AmqpConnection(url=url, name=name, username=_USER, password=_PASSWORD)


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

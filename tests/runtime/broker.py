"""A private RabbitMQ with our generated configuration: nothing of it outlives the test, or meets another broker."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from pika.adapters.blocking_connection import BlockingConnection

from ecs_workloads_runtime import AmqpConnection
from tests.broker.conftest import QUEUES, deploy
from tests.broker.root import broker_root
from tests.broker.vpc import Vpc

_PORT = 5672
QUEUE = next(iter(QUEUES))


class Broker:
    """The node of a synthesised stack, with a folder and an address of its own, at which it comes back after a stop."""

    def __init__(self, folder: Path) -> None:
        self._stack = contextlib.ExitStack()
        vpc = self._stack.enter_context(Vpc())
        self._deployment = self._stack.enter_context(deploy(vpc, broker_root(), folder))
        self._task = self._deployment.first

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
        """Return a connection of pika alone, of the user that may do all."""
        return self._deployment.connect()

    def purge(self) -> None:
        """Drop what waits in `QUEUE`, and its dead letters."""
        with self.connect() as connection:
            for name in (QUEUE, f"{QUEUE}.dead-letters"):
                connection.channel().queue_purge(name)

    def producer(self) -> AmqpConnection:
        """Return how the producer of `QUEUE` is connected: by its user, to an exchange of its own."""
        return replace(self._of_user(f"{QUEUE}.producer", QUEUE), exchange=QUEUE)

    def consumer(self) -> AmqpConnection:
        """Return how the consumer of `QUEUE` is connected: by its user."""
        return self._of_user(f"{QUEUE}.consumer", QUEUE)

    def connection(self, name: str, *, heartbeat: int = 30, address: tuple[str, int] | None = None) -> AmqpConnection:
        """Return a connection to a queue that programs declare, through another address where there is a proxy."""
        found = self._of_user("application", name)
        return replace(found, url=url_of(address or self.address, heartbeat=heartbeat))

    def _of_user(self, user: str, name: str) -> AmqpConnection:
        password = self._deployment.password(user)
        return AmqpConnection(url=url_of(self.address), name=name, username=user, password=password)


def url_of(address: tuple[str, int], *, heartbeat: int = 30) -> str:
    """Return the URL of whatever listens there."""
    return f"amqp://{address[0]}:{address[1]}/%2F?heartbeat={heartbeat}"


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""A private RabbitMQ, a process of the test: nothing of it outlives the test, or meets the broker of the machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pika
from pika.exceptions import AMQPError

from ecs_workloads_runtime import AmqpConnection

_SECONDS_TO_BOOT = 90


class Broker:
    """One node with a folder of its own, and a port at which it comes back after a stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port, self._distribution_port, self._mapper_port = free_port(), free_port(), free_port()
        self._mapper: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        home = folder / "home"
        home.mkdir(parents=True)
        cookie = home / ".erlang.cookie"
        cookie.write_text("ABCDEFGHIJKLMNOPQRST", encoding="ascii")
        cookie.chmod(0o400)
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = true\nlog.console.level = warning\n",
            encoding="ascii",
        )
        (folder / "enabled_plugins").write_text("[].\n", encoding="ascii")
        self._environment = {
            **os.environ,
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
        }

    @staticmethod
    def program() -> str | None:
        """Return the server of Debian's package, or ``None`` where it is not installed."""
        found = sorted(Path("/usr/lib/rabbitmq").glob("lib/*/sbin/rabbitmq-server"))
        return str(found[0]) if found else shutil.which("rabbitmq-server")

    def start(self) -> None:
        """Return when it answers."""
        program = self.program()
        assert program is not None
        if self._mapper is None:
            # Erlang would start one that outlives the test.
            self._mapper = subprocess.Popen(["/usr/bin/epmd", "-port", str(self._mapper_port)])
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [program], env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        end = time.monotonic() + _SECONDS_TO_BOOT
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "output").read_text(encoding="utf-8")
            assert time.monotonic() < end, "the broker does not answer"
            time.sleep(0.2)

    def kill(self) -> None:
        """End it at once, with all that it started."""
        assert self._process is not None
        # Debian's program starts Erlang as a child of a shell.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Let it end, and return when it has."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(60)
        finally:
            self.kill()

    def close(self) -> None:
        """End it for good."""
        self.kill()
        assert self._mapper is not None
        self._mapper.kill()
        self._mapper.wait()

    def limit(self, name: str, length: int) -> None:
        """Let the queue ``name`` take no more than so many messages."""
        program = Path(str(self.program())).with_name("rabbitmqctl")
        policy = f'{{"max-length": {length}}}'
        command = [str(program), "set_policy", name, f"^{name}$", policy, "--apply-to", "queues"]
        subprocess.run(command, env=self._environment, check=True, capture_output=True)

    def connection(self, name: str, *, heartbeat: int = 30, port: int | None = None) -> AmqpConnection:
        """Return a connection to the queue ``name``, through another port where there is a proxy."""
        return self.connection_to(port or self.port, name, heartbeat=heartbeat)

    @staticmethod
    def connection_to(port: int, name: str, *, heartbeat: int = 30) -> AmqpConnection:
        """Return a connection to the queue ``name`` of whatever listens at ``port``."""
        url = f"amqp://127.0.0.1:{port}/%2F?heartbeat={heartbeat}"
        return AmqpConnection(url=url, name=name, username="guest", password="guest")

    def _answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", self.port)).close()
        except (AMQPError, OSError):
            return False
        return True


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

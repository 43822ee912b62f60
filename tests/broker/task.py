"""A task of a broker, as ECS runs it: one container of the real thing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

import pika
from pika.adapters.blocking_connection import BlockingConnection

from tests.broker import root
from tests.broker.task_plan import TaskPlan
from tests.broker.vpc import Vpc, vpc_name

_SANDBOX = Path(__file__).with_name("sandbox.py")
_PATIENCE = 240.0
# What ECS does not say, and Docker does.
_TMPFS = "rw,nosuid,nodev,noexec,mode=1777"


@dataclass(frozen=True)
class Ran:
    """How a command ended inside a container."""

    status: int
    output: str
    seconds: float


class Task:
    """Runs exactly what the template says: entry point, command, variables, secrets, mounts, limits, user, init.

    Each start is a new container with a new address; what the access points hold stays.

    Args:
        plan: The task.
        vpc: Where it gets its addresses.
        folder: Folder for the access points, one folder each, and for the output.
        image: The root file system.
    """

    def __init__(self, plan: TaskPlan, vpc: Vpc, folder: Path, image: Path) -> None:
        self.plan = plan
        self.address = ""
        self._vpc = vpc
        self._folder = folder
        self._image = image
        self._process: subprocess.Popen[bytes] | None = None
        self._first = 0
        self._staging: Path | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """All variables of the container."""
        given: Mapping[str, Mapping[str, str]] = self.plan.container
        return {**root.ENVIRONMENT, "HOSTNAME": vpc_name(self.address), **given["Environment"], **given["Secrets"]}

    @property
    def output(self) -> str:
        """What all its containers wrote so far."""
        return (self._folder / f"{self.plan.service}.log").read_text(encoding="utf-8", errors="replace")

    def access_point(self, path: str = "/var/lib/rabbitmq") -> Path:
        """Return the folder behind an access point."""
        return self._folder / self.plan.folders[path]

    def launch(self, *, register: bool = True, keep_address: bool = False) -> None:
        """Start a new container, which Cloud Map knows at once and which has a new address, unless told otherwise."""
        assert self._process is None, "it is running"
        self._staging = Path(tempfile.mkdtemp(prefix="container-", dir=self._folder))
        self._staging.chmod(0o755)
        command = [
            *("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork"),
            *("--kill-child", sys.executable, "-I", "-S", str(_SANDBOX)),
        ]
        with (self._folder / f"{self.plan.service}.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        self._first = self._wait_for_child()
        self.address = self._vpc.attach(self._process.pid, self.address if keep_address else None)
        if register:
            self.register()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self._orders(self._staging)).encode())
        self._process.stdin.close()

    def register(self) -> None:
        """Let Cloud Map know it."""
        self._vpc.register(self.plan.dns_name, self.address)

    def start(self, *, keep_address: bool = False) -> float:
        """Start a new container, and return after how many seconds it serves."""
        begin = time.monotonic()
        self.launch(keep_address=keep_address)
        self.wait_until_serving()
        return time.monotonic() - begin

    def wait_until_serving(self) -> None:
        """Return when it runs and is healthy: a health command may be content with one that waits."""
        end = time.monotonic() + _PATIENCE
        while True:
            ran = self.run("rabbitmq-diagnostics", "-q", "check_running")
            if ran.status == 0 and (ran := self.check_health()).status == 0:
                return
            self.assert_running()
            assert time.monotonic() < end, f"{self.plan.service} never serves: {ran.output}\n{self.output[-6000:]}"
            time.sleep(0.5)

    def assert_running(self) -> None:
        """Fail with what it wrote, if it ended by itself."""
        assert self._process is not None
        assert self._process.poll() is None, self.output[-6000:]

    @property
    def is_running(self) -> bool:
        """Whether the container lives."""
        return self._process is not None and self._process.poll() is None

    def check_health(self) -> Ran:
        """Run the health command of the template, as ECS does."""
        health = self.plan.container["HealthCheck"]
        kind, *command = health["Command"]
        if kind == "CMD-SHELL":
            command = ["/bin/sh", "-c", *command]
        return self.run(*command, timeout=float(health["Timeout"]))

    def run(self, *command: str, timeout: float = 60, user: str = "") -> Ran:
        """Run a command in the container, as ECS Exec and health checks do."""
        number = user or str(self.plan.container["User"]).split(":")[0]
        enter = [
            *("nsenter", f"--target={self._first}", "--all", "--root", "--wd", f"--setuid={number}"),
            *(f"--setgid={number}", "--", "/usr/bin/env", *command),
        ]
        begin = time.monotonic()
        with subprocess.Popen(
            enter, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process:
            try:
                output, _ = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return Ran(-signal.SIGKILL, "no answer in time", time.monotonic() - begin)
        return Ran(process.returncode, output.decode(errors="replace"), time.monotonic() - begin)

    def ctl(self, *arguments: str) -> str:
        """Return what ``rabbitmqctl`` says."""
        ran = self.run("rabbitmqctl", "--quiet", *arguments)
        assert ran.status == 0, ran.output
        return ran.output

    def signal(self, number: Signals) -> None:
        """Send a signal to process 1."""
        os.kill(self._first, number)

    def freeze(self) -> None:
        """Let none of its processes go on."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let all of them go on."""
        self._signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a failed host does: at once, and with no word to Cloud Map."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._gone()

    def stop(self) -> tuple[int, float]:
        """Stop it as ECS does. Return its exit code, 137 where it had to be killed, and how many seconds it took."""
        assert self._process is not None
        self._vpc.deregister(self.plan.dns_name)
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        try:
            status = self._process.wait(self.plan.stop_timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return 137, time.monotonic() - begin
        self._gone()
        return status, time.monotonic() - begin

    def wipe(self) -> None:
        """Lose its own disk."""
        assert self._process is None
        shutil.rmtree(self.access_point())

    def connect(self, user: str, password: str, *, vhost: str = "/") -> BlockingConnection:
        """Return a connection of pika."""
        return pika.BlockingConnection(
            pika.ConnectionParameters(
                self.address, virtual_host=vhost, credentials=pika.PlainCredentials(user, password), heartbeat=30
            )
        )

    def _gone(self) -> None:
        self._process = None
        if self._staging is not None:
            shutil.rmtree(self._staging)

    def _wait_for_child(self) -> int:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        end = time.monotonic() + 10
        while not (found := children.read_text(encoding="ascii").split()):
            assert time.monotonic() < end
            time.sleep(0.01)
        return int(found[0])

    def _signal_all(self, number: Signals) -> None:
        inside = Path(f"/proc/{self._first}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "ns/pid").readlink() == inside and int(process.name) != self._first:
                    os.kill(int(process.name), number)
            except (FileNotFoundError, ProcessLookupError):
                continue
        self.signal(number)

    def _orders(self, staging: Path) -> dict[str, object]:
        container = self.plan.container
        linux = container.get("LinuxParameters", {})
        user, _, group = str(container["User"]).partition(":")
        files = {
            "/etc/hosts": f"127.0.0.1 localhost\n{self.address} {vpc_name(self.address)}\n",
            "/etc/resolv.conf": f"search eu-west-1.compute.internal\nnameserver {self._vpc.resolver}\n",
            "/etc/hostname": f"{vpc_name(self.address)}\n",
        }
        given: list[tuple[str, str]] = []
        for path, text in files.items():
            file = self._folder / f"{self.plan.service}-{Path(path).name}"
            file.write_text(text, encoding="ascii")
            given.append((str(file), path))
        folders: list[tuple[str, str, bool]] = []
        read_only = {one["ContainerPath"]: bool(one.get("ReadOnly")) for one in container.get("MountPoints", [])}
        for path, name in self.plan.folders.items():
            folder = self._folder / name
            if not folder.exists():
                folder.mkdir(mode=0o750)
                os.chown(folder, 999, 999)
            folders.append((str(folder), path, read_only[path]))
        return {
            "staging": str(staging),
            "image": str(self._image),
            "host_name": vpc_name(self.address),
            "temporary": {
                **{one["ContainerPath"]: f"{_TMPFS},size={one['Size']}m" for one in linux.get("Tmpfs", [])},
                **{
                    path: "rw,mode=1777,uid=999,gid=999" if path in root.VOLUMES else "rw,mode=755"
                    for path in self.plan.scratch
                },
            },
            "folders": folders,
            "files": given,
            "read_only": bool(container.get("ReadonlyRootFilesystem")),
            "open_files": [
                (one["SoftLimit"], one["HardLimit"]) for one in container.get("Ulimits", []) if one["Name"] == "nofile"
            ],
            "user": (int(user), int(group or user)),
            "init": bool(linux.get("InitProcessEnabled")),
            "command": [
                *container.get("EntryPoint", root.ENTRY_POINT),
                # As in Docker: an entry point of the task drops the image's command.
                *container.get("Command", () if "EntryPoint" in container else root.COMMAND),
            ],
            "environment": self.environment,
        }

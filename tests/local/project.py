"""A project with a local target, used by its command line as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import httpx

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_PYTHON = "/usr/bin/python3"
_COMMAND = "from ecs_workloads.cli import app; app()"
_LONGEST_WAIT = 60.0


class Project:
    """A folder with a local target.

    Args:
        folder: The folder.
        user: Number of the user who runs the commands, by the Python of the system. The tests' own by default.
    """

    def __init__(self, folder: Path, *, user: int | None = None) -> None:
        self.folder = folder
        self.user = user
        self.state = folder / ".ecs-workloads"
        self.port = 0
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, verb: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``ecs-workloads local VERB ARGUMENTS`` in the project."""
        paths = os.pathsep.join([str(ROOT / "node_modules/.bin"), os.environ["PATH"]])
        environment = {**os.environ, "PATH": paths, "NO_COLOR": "1", **variables}
        python = sys.executable
        if self.user is not None:
            python = SYSTEM_PYTHON
            environment |= {
                "HOME": str(self.folder.parent),
                "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
            }
        command = [python, "-c", _COMMAND, "local", verb, "--project", str(self.folder), *arguments]
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )

    def up(self, assembly: Path, *arguments: str) -> list[dict[str, Any]]:
        """Deploy an assembly and return the services."""
        done = self.run("up", "--app", str(assembly), "--json", *arguments)
        assert done.returncode == 0, done.stderr
        self.port = int(self.record()["port"])
        services: list[dict[str, Any]] = json.loads(done.stdout)["services"]
        return services

    def services(self) -> list[dict[str, Any]]:
        """Return the services as ``status`` shows them."""
        services: list[dict[str, Any]] = json.loads(self.run("status", "--json").stdout)["services"]
        return services

    def record(self) -> dict[str, Any]:
        """Return what the state folder says of the target."""
        record: dict[str, Any] = json.loads((self.state / "target.json").read_text(encoding="utf-8"))
        return record

    def aws(self, service: str, *, region: str = "us-east-1") -> Any:
        """Return a client of one API of the target."""
        return botocore.session.get_session().create_client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=region,
            aws_access_key_id="000000000000",
            aws_secret_access_key="local",
        )

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the genuine command line of CDK against the target, as a user may."""
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "000000000000",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "us-east-1",
            "CDK_HOME": str(self.state / "cdk-home"),
            "CDK_DOCKER": str(self.state / "docker"),
        }
        command = [str(ROOT / "node_modules/.bin/cdk"), *arguments, "--no-notices"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def processes(self) -> list[str]:
        """Return the command lines of all processes of the target, its tasks included."""
        return list(self._found().values())

    def process_ids(self) -> list[int]:
        """Return the numbers of the same processes."""
        return list(self._found())

    def _found(self) -> dict[int, str]:
        # Each has the port of the target's API, or of the target as its tasks see it, among its variables.
        marks = (str(self.state).encode(), f":{self.port}\0".encode())
        found: dict[int, str] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command, variables = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            except OSError:
                continue
            if marks[0] in command or any(mark in variables for mark in marks):
                found[int(folder.name)] = command.replace(b"\0", b" ").decode()
        return found


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds."""
    end = time.monotonic() + _LONGEST_WAIT
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def facts(service: dict[str, Any], path: str = "/") -> dict[str, Any]:
    """Return what the echo program says through the load balancer."""
    found: dict[str, Any] = httpx.get(f"{service['addresses'][0]}{path}", timeout=20).json()
    return found

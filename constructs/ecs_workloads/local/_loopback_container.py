"""A container as a process of this machine, where the machine allows it no namespaces."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ecs_workloads.local._container import ContainerProcess
from ecs_workloads.local._sandbox import MACHINE_FOLDERS, Sandbox
from ecs_workloads.local.local_error import LocalError

_TEMPORARY = "/tmp"  # noqa: S108 - that of a container
_LAUNCHER = Path(__file__).with_name("_loopback.py")


class LoopbackContainer(ContainerProcess):
    """A process that sees this machine; paths of its image and its volumes are those of the folders that hold them.

    Args:
        sandbox: What runs. Its users and read-only root cannot be had here.
        network: The address of its task, which it finds in ``TASK_IP``.
        log: Called with each line that it writes, in a thread of its own.

    Raises:
        LocalError: It mounts a volume that is not scratch space.
    """

    def __init__(self, sandbox: Sandbox, *, network: str, log: Callable[[str], None]) -> None:
        task = Path(sandbox.staging).parents[1]
        lasting = [path for source, path, _ in sandbox.volumes if not Path(source).is_relative_to(task)]
        if lasting:
            raise LocalError(f"loopback mode has scratch volumes alone; the task wants another at {', '.join(lasting)}")
        self._folder, self._variables = folder_of(sandbox), variables_of(sandbox)
        super().__init__(sandbox, network=network, log=log)

    def _start(self, network: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        self._variables["TASK_IP"] = network
        words = words_of(self._sandbox)
        process.stdin.write(f"{json.dumps([words, self._variables, self._folder])}\n".encode())
        process.stdin.flush()  # and never closed: its end means that the target is gone
        return process

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL to the program and all that it started."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if not self.wait(5):
            self._process.kill()
            self._process.wait()

    def run(self, command: Sequence[str], seconds: float) -> bool:
        """Run a command beside the program, as a health check; return whether it ended with 0 in time."""
        words = [_mapped(self._sandbox, word) for word in command]
        try:
            done = subprocess.run(
                words,
                env=self._variables,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=seconds,
            )
        except (subprocess.TimeoutExpired, OSError):
            return False
        return done.returncode == 0


def words_of(sandbox: Sandbox) -> list[str]:
    """Return the command of a sandbox with the paths of its image as paths of this machine."""
    return [_mapped(sandbox, word) for word in sandbox.command]


def variables_of(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables of a sandbox, likewise."""
    found = {
        name: ":".join(_mapped(sandbox, part) for part in value.split(":"))
        for name, value in sandbox.environment.items()
    }
    for source, path, _ in sandbox.volumes:
        if path == _TEMPORARY:
            found.setdefault("TMPDIR", source)
    return {**found, "PYTHONDONTWRITEBYTECODE": "1"}


def folder_of(sandbox: Sandbox) -> str:
    """Return the folder of this machine in which the command of a sandbox starts."""
    return _mapped(sandbox, sandbox.working_directory)


def run_build(sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    """Run a step of a build to its end."""
    return subprocess.run(
        words_of(sandbox),
        env=variables_of(sandbox),
        cwd=folder_of(sandbox),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _mapped(sandbox: Sandbox, word: str) -> str:
    name, equals, value = word.rpartition("=")
    if not value.startswith("/") or value == "/" or value.startswith(sandbox.interpreter):
        return word
    for source, path, _ in sandbox.volumes:
        if Path(value).is_relative_to(path):
            return f"{name}{equals}{Path(source, Path(value).relative_to(path))}"
    inside = Path(sandbox.image, value.lstrip("/"))
    # What a build writes to is not there yet.
    of_the_image = Path(value).parts[1] not in MACHINE_FOLDERS if sandbox.build else inside.exists()
    return f"{name}{equals}{inside}" if of_the_image else word

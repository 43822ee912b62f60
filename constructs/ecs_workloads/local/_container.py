"""One container of a task: a process, its log lines, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ecs_workloads.local import _namespaces
from ecs_workloads.local._sandbox import Sandbox

# unshare of util-linux 2.38 wants to end by the signal that ended its child, cannot for SIGKILL, and ends with 1.
_CANNOT_BE_KILLED_TOO = b"unshare: sigprocmask unblock failed"


class ContainerProcess:
    """A process in a sandbox and in the network of its task. It runs from the start.

    Args:
        sandbox: What runs, and what it sees.
        network: Path of the task's network namespace.
        log: Called with each line that it writes, in a thread of its own.
    """

    def __init__(self, sandbox: Sandbox, *, network: str, log: Callable[[str], None]) -> None:
        self._sandbox = sandbox
        self._killed = False
        self._process = self._start(network)
        self._log = log
        self._reader = threading.Thread(target=self._read, name="container-log", daemon=True)
        self._reader.start()

    def _start(self, network: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            _namespaces.sandbox_command(network),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # its end says why
            stdin.write(self._sandbox.to_json().encode())
        return process

    def exit_code(self) -> int | None:
        """Return the exit code; ``None`` while it runs.

        For one that a signal ended it is 128 and the number of the signal, as ECS says it.
        """
        code = self._process.poll()
        if code == 1:
            self._reader.join(1)  # unshare may have said why
            return 128 + signal.SIGKILL if self._killed else code
        return code if code is None or code >= 0 else 128 - code

    def wait(self, seconds: float) -> bool:
        """Wait for the end; return whether it came."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(1)
        return True

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the first process inside, which is an init process or the program itself."""
        inside = self._inside()
        if inside is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(inside, number)

    def stop(self, seconds: float) -> int:
        """Send SIGTERM, and SIGKILL after ``seconds``; return the exit code."""
        self.send(signal.SIGTERM)
        if not self.wait(seconds):
            self.kill()
        code = self.exit_code()
        return 128 + signal.SIGKILL if code is None else code

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send(signal.SIGKILL)
        if not self.wait(5):
            self._process.kill()
            self._process.wait()

    def run(self, command: Sequence[str], seconds: float) -> bool:
        """Run a command inside, as a health check; return whether it ended with 0 in time."""
        inside = self._inside()
        if inside is None:
            return False
        user = self._sandbox.user
        become = [] if user is None else [f"--setuid={user[0]}", f"--setgid={user[1]}"]
        enter = [
            "nsenter",
            f"--target={inside}",
            "--mount",
            "--net",
            "--uts",
            "--pid",
            f"--root=/proc/{self._program()}/root",
        ]
        folder = f"--wd=/proc/{self._program()}/root{self._sandbox.working_directory}"
        try:
            done = subprocess.run(
                [*enter, folder, *become, "--", *command],
                env=self._sandbox.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _inside(self) -> int | None:
        """Return the number of the first process inside the PID namespace."""
        return _child(self._process.pid)

    def _program(self) -> int | None:
        inside = self._inside()
        if inside is None or not self._sandbox.init:
            return inside
        return _child(inside) or inside

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            if line.startswith(_CANNOT_BE_KILLED_TOO):
                self._killed = True
                continue
            self._log(line.decode(errors="replace").rstrip("\r\n"))


def _child(pid: int) -> int | None:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(children[0]) if children else None

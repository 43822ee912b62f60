"""Starts the programs of the images as plain processes, and waits for what they do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
# Time for anything to happen on a slow machine; what never happens fails then.
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_STOP_SECONDS = 40


def free_port() -> int:
    """Return a TCP port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return when ``condition`` holds.

    Raises:
        TimeoutError: It never does; ``what`` says what was waited for.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {_PATIENCE_SECONDS:.0f} s in vain until {what}")
        time.sleep(_PAUSE_SECONDS)


@contextmanager
def ended_at_the_end(process: subprocess.Popen[bytes]) -> Generator[None]:
    """Kill ``process``, if it still runs then: what it does on SIGTERM has tests of its own."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that runs.

    Args:
        name: Its image.
        process: Its process.
        log: File with what it writes to stdout and stderr.
        url: Its address, if it serves.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return its log so far; with ``event``, those lines alone."""
        text = self.log.read_text(encoding="utf-8")
        complete = text[: text.rfind("\n") + 1].splitlines()
        found = [json.loads(line) for line in complete if line.startswith("{")]
        return found if event is None else [line for line in found if line.get("event") == event]

    def terminate(self) -> None:
        """Tell it to end, as ECS does."""
        self.process.send_signal(signal.SIGTERM)

    def exit_status(self) -> int:
        """Wait for its end."""
        return self.process.wait(_STOP_SECONDS)


def environment_of(image: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which the program of ``image`` runs here as it does in its image."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ORDERS_", "APP_"))}
    sources = os.pathsep.join(str(ROOT / folder) for folder in (f"images/{image}", "runtime"))
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([sources, inherited] if inherited else [sources])
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **variables}


def command_of(image: str) -> list[str]:
    """Return the command of ``image``, which tests/shop/test_images.py holds against its Dockerfile."""
    return [sys.executable, "-m", f"shop_{image}"]


@contextmanager
def running(image: str, folder: Path, variables: Mapping[str, str]) -> Generator[Program]:
    """Run the program of ``image`` until it serves, and end it at the end. Its log is written to ``folder``."""
    port = free_port()
    log = folder / f"{image}-{port}.log"
    environment = environment_of(image, {"PORT": str(port), **variables})
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command_of(image), env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        ) as process,
        ended_at_the_end(process),
    ):
        program = Program(name=image, process=process, log=log, url=f"http://127.0.0.1:{port}")
        wait_until(lambda: _serves(program), f"{image} serves; it wrote to {log}")
        yield program


def _serves(program: Program) -> bool:
    if program.process.poll() is not None:
        raise RuntimeError(f"{program.name} ended: {program.log.read_text(encoding='utf-8')}")
    if program.name == "worker":
        return bool(program.lines("worker started"))
    try:
        return httpx.get(f"{program.url}/healthz").is_success
    except httpx.TransportError:
        return False

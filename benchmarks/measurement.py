"""What one process costs, with all that it starts."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

_ROOT = Path(__file__).resolve().parents[1]
_INTERVAL_IN_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a command took.

    Args:
        wall: Time from start to end, in seconds.
        cpu: Time on processors, of all processes, in seconds.
        peak: Largest memory that all processes held at one moment, in MiB.
    """

    wall: float
    cpu: float
    peak: float


def measure(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command and return its cost.

    Raises:
        RuntimeError: The command fails.
    """
    # Not a pipe: a program that writes more than it holds would wait for a reader.
    with tempfile.TemporaryFile() as errors:
        return _measure(command, environment, errors)


def _measure(command: Sequence[str], environment: Mapping[str, str], errors: IO[bytes]) -> Cost:
    started = time.perf_counter()
    process = psutil.Popen(
        command, cwd=_ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=errors
    )
    processor: dict[int, float] = {}
    peak = 0.0
    while process.poll() is None:
        memory = 0
        for one in _tree(process):
            try:
                times = one.cpu_times()
                memory += one.memory_info().rss
            except psutil.Error:  # it has just ended
                continue
            processor[one.pid] = times.user + times.system
        peak = max(peak, memory / 2**20)
        time.sleep(_INTERVAL_IN_SECONDS)
    wall = time.perf_counter() - started
    if process.returncode:
        errors.seek(0)
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{errors.read().decode()}")
    return Cost(wall=wall, cpu=sum(processor.values()), peak=peak)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each part."""
    return Cost(
        wall=statistics.median(one.wall for one in costs),
        cpu=statistics.median(one.cpu for one in costs),
        peak=statistics.median(one.peak for one in costs),
    )


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:  # it has just ended
        return []

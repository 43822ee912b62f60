"""Programs of the runtime as processes, which a test starts, watches and ends."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

RUNTIME = Path(__file__).resolve().parents[2] / "runtime"
PATIENCE = 60.0


class Program:
    """A process whose lines on stdout are read as they come.

    Args:
        code: The program, of Python.
        environment: Its variables, beside those of the test.
    """

    def __init__(self, code: str, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            env={**os.environ, "PYTHONPATH": str(RUNTIME), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._coming: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def wait_for(self, text: str, *, times: int = 1) -> None:
        """Return when so many lines have been exactly ``text``."""
        end = time.monotonic() + PATIENCE
        while self.lines.count(text) < times:
            assert time.monotonic() < end, self.lines
            self.read_line()

    def read_line(self) -> None:
        """Take in the next line, if one comes soon."""
        try:
            self.lines.append(self._coming.get(timeout=0.1))
        except queue.Empty:
            assert self.process.poll() is None, (self.lines, self.errors())

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> int:
        """Return its status when it has ended, and all its lines are read."""
        status = self.process.wait(PATIENCE)
        self._reader.join()
        while not self._coming.empty():
            self.lines.append(self._coming.get())
        return status

    def errors(self) -> str:
        """Return what it said on stderr, after its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))

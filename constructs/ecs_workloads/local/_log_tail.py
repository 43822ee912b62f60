"""The last lines that the tasks wrote, kept in memory besides CloudWatch Logs, for who follows them."""

from __future__ import annotations

import threading
import time
from collections import deque

_KEPT = 20_000


class LogTail:
    """Lines in the order in which they came, each with a number that grows."""

    def __init__(self) -> None:
        self._lines: deque[dict[str, object]] = deque(maxlen=_KEPT)
        self._count = 0
        self._lock = threading.Lock()

    def add(self, *, group: str, task_id: str, container: str, line: str) -> None:
        """Add a line.

        Args:
            group: Group of the task, such as ``service:web``.
            task_id: Id of the task.
            container: Name of the container.
            line: The line, without its end.
        """
        with self._lock:
            self._count += 1
            self._lines.append({
                "number": self._count,
                "time": time.time(),
                "group": group,
                "task": task_id,
                "container": container,
                "line": line,
            })  # fmt: skip

    def after(self, number: int, *, group: str) -> list[dict[str, object]]:
        """Return the lines of one group that came after line ``number``."""
        with self._lock:
            return [line for line in self._lines if line["group"] == group and int(str(line["number"])) > number]

    def last(self, task_id: str) -> str:
        """Return the last line of a task; empty when it wrote none."""
        with self._lock:
            return next((str(line["line"]) for line in reversed(self._lines) if line["task"] == task_id), "")

"""The health check of a container, as its task definition says it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ecs_workloads.local._container import ContainerProcess
from ecs_workloads.local._ministack import Document

_FIRST_PACE = 1.0  # seconds between checks until the first success; AWS waits a whole interval


class HealthCheck:
    """Asks a container again and again how it is, in a thread of its own.

    Until the first success it asks each second, so that a start takes no longer than the program needs; what fails in
    that time counts no faster than ``interval`` says, and not at all within ``startPeriod``.

    Args:
        container: The container.
        definition: ``healthCheck`` of its definition.
        changed: Called when the status changed.
    """

    def __init__(self, container: ContainerProcess, definition: Document, changed: Callable[[], None]) -> None:
        self.status = "UNKNOWN"
        self._container = container
        self._command = _command([str(word) for word in definition["command"]])
        self._interval = float(definition.get("interval", 30))
        self._timeout = float(definition.get("timeout", 5))
        self._retries = int(definition.get("retries", 3))
        self._start_period = float(definition.get("startPeriod") or 0)
        self._changed = changed
        threading.Thread(target=self._watch, name="health-check", daemon=True).start()

    def _watch(self) -> None:
        began = counted = time.monotonic()
        failures = 0
        while self._container.exit_code() is None:
            healthy = self._container.run(self._command, self._timeout)
            now = time.monotonic()
            if healthy:
                failures = 0
                self._set("HEALTHY")
            elif self.status != "UNKNOWN" or now - counted >= self._interval:
                counted = now
                if self.status != "UNKNOWN" or now - began >= self._start_period:
                    failures += 1
                if failures >= self._retries:
                    self._set("UNHEALTHY")
            time.sleep(self._interval if self.status != "UNKNOWN" else min(_FIRST_PACE, self._interval))

    def _set(self, status: str) -> None:
        if status != self.status:
            self.status = status
            self._changed()


def _command(words: Sequence[str]) -> list[str]:
    if words[0] == "CMD-SHELL":
        return ["/bin/sh", "-c", words[1]]
    return list(words[1:] if words[0] == "CMD" else words)

"""A task of which nothing runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence


class SimulatedRun:
    """A task that is a record: one of a service is there until it is stopped, any other ends at once.

    Args:
        task_id: The task's id.
        containers: The names of its containers.
        lasting: Whether it belongs to a service.
    """

    simulated = True
    address = ""

    def __init__(self, *, task_id: str, containers: Sequence[str], lasting: bool) -> None:
        self.task_id = task_id
        self._containers = containers
        self._lasting = lasting
        self._stopped = threading.Event()

    def start(self) -> None:
        """Do nothing."""

    def wait(self) -> None:
        """Wait until the task is stopped, if it belongs to a service."""
        if self._lasting:
            self._stopped.wait()

    def stop(self) -> None:
        """Be stopped."""
        self._stopped.set()

    def exit_codes(self) -> Mapping[str, int | None]:
        """Return 0 for each container."""
        return dict.fromkeys(self._containers, 0)

    def health(self, name: str) -> str:  # noqa: ARG002 - all are the same
        """Return ``UNKNOWN``."""
        return "UNKNOWN"

    def has_checks(self) -> bool:
        """Return that no check is asked."""
        return False

    def task_health(self) -> str:
        """Return ``UNKNOWN``."""
        return "UNKNOWN"

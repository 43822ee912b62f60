"""Where tasks are reached."""

from __future__ import annotations

from typing import Protocol


class Network(Protocol):
    """Addresses for tasks, and for the names by which they find each other."""

    gateway: str
    """Address of the target as its tasks see it."""

    def add(self, name: str) -> str:
        """Make a network for the task ``name`` and return its address."""
        ...

    def remove(self, name: str) -> None:
        """Remove the network of the task ``name``; nothing happens when there is none."""
        ...

    def path(self, name: str) -> str:
        """Return what a container of the task ``name`` joins its network by."""
        ...

    def add_name(self, number: int) -> str:
        """Return the address of the name with this number, at which the target can listen from now on."""
        ...

"""Addresses of 127.0.0.0/8 for tasks, where this machine allows them no network of their own."""

from __future__ import annotations

import threading

_FIRST, _LAST = 2, 199
_FIRST_NAME = 200


class LoopbackNetwork:
    """Addresses that belong to one target: they begin with 127 and the two bytes of its port.

    Args:
        port: Port of the target's API on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.gateway = "127.0.0.1"
        self._prefix = f"127.{port // 256}.{port % 256}"
        self._used: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, name: str) -> str:
        """Return the address of the task ``name``.

        Raises:
            ValueError: All addresses are taken.
        """
        with self._lock:
            for number in range(_FIRST, _LAST + 1):
                address = f"{self._prefix}.{number}"
                if address not in self._used.values():
                    self._used[name] = address
                    return address
        raise ValueError(f"all {len(self._used)} addresses of tasks are taken")

    def remove(self, name: str) -> None:
        """Free the address of the task ``name``."""
        with self._lock:
            self._used.pop(name, None)

    def path(self, name: str) -> str:
        """Return the address of the task ``name``: the network itself is the machine's."""
        return self._used[name]

    def add_name(self, number: int) -> str:
        """Return the address of the name with this number."""
        return f"{self._prefix}.{_FIRST_NAME + number}"

"""A network for each task, joined by a bridge inside the target: nothing of it is seen on the machine."""

from __future__ import annotations

import importlib
import subprocess
import threading
from pathlib import Path
from typing import Any

_pyroute2: Any = importlib.import_module("pyroute2")  # it ships no types

GATEWAY = "10.213.0.1"

_BRIDGE = "tasks"
_BRIDGE_ADDRESS = "02:00:0a:d5:00:01"
_PREFIX = 16
_FIRST, _LAST = 2, 200 * 256
_FIRST_NAME = 201 * 256 + 1


class TaskNetwork:
    """The bridge, and the namespaces that hang on it. Made once, in the target's own namespaces."""

    def __init__(self) -> None:
        self.gateway = GATEWAY
        # Names of network namespaces live in /run, which is the target's own from here on.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
        self._lock = threading.Lock()
        self._next = _FIRST
        self._used: dict[str, str] = {}
        self._ip: Any = _pyroute2.IPRoute()
        self._up(self._ip, "lo")
        # Without an address of its own a bridge takes that of one of its ports, another one as tasks come and go: then
        # who knows the old one cannot connect for seconds.
        self._ip.link("add", ifname=_BRIDGE, kind="bridge", address=_BRIDGE_ADDRESS)
        self._add_address(GATEWAY)
        self._up(self._ip, _BRIDGE)

    def add_name(self, number: int) -> str:
        """Return the address of the name with this number, at which the target can listen from now on."""
        place = _FIRST_NAME + number
        address = f"10.213.{place // 256}.{place % 256}"
        self._add_address(address)
        return address

    def _add_address(self, address: str) -> None:
        with self._lock:
            bridge = self._ip.link_lookup(ifname=_BRIDGE)[0]
            self._ip.addr("add", index=bridge, address=address, prefixlen=_PREFIX)

    def add(self, name: str) -> str:
        """Make the namespace ``name`` and return its address."""
        with self._lock:
            address, interface = self._free_address(name)
            _pyroute2.netns.create(name)
            self._ip.link("add", ifname=interface, kind="veth", peer={"ifname": "eth0", "net_ns_fd": name})
            index = self._ip.link_lookup(ifname=interface)[0]
            self._ip.link("set", index=index, master=self._ip.link_lookup(ifname=_BRIDGE)[0], state="up")
            with _pyroute2.NetNS(name) as inside:
                self._up(inside, "lo")
                inside.addr("add", index=inside.link_lookup(ifname="eth0")[0], address=address, prefixlen=_PREFIX)
                self._up(inside, "eth0")
                inside.route("add", dst="default", gateway=GATEWAY)
            return address

    def remove(self, name: str) -> None:
        """Remove the namespace ``name``; nothing happens when there is none."""
        with self._lock:
            if self._used.pop(name, None) is not None and Path("/run/netns", name).exists():
                _pyroute2.netns.remove(name)

    def path(self, name: str) -> str:
        """Return the file that stands for the namespace ``name``."""
        return f"/run/netns/{name}"

    def _free_address(self, name: str) -> tuple[str, str]:
        taken = set(self._used.values())
        while True:
            number = self._next
            self._next = number + 1 if number < _LAST else _FIRST
            address = f"10.213.{number // 256}.{number % 256}"
            if address not in taken and number % 256 not in {0, 255}:
                self._used[name] = address
                return address, f"task{number}"

    @staticmethod
    def _up(ip: Any, interface: str) -> None:  # noqa: ANN401 - pyroute2 ships no types
        ip.link("set", index=ip.link_lookup(ifname=interface)[0], state="up")

"""Names of Service Connect, at which a proxy answers for the tasks of a service, and names of tasks themselves."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import threading
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ecs_workloads.local._network import Network

_CHUNK = 65536
_PREFIX = "hosts-"

Backends = Callable[[], Sequence[tuple[str, int]]]


class Names:
    """The names that tasks find each other by.

    Args:
        network: Where addresses are made.
        folder: Where the files are kept that tasks see as ``/etc/hosts`` and ``/etc/resolv.conf``.
    """

    def __init__(self, network: Network, folder: Path) -> None:
        self._network = network
        self._hosts = folder / "hosts"
        self.resolver = folder / "resolv.conf"
        self._lock = threading.Lock()
        self._addresses: dict[tuple[str, str], str] = {}
        self._records: Mapping[str, Sequence[str]] = {}
        self._tasks: list[str] = []
        self._backends: dict[tuple[str, str, int], Backends] = {}
        self._servers: list[asyncio.Server] = []
        self._turns: dict[tuple[str, str, int], int] = {}
        self._hosts.mkdir(parents=True)
        # An unknown name fails at once: nobody answers there.
        self.resolver.write_text(f"nameserver {network.gateway}\noptions timeout:1 attempts:1\n", encoding="ascii")

    def hosts_file(self, namespace: str) -> Path:
        """Return the file that a task of ``namespace`` sees as ``/etc/hosts``; it changes as names come and go.

        Args:
            namespace: Name or ARN of the namespace; empty for a task that is in none.
        """
        file = self._file(namespace)
        with self._lock:
            if not file.exists():
                self._write(namespace)
        return file

    def know(self, namespace: str, name: str) -> None:
        """Give ``name`` an address in ``namespace``, unless it has one. Nothing answers there yet."""
        if (namespace, name) not in self._addresses:
            address = self._network.add_name(len(self._addresses))
            with self._lock:
                self._addresses[namespace, name] = address
                self._write(namespace)

    def resolved(self, namespace: str, text: str) -> str:
        """Return ``text`` with addresses for the names of ``namespace`` that are hosts in it, as in ``http://app:8000``."""
        for (where, name), address in list(self._addresses.items()):
            if where == namespace:
                host = re.escape(name)
                text = re.sub(rf"(?<=//){host}(?=[:/]|$)|(?<=@){host}(?=[:/]|$)|^{host}(?=:\d+$)", address, text)
        return text

    def add_host(self, address: str) -> None:
        """Let the host of a task have the name that ``host_name`` says."""
        with self._lock:
            self._tasks.append(address)
            self._write_all()

    def remove_host(self, address: str) -> None:
        """Let the host of a task have no name any more; nothing happens when it has none."""
        with self._lock:
            self._tasks = [each for each in self._tasks if each != address]
            self._write_all()

    def publish_records(self, records: Mapping[str, Sequence[str]]) -> None:
        """Let each name of ``records`` lead to its addresses, for all tasks, and no other that was published so."""
        with self._lock:
            if records != self._records:
                self._records = records
                self._write_all()

    async def publish(self, namespace: str, name: str, port: int, backends: Backends) -> None:
        """Answer for ``name`` and ``port`` in ``namespace`` with one of ``backends()`` for each connection."""
        key = (namespace, name, port)
        if key in self._backends:
            return
        self._backends[key] = backends

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._forward(key, reader, writer)

        try:
            self._servers.append(await asyncio.start_server(answer, self._addresses[key[:2]], port))
        except OSError as error:
            # Without a network of its own, a program that listens everywhere listens at this address too.
            if error.errno != errno.EADDRINUSE:
                raise

    async def _forward(
        self, key: tuple[str, str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        backends = self._backends[key]()
        turn = self._turns[key] = self._turns.get(key, 0) + 1
        for offset in range(len(backends)):
            address, port = backends[(turn + offset) % len(backends)]
            try:
                far_reader, far_writer = await asyncio.open_connection(address, port)
            except OSError:
                continue
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            return
        writer.close()

    def _write_all(self) -> None:
        for file in self._hosts.glob(f"{_PREFIX}*"):
            self._write(urllib.parse.unquote(file.name.removeprefix(_PREFIX)))

    def _write(self, namespace: str) -> None:
        lines = ["127.0.0.1 localhost", f"{self._network.gateway} target.local"]
        lines += [f"{address} {name}" for (where, name), address in self._addresses.items() if where == namespace]
        lines += [f"{address} {name}" for name, addresses in self._records.items() for address in addresses]
        lines += [f"{address} {host_name(address)}" for address in self._tasks]
        content = "\n".join([*lines, ""]).encode("ascii")
        # The same file for good: containers have it mounted. It is never empty nor half old: who reads finds all names.
        descriptor = os.open(self._file(namespace), os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, content.ljust(os.fstat(descriptor).st_size, b"\n"))
        finally:
            os.close(descriptor)

    def _file(self, namespace: str) -> Path:
        return self._hosts / f"{_PREFIX}{urllib.parse.quote(namespace, safe='')}"


def host_name(address: str) -> str:
    """Return the name of the host of a task, as a VPC has one for each address."""
    return f"ip-{address.replace('.', '-')}.compute.internal"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(ConnectionError, OSError):
        writer.close()

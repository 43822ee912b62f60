"""A network for tasks: each has an address of its own, and a resolver with the records of Cloud Map."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import threading
from types import TracebackType
from typing import Self

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

_TTL = 10


class Vpc:
    """A bridge in a namespace of its own. It is gone with the process that made it, however that ends.

    The process reaches the tasks by their addresses; the tasks reach it and each other.
    """

    def __init__(self) -> None:
        self._records: dict[str, str] = {}
        self._tasks: dict[str, int] = {}
        self._numbers = itertools.count(10)

    def __enter__(self) -> Self:
        self._keeper = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", "echo; exec sleep infinity"],  # noqa: S607
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        self._keeper.stdout.readline()
        self.inside("ip", "link", "add", "bridge", "type", "bridge")
        self.inside("ip", "link", "set", "bridge", "up")
        self.prefix = self._claim_prefix()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.resolver, 53))
        self._socket.settimeout(0.2)  # a socket that waits would not be closed
        self._closing = False
        self._thread = threading.Thread(target=self._answer_all, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing = True
        self._thread.join()
        self._socket.close()
        self._keeper.kill()
        self._keeper.wait()

    @property
    def resolver(self) -> str:
        """Address of the resolver, which is also that of this process."""
        return f"{self.prefix}.2"

    def inside(self, *command: str) -> None:
        """Run a command at the bridge."""
        ip("nsenter", f"--net=/proc/{self._keeper.pid}/ns/net", "--", *command)

    def attach(self, pid: int, address: str | None = None) -> str:
        """Give the network namespace of a process a new address, or one that was its own, and return it."""
        address = address or f"{self.prefix}.{next(self._numbers)}"
        self._tasks[address] = pid
        number = address.rsplit(".", maxsplit=1)[1]
        self.inside("ip", "link", "add", f"t{number}", "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        self.inside("ip", "link", "set", f"t{number}", "master", "bridge", "up")
        self._at(address, "link", "set", "lo", "up")
        self._at(address, "address", "add", f"{address}/24", "dev", "eth0")
        self._at(address, "link", "set", "eth0", "up")
        return address

    def part(self, address: str, *others: str) -> None:
        """Let the task at ``address`` send nothing to these others; programs still reach it."""
        for other in others:
            self._at(address, "route", "add", "blackhole", f"{other}/32")

    def heal(self, address: str, *others: str) -> None:
        """Let it send to them again."""
        for other in others:
            self._at(address, "route", "delete", "blackhole", f"{other}/32")

    def register(self, name: str, address: str) -> None:
        """Let ``name`` be at ``address``."""
        self._records[f"{name}."] = address

    def deregister(self, name: str) -> None:
        """Let ``name`` be nowhere."""
        self._records.pop(f"{name}.", None)

    def _at(self, address: str, *command: str) -> None:
        """Run a command of ``ip`` where the task at ``address`` is."""
        ip("nsenter", f"--net=/proc/{self._tasks[address]}/ns/net", "--", "ip", *command)

    def _claim_prefix(self) -> str:
        """Take a network that no other run has."""
        for third in range(256):
            number = (os.getpid() + third) % 256
            prefix, link = f"10.199.{number}", f"mq{number}"
            try:
                ip("ip", "link", "add", link, "type", "veth", "peer", "name", "host", "netns", str(self._keeper.pid))
            except RuntimeError:
                continue
            self.inside("ip", "link", "set", "host", "master", "bridge", "up")
            ip("ip", "address", "add", f"{prefix}.2/24", "dev", link)
            ip("ip", "link", "set", link, "up")
            return prefix
        raise RuntimeError("no network is free")

    def _answer_all(self) -> None:
        while not self._closing:
            try:
                received, client = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            try:
                question = dns.message.from_wire(received)
            except dns.exception.DNSException:
                continue
            self._socket.sendto(self._answer(question).to_wire(), client)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(question, recursion_available=True)
        [asked] = question.question
        name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
        records = self._records.copy()
        # Each address has a name from the VPC itself, and only that in reverse.
        records |= {f"{vpc_name(one)}.": one for one in [f"{self.prefix}.{n}" for n in range(2, 255)]}
        reverse = {dns.reversename.from_address(one).to_text(): vpc_name(one) for one in records.values()}
        if kind == "A" and name in records:
            answer.answer.append(dns.rrset.from_text(asked.name, _TTL, "IN", "A", records[name]))
        elif kind == "PTR" and name in reverse:
            answer.answer.append(dns.rrset.from_text(asked.name, _TTL, "IN", "PTR", f"{reverse[name]}."))
        elif name not in records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def vpc_name(address: str) -> str:
    """Return the host name that a VPC gives an address."""
    return f"ip-{address.replace('.', '-')}.eu-west-1.compute.internal"


def ip(*command: str) -> None:
    """Run a command on the network."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")

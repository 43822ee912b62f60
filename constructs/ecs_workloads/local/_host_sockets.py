"""Sockets of the machine for a target that has a network of its own: its supervisor opens them and hands them over."""

from __future__ import annotations

import json
import os
import queue
import socket
import sys
import threading
from collections.abc import Callable, Mapping

from ecs_workloads.local.local_error import LocalError

ADDRESS = "127.0.0.1"
_MESSAGE = 65536


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine alone.

    Args:
        port: The port; 0 for a free one.

    Raises:
        LocalError: The port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as error:
        listener.close()
        raise LocalError(
            f"port {port} of {ADDRESS} is taken ({error.strerror}); choose another, or none for a free one"
        ) from error
    listener.listen(128)
    return listener


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets, for the supervisor and its target."""
    kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM  # others do not have it
    return socket.socketpair(socket.AF_UNIX, kind)


def line(message: Mapping[str, object]) -> bytes:
    """Return what is sent for a message."""
    return f"{json.dumps(message)}\n".encode()


def messages(content: bytes) -> list[dict[str, object]]:
    """Return the messages in what was received at once."""
    return [json.loads(each) for each in content.splitlines()]


class Supervisor:
    """The supervisor as its target sees it.

    When the supervisor ends, however it ends, this process ends at once, and the kernel ends all that it started.

    Args:
        connection: The target's end of the connection.
        stop: Called when the supervisor wants the target to stop.
    """

    def __init__(self, connection: socket.socket, stop: Callable[[], None]) -> None:
        self._connection = connection
        self._stop = stop
        self._answers: queue.Queue[tuple[dict[str, object], list[int]]] = queue.Queue()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def say(self, **message: object) -> None:
        """Tell the supervisor something."""
        self._connection.send(line(message))

    def open(self, port: int) -> tuple[int, int]:
        """Return a listening socket of the machine, as a file descriptor, and its port.

        Args:
            port: The wished port; a free one is taken when it is not free.
        """
        with self._lock:
            self.say(open=port)
            answer, descriptors = self._answers.get()
            return descriptors[0], int(str(answer["port"]))

    def _listen(self) -> None:
        while True:
            content, descriptors, _, _ = socket.recv_fds(self._connection, _MESSAGE, 1)
            if not content:
                os._exit(1)
            for message in messages(content):
                if "stop" in message:
                    self._stop()
                else:
                    self._answers.put((message, descriptors))


def answer(connection: socket.socket, port: int) -> None:
    """Answer ``Supervisor.open`` on the other end."""
    try:
        listener = listen(port)
    except LocalError:
        listener = listen(0)
    with listener:
        found = int(listener.getsockname()[1])
        socket.send_fds(connection, [line({"port": found})], [listener.fileno()])

"""Requests that go on at a steady pace, whatever becomes of those before them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import httpx

_LONGEST_ANSWER = 30.0  # seconds


class SteadyRequests:
    """Sends requests to one address, each over a connection of its own.

    Args:
        address: Address of a load balancer.
        each_second: How many requests.
        paths: Where they go, in turn.
        tell: Says what a good answer is counted as. Others are counted by their status or their exception.
    """

    def __init__(
        self, address: str, *, each_second: int, paths: Sequence[str], tell: Callable[[httpx.Response], str]
    ) -> None:
        self.seen: Counter[str] = Counter()
        self.pace = 0.0
        self._paths = paths
        self._pause = 1 / each_second
        self._tell = tell
        self._stop = threading.Event()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(base_url=address, timeout=_LONGEST_ANSWER, limits=limits)

    @contextmanager
    def going_on(self) -> Generator[None]:
        """Send until the block ends, and wait for all answers."""
        runner = threading.Thread(target=self._run)
        runner.start()
        try:
            yield
        finally:
            self._stop.set()
            runner.join()

    def _run(self) -> None:
        threads: list[threading.Thread] = []
        began = time.monotonic()
        # One that starts late does not delay the next ones.
        while not self._stop.wait(max(0, began + len(threads) * self._pause - time.monotonic())):
            path = self._paths[len(threads) % len(self._paths)]
            threads.append(threading.Thread(target=self._send, args=(path,)))
            threads[-1].start()
        self.pace = len(threads) / (time.monotonic() - began)
        for thread in threads:
            thread.join()
        self._client.close()

    def _send(self, path: str) -> None:
        try:
            answer = self._client.get(path)
            self.seen[self._tell(answer) if answer.is_success else str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            self.seen[type(error).__name__] += 1

"""Confirmed publishing and acknowledged consuming that goes on whatever happens to the nodes."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

import pika
from pika.exceptions import AMQPError, NackError, UnroutableError

from tests.broker.deployment import Deployment

_QUEUE = "orders"
_PUBLISHERS = 6
_IN_FLIGHT = 200


class Traffic:
    """Some publishers and a consumer, each on whatever node lets it in.

    ``confirmed`` are the numbers that a broker has confirmed: exactly these must arrive. ``got`` counts what arrived.
    """

    def __init__(self, deployment: Deployment, number: int) -> None:
        self._deployment = deployment
        self.confirmed: set[int] = set()
        self.got: Counter[int] = Counter()
        self.retries = self.most_unacknowledged = 0
        self._enough = threading.Event()
        # A step of range's iterator is atomic: each number is for one publisher.
        self._waiting = iter(range(number))
        publishers = [threading.Thread(target=self._publish_all) for _ in range(_PUBLISHERS)]
        self._threads = [*publishers, threading.Thread(target=self._consume)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    @property
    def duplicates(self) -> int:
        """How many messages arrived that had arrived before."""
        return self.got.total() - len(self.got)

    def wait_for(self, number: int, *, patience: float = 180) -> None:
        """Return when so many messages are confirmed and have arrived."""
        end = time.monotonic() + patience
        while min(len(self.confirmed), len(self.got)) < number:
            assert time.monotonic() < end, f"{len(self.confirmed)} confirmed, {len(self.got)} arrived"
            time.sleep(0.1)

    def _publish_all(self) -> None:
        again: list[int] = []
        for turn in itertools.cycle(self._deployment.tasks):
            if self._enough.is_set():
                return
            time.sleep(0.05)
            with contextlib.suppress(AMQPError, OSError), self._deployment.connect("orders.producer", turn) as one:
                channel = one.channel()
                channel.confirm_delivery()
                while not self._enough.is_set():
                    number = again.pop() if again else next(self._waiting, None)
                    if number is None:
                        return
                    try:
                        channel.basic_publish(
                            "orders",
                            _QUEUE,
                            str(number).encode(),
                            pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
                            mandatory=True,
                        )
                    except (NackError, UnroutableError):
                        again.append(number)
                        self.retries += 1
                    except (AMQPError, OSError):
                        again.append(number)
                        self.retries += 1
                        raise
                    else:
                        self.confirmed.add(number)

    def _consume(self) -> None:
        for turn in itertools.cycle(reversed(self._deployment.tasks)):
            if self._enough.is_set():
                return
            time.sleep(0.05)
            with contextlib.suppress(AMQPError, OSError), self._deployment.connect("orders.consumer", turn) as one:
                channel = one.channel()
                channel.basic_qos(prefetch_count=_IN_FLIGHT)
                # What this consumer holds when it loses its connection is delivered again.
                self.most_unacknowledged += _IN_FLIGHT
                for method, _, body in channel.consume(_QUEUE, inactivity_timeout=0.2):
                    if self._enough.is_set():
                        break
                    if body is not None and method is not None:
                        self.got[int(body)] += 1
                        channel.basic_ack(method.delivery_tag or 0)

"""What a consumer has from a broker and is not at work on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from pika.adapters.select_connection import IOLoop

from ecs_workloads_runtime._amqp_delivery import AmqpDelivery
from ecs_workloads_runtime.message import Message


class AmqpHold:
    """Messages that wait for their turn, and messages that failed and rest for a while before they come again.

    They belong to one subscription: when that ends, the broker delivers all of them again by itself.

    Args:
        loop: What ends a rest.
        redelivery_delay: How long a message rests.
    """

    def __init__(self, loop: IOLoop, redelivery_delay: timedelta) -> None:
        self._loop = loop
        self._delay = redelivery_delay.total_seconds()
        self._waiting: deque[AmqpDelivery] = deque()
        self._resting: set[AmqpDelivery] = set()

    def __bool__(self) -> bool:
        """Return whether a message waits."""
        return bool(self._waiting)

    @property
    def rests(self) -> bool:
        """Whether a message rests."""
        return bool(self._resting)

    def take(self, delivery: AmqpDelivery) -> None:
        """Let it wait for its turn."""
        self._waiting.append(delivery)

    def next(self) -> AmqpDelivery:
        """Return the first that waits, and hold it no more."""
        return self._waiting.popleft()

    def rest(self, delivery: AmqpDelivery) -> None:
        """Count it as failed after a while."""
        self._resting.add(delivery)
        self._loop.call_later(self._delay, partial(self._end_rest, delivery))

    def give_back_others(self, key: str | None) -> None:
        """Let go of all but what waits under the key of the message in hand."""
        for delivery in self._resting:
            delivery.fail()
        for delivery in self._waiting:
            if delivery.message.idempotency_key != key:
                delivery.give_back()
        self._resting.clear()
        self._waiting = deque(one for one in self._waiting if one.message.idempotency_key == key)

    def acknowledge(self, was_done: Callable[[Message], bool]) -> None:
        """Acknowledge what waits and was done."""
        for delivery in self._waiting:
            if was_done(delivery.message):
                delivery.acknowledge()

    def clear(self) -> None:
        """Forget all: the subscription has ended."""
        self._waiting.clear()
        self._resting.clear()

    def _end_rest(self, delivery: AmqpDelivery) -> None:
        if delivery in self._resting:
            self._resting.remove(delivery)
            delivery.fail()

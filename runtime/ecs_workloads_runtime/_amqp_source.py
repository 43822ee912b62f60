"""Takes messages off a queue of a broker."""

from __future__ import annotations

import itertools
import operator
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial

import pika
import structlog
import tenacity
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.spec import Basic

from ecs_workloads_runtime._amqp import connection_parameters, is_refusal, reason
from ecs_workloads_runtime._amqp_delivery import AmqpDelivery, read_message
from ecs_workloads_runtime._amqp_hold import AmqpHold
from ecs_workloads_runtime._amqp_subscription import AmqpSubscription
from ecs_workloads_runtime._handling import Handling
from ecs_workloads_runtime._stop import Stop
from ecs_workloads_runtime.amqp_connection import AmqpConnection
from ecs_workloads_runtime.queue_unreachable import QueueUnreachable

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_TICK = 0.2  # how soon a signal is seen
_FIRST_DELAY, _LONGEST_DELAY = 0.2, 5
_PATIENCE = 10.0  # for a node to let us in
_PATIENCE_AT_STOP = 3.0  # for a node to let us go
_STEADY = 30.0  # a subscription that lasted so long was good


class AmqpSource:
    """A loop that the thread of `run` turns: it alone touches pika, which is not made for threads.

    The handler works in another thread, so that heartbeats go on however long it takes. It outlives the connection:
    where that is lost meanwhile, the message is acknowledged when the broker delivers it again.
    """

    def __init__(
        self,
        connection: AmqpConnection,
        *,
        handling: Handling,
        prefetch: int,
        redelivery_delay: timedelta,
        alive: Callable[[], None],
    ) -> None:
        self._name = connection.name
        self._nodes = itertools.cycle(connection_parameters(connection))
        self._handling = handling
        self._prefetch = prefetch
        self._alive = alive
        self._loop = IOLoop()
        self._hold = AmqpHold(self._loop, redelivery_delay)
        self._in_hand: tuple[AmqpDelivery, Future[bool]] | None = None
        self._delivers = False

    def run(self, stop: Stop) -> None:
        """Take messages until ``stop``, and connect again whenever the connection is lost."""
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_result(operator.not_),
            wait=tenacity.wait_random_exponential(multiplier=_FIRST_DELAY, max=_LONGEST_DELAY),
            stop=lambda _: stop.is_set(),
            sleep=partial(self._rest, stop),
            retry_error_callback=lambda _: None,
        )
        self._loop.activate_poller()
        try:
            while not stop.is_set():
                attempts(self._subscribe, stop)
                self._rest(stop, _FIRST_DELAY)
            while self._in_hand is not None:
                self._turn()
                self._settle(None)
        finally:
            self._loop.deactivate_poller()
            self._loop.close()

    def _subscribe(self, stop: Stop) -> bool:
        """Consume through the next node until ``stop`` or a failure; return whether it was good for a while."""
        self._delivers = False
        begin = time.monotonic()
        node = next(self._nodes)
        subscription = AmqpSubscription(
            self._loop, node, queue=self._name, prefetch=self._prefetch, on_message=self._on_message
        )
        try:
            self._consume(subscription, stop)
        except (AMQPError, OSError) as error:
            cause = subscription.error or error
            # What worked is not refused for good: a broker closes the channel of a slow handler in the same way.
            if subscription.channel is None and is_refusal(cause):
                raise QueueUnreachable(f"the broker refuses this program: {reason(cause)}") from cause
            _LOG.warning("the broker is away", node=f"{node.host}:{node.port}", reason=reason(cause))
            return self._delivers or (subscription.channel is not None and time.monotonic() - begin > _STEADY)
        finally:
            self._hold.clear()
            subscription.close()
        end = time.monotonic() + _PATIENCE_AT_STOP
        while not subscription.is_closed and time.monotonic() < end:
            self._turn()
        return True

    def _consume(self, subscription: AmqpSubscription, stop: Stop) -> None:
        end = time.monotonic() + _PATIENCE
        while not stop.is_set():
            self._turn()
            if subscription.error is not None:
                raise AMQPError(subscription.error)
            if subscription.channel is not None:
                self._settle(subscription.channel)
                self._start_next()
            elif time.monotonic() > end:
                raise TimeoutError(f"no answer within {_PATIENCE:.0f} seconds")
        self._finish(subscription)

    def _finish(self, subscription: AmqpSubscription) -> None:
        """Finish the message in hand, and take no other."""
        is_told = self._take_no_more(subscription)
        while self._in_hand is not None and subscription.error is None:
            self._turn()
            if not is_told and subscription.channel is not None:
                # Its first connection was lost: the message in hand comes again, and before the others.
                end = time.monotonic() + _TICK
                while not self._hold and time.monotonic() < end:
                    self._turn()
                is_told = self._take_no_more(subscription)
            self._settle(subscription.channel, stops=True)
        self._hold.acknowledge(self._handling.was_done)

    def _take_no_more(self, subscription: AmqpSubscription) -> bool:
        """Return whether there is a channel on which the broker could be told."""
        subscription.cancel()
        self._hold.give_back_others(None if self._in_hand is None else self._in_hand[0].message.idempotency_key)
        return subscription.channel is not None

    def _turn(self) -> None:
        """Let the broker be answered, until something happens."""
        self._alive()
        timer = self._loop.call_later(_TICK, _nothing)
        self._loop.poll()
        self._loop.process_timeouts()
        self._loop.remove_timeout(timer)

    def _rest(self, stop: Stop, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not stop.is_set() and time.monotonic() < end:
            self._turn()

    def _on_message(
        self, channel: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self._delivers = True
        tag = method.delivery_tag or 0
        try:
            message = read_message(method, properties, body)
        except UnicodeDecodeError:
            _LOG.exception("the message is no text in UTF-8; it is a dead letter now", message_id=properties.message_id)
            channel.basic_reject(tag, requeue=False)
        else:
            self._hold.take(AmqpDelivery(channel=channel, tag=tag, message=message))

    def _start_next(self) -> None:
        while self._in_hand is None and self._hold:
            delivery = self._hold.next()
            if self._handling.was_done(delivery.message):
                delivery.acknowledge()
                continue
            future = self._handling.start(delivery.message)
            self._in_hand = (delivery, future)
            future.add_done_callback(lambda _: self._loop.add_callback_threadsafe(_nothing))

    def _settle(self, channel: Channel | None, *, stops: bool = False) -> None:
        if self._in_hand is None or not self._in_hand[1].done():
            return
        (delivery, future), self._in_hand = self._in_hand, None
        if channel is None or delivery.channel is not channel:
            return  # the broker delivers it again
        if future.result():
            delivery.acknowledge()
        elif stops:
            delivery.fail()
        else:
            self._hold.rest(delivery)


def _nothing() -> None:
    return None

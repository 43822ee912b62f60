"""Takes messages off a queue of a broker."""

from __future__ import annotations

import re
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

import pika
import structlog
import tenacity
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.spec import Basic

from ecs_workloads_runtime._amqp import connection_parameters, declarations, is_missing, is_refusal, reason
from ecs_workloads_runtime._handling import Handling
from ecs_workloads_runtime._stop import Stop
from ecs_workloads_runtime.amqp_connection import AmqpConnection
from ecs_workloads_runtime.message import Message
from ecs_workloads_runtime.queue_unreachable import QueueUnreachable

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_TICK = 0.2  # how soon a signal is seen
_LONGEST_DELAY = 5
_OF_THE_BROKER = re.compile(r"x-(death|first-death-.*|last-death-.*|delivery-count|acquired-count)$")


@dataclass(frozen=True, kw_only=True)
class _Delivery:
    """A message that the broker waits to hear about, on the channel that brought it."""

    channel: BlockingChannel
    tag: int
    message: Message


class AmqpSource:
    """A connection that the thread of `run` owns: it alone touches pika, which is not made for threads.

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
        self._parameters = connection_parameters(connection)
        self._handling = handling
        self._prefetch = prefetch
        self._redelivery_delay = redelivery_delay
        self._alive = alive
        self._waiting: deque[_Delivery] = deque()
        self._resting: dict[int, _Delivery] = {}  # failed, and given back after a while
        self._in_hand: tuple[_Delivery, Future[bool]] | None = None
        self._cancelled = False

    def run(self, stop: Stop) -> None:
        """Take messages until ``stop``, and connect again whenever the connection is lost."""
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_pass),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=_LONGEST_DELAY),
            stop=lambda _: stop.is_set(),
            sleep=stop.wait,
            reraise=True,
        )
        while not stop.is_set():
            try:
                with attempts(self._connect) as connection:
                    self._consume(connection, stop)
            except (AMQPError, OSError) as error:
                if is_refusal(error):
                    raise QueueUnreachable(f"the broker refuses this program: {reason(error)}") from error
                _LOG.warning("the broker is away", reason=reason(error))

    def _connect(self) -> BlockingConnection:
        self._alive()
        try:
            return pika.BlockingConnection(self._parameters)
        except (AMQPError, OSError) as error:
            _LOG.warning("the broker does not let us in", reason=reason(error))
            raise

    def _consume(self, connection: BlockingConnection, stop: Stop) -> None:
        self._waiting.clear()
        self._resting.clear()
        self._cancelled = False
        channel = self._channel(connection)
        channel.basic_qos(prefetch_count=self._prefetch)
        channel.add_on_cancel_callback(lambda _: self._on_cancelled())
        consumer = channel.basic_consume(self._name, self._on_delivery)
        while not stop.is_set():
            self._settle(connection, channel)
            self._start_next(connection)
            self._turn(connection)
        channel.basic_cancel(consumer)
        for delivery in (*self._waiting, *self._resting.values()):
            channel.basic_nack(delivery.tag, requeue=True)
        self._waiting.clear()
        self._resting.clear()
        while self._in_hand is not None:
            self._turn(connection)
            self._settle(connection, channel)

    def _channel(self, connection: BlockingConnection) -> BlockingChannel:
        """Return a channel to a queue that is there: what declares it first may be the broker, or this program."""
        channel = connection.channel()
        try:
            channel.queue_declare(self._name, passive=True)
        except ChannelClosedByBroker as error:
            if not is_missing(error):
                raise
            channel = connection.channel()
            for name, arguments in declarations(self._name).items():
                channel.queue_declare(name, durable=True, arguments=arguments)
        return channel

    def _turn(self, connection: BlockingConnection) -> None:
        """Answer the broker, until something happens."""
        connection.process_data_events(time_limit=_TICK)
        self._alive()
        if self._cancelled:
            raise AMQPError("the broker cancelled the consumer")

    def _on_cancelled(self) -> None:
        self._cancelled = True

    def _on_delivery(
        self, channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        tag = method.delivery_tag or 0
        try:
            message = _message(method, properties, body)
        except UnicodeDecodeError:
            _LOG.exception("the message is no text in UTF-8; it is a dead letter now", message_id=properties.message_id)
            channel.basic_reject(tag, requeue=False)
        else:
            self._waiting.append(_Delivery(channel=channel, tag=tag, message=message))

    def _start_next(self, connection: BlockingConnection) -> None:
        while self._in_hand is None and self._waiting:
            delivery = self._waiting.popleft()
            if self._handling.was_done(delivery.message):
                delivery.channel.basic_ack(delivery.tag)
                continue
            future = self._handling.start(delivery.message)
            self._in_hand = (delivery, future)
            future.add_done_callback(lambda _: _wake(connection))

    def _settle(self, connection: BlockingConnection, channel: BlockingChannel) -> None:
        if self._in_hand is None or not self._in_hand[1].done():
            return
        (delivery, future), self._in_hand = self._in_hand, None
        if delivery.channel is not channel:
            return  # the broker delivers it again
        if future.result():
            channel.basic_ack(delivery.tag)
        else:
            self._resting[delivery.tag] = delivery
            connection.call_later(self._redelivery_delay.total_seconds(), lambda: self._give_back(delivery))

    def _give_back(self, delivery: _Delivery) -> None:
        if self._resting.pop(delivery.tag, None) is delivery:
            delivery.channel.basic_nack(delivery.tag, requeue=True)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, AMQPError | OSError) and not is_refusal(error)


def _wake(connection: BlockingConnection) -> None:
    """Let the thread that owns ``connection`` see at once that the handler is done."""
    try:
        connection.add_callback_threadsafe(_nothing)
    except AMQPError:
        return  # the connection is lost; its successor looks by itself


def _nothing() -> None:
    return None


def _message(method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> Message:
    headers = properties.headers or {}
    # The broker counts only failed deliveries, and not every broker counts.
    failed = headers.get("x-delivery-count")
    counted = failed + 1 if isinstance(failed, int) else 1
    return Message(
        body=body.decode(),
        idempotency_key=properties.message_id or str(uuid.uuid4()),
        attributes={name: str(value) for name, value in headers.items() if not _OF_THE_BROKER.match(name)},
        attempt=max(counted, 2 if method.redelivered else 1),
    )

"""Puts messages on a queue of a broker."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial

import pika
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method
from pika.spec import Basic, Confirm, Queue

from ecs_workloads_runtime._amqp import connection_parameters, declarations, is_missing, is_refusal, reason
from ecs_workloads_runtime._sending import OutgoingMessage, PermanentFailure, TransientFailure
from ecs_workloads_runtime.amqp_connection import AmqpConnection

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 5.0
_CLOSING_SECONDS = 3.0


class AmqpSender:
    """A connection that one thread owns: it alone touches pika, which is not made for threads.

    Other threads hand it calls and wait for their futures. Many messages are under way at once, each with its own
    confirmation. The thread keeps the heartbeats going while nothing is sent, and connects again by itself.
    """

    def __init__(self, connection: AmqpConnection) -> None:
        self._name = connection.name
        self._exchange = connection.exchange
        self._nodes = itertools.cycle(connection_parameters(connection))
        self._loop = IOLoop()
        self._trouble: Exception = TransientFailure("the broker has not answered yet")
        # From here on, all belongs to the thread.
        self._connection: SelectConnection | None = None
        self._channel: Channel | None = None
        self._published = 0
        self._calls: deque[_Call] = deque()  # wait for a channel
        self._unconfirmed: dict[int, _Call] = {}  # by the number of the message on its channel
        self._checks: set[_Call] = set()
        self._unroutable: set[str] = set()
        self._delay = _FIRST_DELAY
        self._missing = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="amqp-producer", daemon=True)
        self._thread.start()

    def send(self, message: OutgoingMessage, timeout: timedelta) -> None:
        """Return when the broker has confirmed that the queue has the message."""
        self._ask(partial(self._publish, message, message.body.encode()), timeout)

    def check(self, timeout: timedelta) -> None:
        """Return when the broker has answered a question about the queue."""
        self._ask(self._look, timeout)

    def close(self) -> None:
        """Close the connection; messages that are not confirmed by now fail."""
        self._loop.add_callback_threadsafe(self._close)
        self._thread.join(_CLOSING_SECONDS + 1)

    def _ask(self, act: Callable[[_Call, Channel], None], timeout: timedelta) -> None:
        call = _Call(act)
        self._loop.add_callback_threadsafe(partial(self._take, call))
        try:
            call.answer.result(max(0.0, timeout.total_seconds()))
        except TimeoutError:
            call.answer.cancel()
            raise TransientFailure(f"no confirmation in time: {self._trouble}") from None

    # The thread.

    def _run(self) -> None:
        self._connect()
        self._loop.start()
        self._loop.close()

    def _connect(self) -> None:
        if self._closing:
            return
        self._connection = SelectConnection(
            next(self._nodes),
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_lost,
            on_close_callback=self._on_lost,
            custom_ioloop=self._loop,
        )

    def _on_open(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_returned)
        if self._missing:
            self._declare(channel, list(declarations(self._name).items()))
        else:
            # Where the broker declares the queue, this program may not.
            channel.queue_declare(self._name, passive=True, callback=lambda _: self._declare(channel, []))

    def _declare(self, channel: Channel, queues: list[tuple[str, dict[str, str | int]]]) -> None:
        if not queues:
            channel.confirm_delivery(self._on_confirmation, callback=partial(self._on_ready, channel))
            return
        (name, arguments), *rest = queues

        def declared(_: Method[Queue.DeclareOk]) -> None:
            self._declare(channel, rest)

        channel.queue_declare(name, durable=True, arguments=arguments, callback=declared)

    def _on_ready(self, channel: Channel, _: Method[Confirm.SelectOk]) -> None:
        self._channel, self._published, self._delay = channel, 0, _FIRST_DELAY
        self._trouble = TransientFailure("the broker is silent")
        waiting, self._calls = self._calls, deque()
        for call in waiting:
            self._take(call)

    def _take(self, call: _Call) -> None:
        if call.answer.cancelled():
            return
        if isinstance(self._trouble, PermanentFailure):
            call.fail(self._trouble)
        elif self._channel is None:
            self._calls.append(call)
        else:
            try:
                call.act(call, self._channel)
            except AMQPError as error:
                call.fail(TransientFailure(reason(error)))

    def _publish(self, message: OutgoingMessage, body: bytes, call: _Call, channel: Channel) -> None:
        properties = pika.BasicProperties(
            message_id=message.idempotency_key,
            headers=dict(message.attributes),
            content_type="text/plain; charset=utf-8",
            delivery_mode=pika.DeliveryMode.Persistent,
        )
        call.key = message.idempotency_key
        channel.basic_publish(self._exchange, self._name, body, properties, mandatory=True)
        self._published += 1
        self._unconfirmed[self._published] = call

    def _look(self, call: _Call, channel: Channel) -> None:
        self._checks.add(call)

        def answered(_: Method[Queue.DeclareOk]) -> None:
            self._checks.discard(call)
            call.succeed()

        channel.queue_declare(self._name, passive=True, callback=answered)

    def _on_returned(self, _: Channel, __: Basic.Return, properties: pika.BasicProperties, ___: bytes) -> None:
        self._unroutable.add(properties.message_id or "")

    def _on_confirmation(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        answer = frame.method
        last = answer.delivery_tag or 0
        numbers = sorted(n for n in self._unconfirmed if n <= last) if answer.multiple else [last]
        for number in numbers:
            call = self._unconfirmed.pop(number)
            if call.key in self._unroutable:
                self._unroutable.discard(call.key)
                call.fail(TransientFailure(f"the broker has no queue {self._name!r}"))
                self._start_again()  # declares the queue
            elif isinstance(answer, Basic.Ack):
                call.succeed()
            else:
                call.fail(TransientFailure("the broker refused the message: its queue is full or has no majority"))

    def _start_again(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def _on_channel_closed(self, _: Channel, error: Exception) -> None:
        if not self._closing and self._connection is not None and self._connection.is_open:
            self._missing = is_missing(error)
            self._lose(error)
            self._connection.close()

    def _on_lost(self, _: SelectConnection, error: BaseException) -> None:
        self._connection = None
        if self._closing:
            self._lose(error)
            self._loop.stop()
            return
        # A refusal of the channel, which came first, says more than the closing of its connection.
        if not isinstance(self._trouble, PermanentFailure) or is_refusal(error):
            self._lose(error)
        self._loop.call_later(self._delay, self._try_again)
        self._delay = min(2 * self._delay, _LONGEST_DELAY)

    def _try_again(self) -> None:
        self._trouble = TransientFailure(str(self._trouble))
        self._connect()

    def _lose(self, error: BaseException) -> None:
        self._channel = None
        failure = PermanentFailure if is_refusal(error) else TransientFailure
        self._trouble = failure(reason(error))
        lost = [*self._unconfirmed.values(), *self._checks]
        if failure is PermanentFailure or self._closing:
            lost += self._calls
            self._calls.clear()
        self._unconfirmed.clear()
        self._checks.clear()
        self._unroutable.clear()
        for call in lost:
            call.fail(self._trouble)

    def _close(self) -> None:
        self._closing = True
        self._loop.call_later(_CLOSING_SECONDS, self._loop.stop)
        if self._connection is None:
            self._loop.stop()
            return
        try:
            self._connection.close()
        except AMQPError:
            self._loop.stop()  # it is closing already, or never opened


class _Call:
    """What a thread asked for, and where its answer goes."""

    def __init__(self, act: Callable[[_Call, Channel], None]) -> None:
        self.act = act
        self.answer: Future[None] = Future()
        self.key = ""

    def succeed(self) -> None:
        """Answer, unless nobody waits any more."""
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_result(None)

    def fail(self, failure: Exception) -> None:
        """Answer with ``failure``, unless nobody waits any more."""
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(failure)

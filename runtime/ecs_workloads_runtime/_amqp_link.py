"""A connection to a broker that comes again."""

from __future__ import annotations

import contextlib
import itertools
from typing import Protocol

from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method
from pika.spec import Connection, Queue

from ecs_workloads_runtime._amqp import connection_parameters, declarations, is_missing, is_refusal
from ecs_workloads_runtime.amqp_connection import AmqpConnection

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 5.0
CLOSING_SECONDS = 3.0


class LinkEvents(Protocol):
    """Who uses a link, and is told what becomes of it."""

    def on_declared(self, channel: Channel) -> None:
        """The queue is there, and ``channel`` is open."""
        ...

    def on_lost(self, error: BaseException) -> None:
        """The channel is no more, or could not be had."""
        ...

    def on_alarm(self, alarm: str | None) -> None:
        """The broker takes no messages for now, and says why; or it takes them again."""
        ...


class Link:
    """Connects to one node after the other until one answers, and again after each loss, with the queue declared.

    All of it runs in the thread of the loop.
    """

    def __init__(self, connection: AmqpConnection, loop: IOLoop, events: LinkEvents) -> None:
        self._name = connection.name
        self._nodes = itertools.cycle(connection_parameters(connection))
        self._loop = loop
        self._events = events
        self._connection: SelectConnection | None = None
        self._delay = _FIRST_DELAY
        self._retry: object | None = None
        self._missing = False
        self._closing = False
        self.rests = False
        """Whether it was lost, and has not been tried again."""

    def open(self) -> None:
        """Connect, in the background."""
        self._retry = None
        self.rests = False
        if self._closing:
            return
        connection = SelectConnection(
            next(self._nodes),
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_closed,
            on_close_callback=self._on_closed,
            custom_ioloop=self._loop,
        )
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._connection = connection

    def restart(self) -> None:
        """Connect anew, whatever state this is in."""
        if self._closing:
            self._loop.stop()
        elif self._connection is None:
            self._open_later()
        elif self._connection.is_open:
            with contextlib.suppress(AMQPError):
                self._connection.close()

    def close(self) -> None:
        """Close the connection, and stop the loop then, or after three seconds."""
        self._closing = True
        self._loop.call_later(CLOSING_SECONDS, self._loop.stop)
        if self._connection is None:
            self._loop.stop()
            return
        try:
            self._connection.close()
        except AMQPError:
            self._loop.stop()  # it is closing already, or never opened

    def _on_open(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        if self._missing:
            self._declare(channel, list(declarations(self._name).items()))
        else:
            # Where the broker declares the queue, this program may not.
            channel.queue_declare(self._name, passive=True, callback=lambda _: self._declare(channel, []))

    def _declare(self, channel: Channel, queues: list[tuple[str, dict[str, str | int]]]) -> None:
        if not queues:
            self._delay = _FIRST_DELAY
            self._events.on_declared(channel)
            return
        (name, arguments), *rest = queues

        def declared(_: Method[Queue.DeclareOk]) -> None:
            self._declare(channel, rest)

        channel.queue_declare(name, durable=True, arguments=arguments, callback=declared)

    def _on_blocked(self, _: object, frame: Method[Connection.Blocked]) -> None:
        self._events.on_alarm(frame.method.reason or "it gives no reason")

    def _on_unblocked(self, _: object, __: Method[Connection.Unblocked]) -> None:
        self._events.on_alarm(None)

    def _on_channel_closed(self, _: Channel, error: Exception) -> None:
        if not self._closing and self._connection is not None and self._connection.is_open:
            self._missing = is_missing(error)
            self.rests = True
            self._events.on_lost(error)
            self._connection.close()

    def _on_closed(self, _: SelectConnection, error: BaseException) -> None:
        self._connection = None
        # What closed the channel, which came first, says more than the closing of its connection.
        if not self.rests or is_refusal(error):
            self.rests = True
            self._events.on_lost(error)
        if self._closing:
            self._loop.stop()
        else:
            self._open_later()

    def _open_later(self) -> None:
        if self._retry is None:
            self._retry = self._loop.call_later(self._delay, self.open)
            self._delay = min(2 * self._delay, _LONGEST_DELAY)

"""The messages of a queue over one connection to one node of a broker."""

from __future__ import annotations

from collections.abc import Callable

import pika
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.adapters.utils.connection_workflow import (
    AMQPConnectionWorkflowFailed,
    AMQPConnectorException,
    AMQPConnectorPhaseErrorBase,
)
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method
from pika.spec import Basic, Queue

from ecs_workloads_runtime._amqp import declarations, is_missing

OnMessage = Callable[[Channel, Basic.Deliver, pika.BasicProperties, bytes], None]


class AmqpSubscription:
    """Connects, finds the queue or declares it, and consumes; each step when the one before is answered.

    Nothing here waits: who turns the loop looks at ``channel`` and ``error``, and says when it has waited enough.

    Args:
        loop: What calls back. One thread turns it.
        parameters: The node.
        queue: Name of the queue.
        prefetch: How many messages the broker may send ahead.
        on_message: Gets each message, until the subscription ends.
    """

    def __init__(
        self, loop: IOLoop, parameters: pika.URLParameters, *, queue: str, prefetch: int, on_message: OnMessage
    ) -> None:
        self.channel: Channel | None = None
        """What brings the messages, once the broker has agreed to all."""
        self.error: BaseException | None = None
        """Why it ended."""
        self._queue = queue
        self._prefetch = prefetch
        self._on_message = on_message
        self._consumer: str | None = None
        self._looks = True
        self._connection: SelectConnection | None = None
        SelectConnection.create_connection([parameters], self._on_connected, custom_ioloop=loop)

    @property
    def is_closed(self) -> bool:
        """Whether the node has agreed to the end, or there is no connection."""
        return self._connection is None or self._connection.is_closed

    def cancel(self) -> None:
        """Take no more messages: pika gives back what is under way. Those that came remain to be answered."""
        if self._consumer is not None and self.channel is not None and self.channel.is_open:
            self.channel.basic_cancel(self._consumer)

    def close(self) -> None:
        """Begin to end the connection: what is not acknowledged goes back.

        What a silent node leaves open ends without us: a handshake by pika's time-out, since pika fails where it is
        told to end one, and a connection by its heartbeats.
        """
        self._end(AMQPError("closed"))
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def _on_connected(self, connection: SelectConnection | AMQPConnectorException) -> None:
        if isinstance(connection, SelectConnection):
            self._connection = connection
            connection.add_on_close_callback(self._on_lost)
            if self.error is None:
                self._open_channel(connection)
            else:
                connection.close()
        elif isinstance(connection, AMQPConnectionWorkflowFailed):
            last = connection.exceptions[-1]
            self._end(last.exception if isinstance(last, AMQPConnectorPhaseErrorBase) else last)

    def _open_channel(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_cancel_callback(lambda _: self._end(AMQPError("the broker cancelled the consumer")))
        if self._looks:
            # What declares the queue first may be the broker, or this program.
            channel.queue_declare(self._queue, passive=True, callback=lambda _: self._consume(channel))
        else:
            self._declare(channel, list(declarations(self._queue).items()))

    def _declare(self, channel: Channel, queues: list[tuple[str, dict[str, str | int]]]) -> None:
        if not queues:
            self._consume(channel)
            return
        (name, arguments), *rest = queues

        def declared(_: Method[Queue.DeclareOk]) -> None:
            self._declare(channel, rest)

        channel.queue_declare(name, durable=True, arguments=arguments, callback=declared)

    def _consume(self, channel: Channel) -> None:
        def limited(_: Method[Basic.QosOk]) -> None:
            self._consumer = channel.basic_consume(self._queue, self._on_delivery, callback=agreed)

        def agreed(_: Method[Basic.ConsumeOk]) -> None:
            self.channel = channel

        channel.basic_qos(prefetch_count=self._prefetch, callback=limited)

    def _on_delivery(
        self, channel: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        if self.error is None:
            self._on_message(channel, method, properties, body)

    def _on_channel_closed(self, _: Channel, error: Exception) -> None:
        connection = self._connection
        if self._looks and is_missing(error) and self.channel is None and connection is not None and connection.is_open:
            self._looks = False
            self._open_channel(connection)
        else:
            self._end(error)

    def _on_lost(self, _: SelectConnection, error: BaseException) -> None:
        self._end(error)

    def _end(self, error: BaseException) -> None:
        # The first word says more than what follows of it.
        if self.error is None:
            self.error = error

"""A channel of a broker that confirms what it took."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pika
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic, Confirm, Queue

from ecs_workloads_runtime._amqp import reason
from ecs_workloads_runtime._amqp_call import Call
from ecs_workloads_runtime._sending import OutgoingMessage, PermanentFailure, TransientFailure
from ecs_workloads_runtime.amqp_connection import AmqpConnection

# A broker that falls silent would leave any number of messages in the memory of this process.
_MOST_UNCONFIRMED_BYTES = 32 * 1024 * 1024
_TOO_LARGE = re.compile(r"message size (\d+) is larger")


class ConfirmedChannel:
    """Publishes messages, and answers each call when the broker has. It belongs to the thread of its connection.

    Args:
        channel: An open channel.
        connection: The queue.
        on_ready: Called when messages may be published.
        on_confirmed: Called after each confirmation.
        on_missing: Called when a message found no queue.
    """

    def __init__(
        self,
        channel: Channel,
        connection: AmqpConnection,
        *,
        on_ready: Callable[[ConfirmedChannel], None],
        on_confirmed: Callable[[], None],
        on_missing: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._name, self._exchange = connection.name, connection.exchange
        self._on_confirmed, self._on_missing = on_confirmed, on_missing
        self._published = 0
        self._unconfirmed: dict[int, _Publication] = {}  # by the number of the message on its channel
        self._unconfirmed_bytes = 0
        self._unroutable: set[int] = set()
        self._checks: set[Call[ConfirmedChannel]] = set()

        def selected(_: Method[Confirm.SelectOk]) -> None:
            on_ready(self)

        channel.add_on_return_callback(self._on_returned)
        channel.confirm_delivery(self._on_confirmation, callback=selected)

    @property
    def has_room(self) -> bool:
        """Whether the broker has confirmed enough for another message."""
        return self._channel.is_open and self._unconfirmed_bytes <= _MOST_UNCONFIRMED_BYTES

    def publish(self, message: OutgoingMessage, body: bytes, call: Call[ConfirmedChannel]) -> None:
        """Publish ``message``; its confirmation answers ``call``."""
        number = self._published + 1
        properties = pika.BasicProperties(
            # What tells this publication where the broker returns it: two may have one key.
            correlation_id=str(number),
            message_id=message.idempotency_key,
            headers=dict(message.attributes),
            content_type="text/plain; charset=utf-8",
            delivery_mode=pika.DeliveryMode.Persistent,
        )
        self._channel.basic_publish(self._exchange, self._name, body, properties, mandatory=True)
        self._published = number
        self._unconfirmed[number] = _Publication(call, len(body))
        self._unconfirmed_bytes += len(body)

    def look(self, call: Call[ConfirmedChannel]) -> None:
        """Ask for the queue; the broker's word answers ``call``."""

        def answered(_: Method[Queue.DeclareOk]) -> None:
            if call in self._checks:
                self._checks.discard(call)
                call.succeed()

        self._channel.queue_declare(self._name, passive=True, callback=answered)
        self._checks.add(call)

    def lose(self, failure: TransientFailure | PermanentFailure, error: BaseException | None = None) -> None:
        """Fail all that is not answered. The message for whose size the broker closed the channel fails for good."""
        refused = _TOO_LARGE.search(str(error))
        size = None if refused is None else int(refused[1])
        for publication in self._unconfirmed.values():
            is_culprit = error is not None and publication.size == size
            publication.call.fail(PermanentFailure(reason(error)) if error and is_culprit else failure)
        for check in self._checks:
            check.fail(failure)
        self._unconfirmed.clear()
        self._checks.clear()

    def _on_returned(self, _: Channel, __: Basic.Return, properties: pika.BasicProperties, ___: bytes) -> None:
        self._unroutable.add(int(properties.correlation_id or 0))

    def _on_confirmation(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        answer = frame.method
        last = answer.delivery_tag or 0
        numbers = sorted(n for n in self._unconfirmed if n <= last) if answer.multiple else [last]
        for number in numbers:
            publication = self._unconfirmed.pop(number, None)
            if publication is None:
                continue  # it has failed: the producer is closing
            self._unconfirmed_bytes -= publication.size
            if number in self._unroutable:
                self._unroutable.discard(number)
                publication.call.fail(TransientFailure(f"the broker has no queue {self._name!r}"))
                self._on_missing()
            elif isinstance(answer, Basic.Ack):
                publication.call.succeed()
            else:
                refusal = "the broker refused the message: its queue is full or has no majority"
                publication.call.fail(TransientFailure(refusal))
        self._on_confirmed()


@dataclass(frozen=True)
class _Publication:
    call: Call[ConfirmedChannel]
    size: int

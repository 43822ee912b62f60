"""What a broker has delivered."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

import pika
from pika.channel import Channel
from pika.spec import Basic

from ecs_workloads_runtime.message import Message

_OF_THE_BROKER = re.compile(r"x-(death|first-death-.*|last-death-.*|delivery-count|acquired-count)$")


@dataclass(frozen=True, kw_only=True, eq=False)
class AmqpDelivery:
    """A message that the broker waits to hear about, on the channel that brought it.

    Where that channel is gone nothing is said: the broker delivers the message again by itself.
    """

    channel: Channel
    tag: int
    message: Message

    def acknowledge(self) -> None:
        """Say that it is done."""
        if self.channel.is_open:
            self.channel.basic_ack(self.tag)

    def fail(self) -> None:
        """Let it come again, and count the failure: from RabbitMQ 4.3 on a nack does not count.

        https://github.com/rabbitmq/rabbitmq-server/pull/15387
        """
        if self.channel.is_open:
            self.channel.basic_reject(self.tag, requeue=True)

    def give_back(self) -> None:
        """Let it come again, here or elsewhere: nobody has begun it."""
        if self.channel.is_open:
            self.channel.basic_nack(self.tag, requeue=True)


def read_message(method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> Message:
    """Return the message of a delivery.

    Raises:
        UnicodeDecodeError: The body is no text.
    """
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

"""Puts messages on a queue, and says so only when the queue has them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self

import tenacity

from ecs_workloads_runtime._amqp_sender import AmqpSender
from ecs_workloads_runtime._outgoing import outgoing_message
from ecs_workloads_runtime._sending import PermanentFailure, Sender, TransientFailure
from ecs_workloads_runtime._sqs_sender import SqsSender
from ecs_workloads_runtime.amqp_connection import AmqpConnection
from ecs_workloads_runtime.not_sent import NotSent
from ecs_workloads_runtime.queue_unreachable import QueueUnreachable
from ecs_workloads_runtime.sqs_connection import SqsConnection

_SEND_TIMEOUT = timedelta(seconds=30)
_CHECK_TIMEOUT = timedelta(seconds=3)


class Producer:
    """Puts messages on one queue. Use it as a context manager; any number of threads may share one.

    It needs no queue to begin with: the connection is made in the background, and made again when it is lost.

    Args:
        connection: The queue.
        send_timeout: Longest time that one `send` may take, all its attempts together. More than zero.

    Raises:
        ValueError: The time is not more than zero.
    """

    def __init__(self, connection: SqsConnection | AmqpConnection, *, send_timeout: timedelta = _SEND_TIMEOUT) -> None:
        if send_timeout <= timedelta():
            raise ValueError(f"send_timeout must be more than zero, got {send_timeout}")
        self._connection = connection
        self._send_timeout = send_timeout
        self._sender: Sender | None = None

    def __enter__(self) -> Self:
        if self._sender is not None:
            raise RuntimeError("the producer is already in use")
        if isinstance(self._connection, SqsConnection):
            self._sender = SqsSender(self._connection, longest=self._send_timeout)
        else:
            self._sender = AmqpSender(self._connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sender, self._sender = self._opened(), None
        sender.close()

    def send(
        self,
        body: str,
        *,
        idempotency_key: str | None = None,
        attributes: Mapping[str, str] | None = None,
        group: str | None = None,
    ) -> None:
        """Put a message on the queue; return when the queue has confirmed it.

        Args:
            body: What the handler gets, not empty. A broker takes up to 16 MiB in UTF-8, as RabbitMQ 4 does by
                itself; SQS takes 1 MiB, with the key and the attributes.
            idempotency_key: What tells a message that was delivered twice, 1 to 128 characters, and up to 255 bytes in
                UTF-8; for a FIFO queue letters, digits and punctuation of ASCII. Defaults to a new one.
            attributes: What the handler gets beside the body, such as a request id. Up to nine, none empty, and up to
                64 KiB together for a broker. A name has 1 to 255 letters, digits and ``_.-``.
            group: Messages of one group keep their order. Needed for a FIFO queue of SQS, and for that alone: 1 to 128
                letters, digits and punctuation of ASCII.

        Raises:
            NotSent: The queue refused the message, as one does that was given a lower limit, or did not confirm it in
                time, or the producer was closed. The text says what was the trouble, such as the alarm of a broker.
            ValueError: An argument is out of its range, or holds the half of a character, which UTF-8 cannot write.
            RuntimeError: The producer is not in use: it belongs into a ``with`` statement.
        """
        message = outgoing_message(
            self._connection,
            body=body,
            idempotency_key=idempotency_key,
            attributes=attributes or {},
            group=group,
        )
        sender = self._opened()
        deadline = time.monotonic() + self._send_timeout.total_seconds()
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientFailure),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=2),
            stop=tenacity.stop_before_delay(self._send_timeout),
            reraise=True,
        )
        try:
            attempts(lambda: sender.send(message, timedelta(seconds=deadline - time.monotonic())))
        except (TransientFailure, PermanentFailure) as failure:
            raise NotSent(str(failure)) from failure

    def check(self) -> None:
        """Return when the queue answers; for ``/readyz``.

        Raises:
            QueueUnreachable: It does not within three seconds, or it refuses this program.
        """
        try:
            self._opened().check(_CHECK_TIMEOUT)
        except (TransientFailure, PermanentFailure) as failure:
            raise QueueUnreachable(str(failure)) from failure

    def _opened(self) -> Sender:
        if self._sender is None:
            raise RuntimeError("use the producer in a with statement")
        return self._sender

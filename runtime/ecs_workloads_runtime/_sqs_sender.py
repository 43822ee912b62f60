"""Puts messages on a queue of SQS."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ecs_workloads_runtime._sending import IDEMPOTENCY_KEY, OutgoingMessage, PermanentFailure, TransientFailure
from ecs_workloads_runtime._sqs import make_client, may_pass
from ecs_workloads_runtime.sqs_connection import SqsConnection

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageAttributeValueTypeDef

_THREADS = 40  # as many as Starlette's thread pool has
_CHECK_SECONDS = 1.5
# An attempt may wait for two addresses to connect, and then for the answer, each for the time-out of its client.
_WAITS = 3
_LONGEST_SECONDS = 8.0
_MOST_HALVINGS = 9


class SqsSender:
    """Clients of boto3, which threads may share. An answer of SQS is the confirmation.

    A client has its time-outs for good, so an attempt that has less time left goes through a client of half the
    time-outs, or a quarter of them, and so on.

    Args:
        connection: The queue.
        longest: The longest time that is given to `send`.
    """

    def __init__(self, connection: SqsConnection, *, longest: timedelta) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._clients: dict[float, SQSClient] = {}
        self._client_for(longest)  # the first message need not wait until it is made
        self._checker = make_client(connection, connections=1, seconds=_CHECK_SECONDS)

    def send(self, message: OutgoingMessage, timeout: timedelta) -> None:
        """Return when SQS has answered."""
        client, url = self._client_for(timeout), self._connection.url
        attributes = {name: _text(value) for name, value in message.attributes.items()}
        attributes[IDEMPOTENCY_KEY] = _text(message.idempotency_key)
        try:
            if message.group is None:
                client.send_message(QueueUrl=url, MessageBody=message.body, MessageAttributes=attributes)
            else:
                client.send_message(
                    QueueUrl=url,
                    MessageBody=message.body,
                    MessageAttributes=attributes,
                    MessageGroupId=message.group,
                    MessageDeduplicationId=message.idempotency_key,
                )
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def check(self, timeout: timedelta) -> None:
        """Return when SQS knows the queue and this program."""
        del timeout  # the client has its own
        try:
            self._checker.get_queue_attributes(QueueUrl=self._connection.url, AttributeNames=["QueueArn"])
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
        self._checker.close()

    def _client_for(self, left: timedelta) -> SQSClient:
        seconds = _LONGEST_SECONDS
        for _ in range(_MOST_HALVINGS):
            if seconds * _WAITS <= left.total_seconds():
                break
            seconds /= 2
        with self._lock:
            if seconds not in self._clients:
                self._clients[seconds] = make_client(self._connection, connections=_THREADS, seconds=seconds)
            return self._clients[seconds]


def _text(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}


def _failure(error: BotoCoreError | ClientError) -> TransientFailure | PermanentFailure:
    return TransientFailure(str(error)) if may_pass(error) else PermanentFailure(str(error))

"""Puts messages on a queue of SQS."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ecs_workloads_runtime._sending import IDEMPOTENCY_KEY, OutgoingMessage, PermanentFailure, TransientFailure
from ecs_workloads_runtime._sqs import make_client, may_pass
from ecs_workloads_runtime.sqs_connection import SqsConnection

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageAttributeValueTypeDef

_THREADS = 40  # as many as Starlette's thread pool has
_CHECK_SECONDS = 1.5


class SqsSender:
    """One client of boto3, which threads may share. An answer of SQS is the confirmation."""

    def __init__(self, connection: SqsConnection) -> None:
        self._url = connection.url
        self._client = make_client(connection, connections=_THREADS)
        self._checker = make_client(connection, connections=1, seconds=_CHECK_SECONDS)

    def send(self, message: OutgoingMessage, timeout: timedelta) -> None:
        """Return when SQS has answered."""
        del timeout  # the client has its own, and gives up earlier
        attributes = {name: _text(value) for name, value in message.attributes.items()}
        attributes[IDEMPOTENCY_KEY] = _text(message.idempotency_key)
        try:
            if message.group is None:
                self._client.send_message(QueueUrl=self._url, MessageBody=message.body, MessageAttributes=attributes)
            else:
                self._client.send_message(
                    QueueUrl=self._url,
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
            self._checker.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._checker.close()


def _text(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}


def _failure(error: BotoCoreError | ClientError) -> TransientFailure | PermanentFailure:
    return TransientFailure(str(error)) if may_pass(error) else PermanentFailure(str(error))

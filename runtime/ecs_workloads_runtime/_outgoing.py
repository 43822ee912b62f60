"""What a program may send: checked before a queue sees it, since a queue answers worse or for others too."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

from ecs_workloads_runtime._sending import IDEMPOTENCY_KEY, OutgoingMessage
from ecs_workloads_runtime.amqp_connection import AmqpConnection
from ecs_workloads_runtime.sqs_connection import SqsConnection

# SQS takes ten attributes, and the idempotency key is one.
_MOST_ATTRIBUTES = 9
_LONGEST_KEY = 128
# A short string of AMQP has one byte for its length.
_MOST_KEY_BYTES = 255
# What SQS takes, so that the same program goes with each queue.
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_-])?")
# What SQS takes as group and as id of deduplication, which is the key.
_FIFO_TEXT = re.compile(r"[!-~]{1,128}")
_DATA_TYPE = "String"
# Quotas of SQS: body and attributes together.
_MOST_SQS_BYTES = 1024 * 1024
# max_message_size of RabbitMQ 4, the body alone: a message above it costs all messages of its channel.
_MOST_AMQP_BYTES = 16 * 1024 * 1024
# Key and attributes go in one frame, and RabbitMQ's frame_max is 128 KiB: a larger one costs the connection.
_MOST_AMQP_ATTRIBUTE_BYTES = 64 * 1024


def outgoing_message(
    connection: SqsConnection | AmqpConnection,
    *,
    body: str,
    idempotency_key: str | None,
    attributes: Mapping[str, str],
    group: str | None,
) -> OutgoingMessage:
    """Return the message, with a new key where there is none.

    Raises:
        ValueError: An argument is out of its range, too large for the queue, or no text of UTF-8.
    """
    key = str(uuid.uuid4()) if idempotency_key is None else idempotency_key
    if not body:
        raise ValueError("body must not be empty")
    body_bytes = _byte_count("body", body)
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise ValueError(f"idempotency_key must have 1 to {_LONGEST_KEY} characters, got {len(key)}")
    key_bytes = _byte_count("idempotency_key", key)
    if key_bytes > _MOST_KEY_BYTES:
        raise ValueError(f"idempotency_key must have up to {_MOST_KEY_BYTES} bytes in UTF-8, got {key_bytes}")
    attribute_bytes = _attribute_bytes(attributes)
    _check_group(connection, group, key)
    if isinstance(connection, SqsConnection):
        all_bytes = body_bytes + attribute_bytes + len(IDEMPOTENCY_KEY) + len(_DATA_TYPE) + key_bytes
        if all_bytes > _MOST_SQS_BYTES:
            raise ValueError(f"SQS takes up to 1 MiB, body, key and attributes together: got {all_bytes} bytes")
    elif body_bytes > _MOST_AMQP_BYTES:
        raise ValueError(f"body must have up to 16 MiB for a broker, got {body_bytes} bytes")
    elif attribute_bytes > _MOST_AMQP_ATTRIBUTE_BYTES:
        raise ValueError(f"attributes must have up to 64 KiB together for a broker, got {attribute_bytes} bytes")
    return OutgoingMessage(body=body, idempotency_key=key, attributes=dict(attributes), group=group)


def _check_group(connection: SqsConnection | AmqpConnection, group: str | None, key: str) -> None:
    is_fifo = isinstance(connection, SqsConnection) and connection.is_fifo
    if is_fifo != (group is not None):
        raise ValueError(f"group is for FIFO queues, and needed there: got {group!r} for {connection}")
    if group is None:
        return
    _byte_count("group", group)
    for what, text in (("group", group), ("idempotency_key", key)):
        if _FIFO_TEXT.fullmatch(text) is None:
            raise ValueError(
                f"{what} must be 1 to 128 letters, digits and punctuation of ASCII for a FIFO queue, got {text!r}"
            )


def _attribute_bytes(attributes: Mapping[str, str]) -> int:
    if len(attributes) > _MOST_ATTRIBUTES:
        raise ValueError(f"attributes may be {_MOST_ATTRIBUTES} at most, got {len(attributes)}")
    count = 0
    for name, value in attributes.items():
        if _ATTRIBUTE.fullmatch(name) is None or name == IDEMPOTENCY_KEY or not value:
            raise ValueError(
                "an attribute needs a value, and a name of letters, digits and _.- other than "
                f"{IDEMPOTENCY_KEY}, got {name!r} with {value!r}"
            )
        count += len(name) + len(_DATA_TYPE) + _byte_count(f"the attribute {name!r}", value)
    return count


def _byte_count(what: str, text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what} must be text that UTF-8 can write, got the half of a character {text[error.start]!r} "
            f"at position {error.start}"
        ) from None

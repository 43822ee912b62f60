"""The one place that says how programs meet a broker, and what a queue is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pika
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from ecs_workloads_runtime.amqp_connection import AmqpConnection

# How many times a broker delivers a message before it is a dead letter.
DELIVERY_LIMIT = 5
# RabbitMQ 4 drops what was looked at 20 times and given back. Not -1, for no limit, which RabbitMQ 3.13 refuses.
_LIMIT_OF_DEAD_LETTERS = 1_000_000
_QUORUM: Mapping[str, str | int] = {"x-queue-type": "quorum"}
# Access refused, precondition failed.
_PRECONDITION_FAILED = 406
_FOR_GOOD = frozenset({403, _PRECONDITION_FAILED})
_NOT_FOUND = 404


def connection_parameters(connection: AmqpConnection) -> list[pika.URLParameters]:
    """Return how to connect to each node, once: who connects says how often to try again.

    The order is another one in each program, so that not all meet at one node.
    """
    nodes = [_parameters(connection, url) for url in connection.urls]
    random.shuffle(nodes)
    return nodes


def _parameters(connection: AmqpConnection, url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.credentials = pika.PlainCredentials(connection.username, connection.password)
    if "heartbeat" not in parse_qs(urlsplit(url).query):
        parameters.heartbeat = 30
    parameters.connection_attempts = 1
    return parameters


def dead_letter_queue(name: str) -> str:
    """Return the name of the queue that takes what no consumer of the queue ``name`` could process."""
    return f"{name}.dead-letters"


def declarations(name: str) -> Mapping[str, dict[str, str | int]]:
    """Return the queues to declare, in order, with their arguments. They hold for good: a broker refuses others.

    The queue is replicated, and drops nothing: it refuses a message that it cannot take, and keeps a dead letter
    until the other queue has confirmed it.
    """
    dead_letters = dead_letter_queue(name)
    return {
        dead_letters: {**_QUORUM, "x-delivery-limit": _LIMIT_OF_DEAD_LETTERS},
        name: {
            **_QUORUM,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_letters,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    }


def is_missing(error: BaseException) -> bool:
    """Return whether the broker knows no queue of the name."""
    return isinstance(error, ChannelClosedByBroker) and error.reply_code == _NOT_FOUND


def is_precondition(error: BaseException) -> bool:
    """Return whether what was asked on a channel is not what the broker has or allows."""
    return isinstance(error, ChannelClosedByBroker) and error.reply_code == _PRECONDITION_FAILED


def is_refusal(error: BaseException) -> bool:
    """Return whether the broker refuses this program for good; anything else may pass."""
    if isinstance(error, ProbableAuthenticationError | ProbableAccessDeniedError):
        # pika guesses this also where the connection broke at a bad moment. The broker's own word has its code.
        return "ConnectionClosedByBroker: (403)" in str(error)
    return isinstance(error, ChannelClosedByBroker | ConnectionClosedByBroker) and error.reply_code in _FOR_GOOD


def reason(error: BaseException) -> str:
    """Return what a reader needs to know of an error of pika: some of them have no text."""
    if isinstance(error, AMQPError | OSError):
        return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return repr(error)

"""What holds for every queue of a RabbitMQ broker, whoever runs the broker."""

from __future__ import annotations

from datetime import timedelta

from ecs_workloads._checks import check_time, is_token, require

_LONGEST_NAME = 255
# The broker closes a channel that holds a message for longer than consumer_timeout, 30 minutes by default.
# https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout
CONSUMER_TIMEOUT = timedelta(minutes=30)
# A message also waits for those that its consumer got before it.
HOLDING_FACTOR = 1.5


def check_broker_queue(
    subject: str, name: str, longest_processing_time: timedelta, longest: timedelta = CONSUMER_TIMEOUT
) -> None:
    """Refuse a name that no queue can have, and a time above the ``longest`` that a consumer may work on a message."""
    if not is_token(name):
        size = len(name.encode())
        require(1 <= size <= _LONGEST_NAME, subject, f"name must have 1 to {_LONGEST_NAME} bytes, got {size}")
        require(not name.startswith("amq."), subject, "names that begin with 'amq.' belong to the broker")
    check_time(subject, "longest_processing_time", longest_processing_time, timedelta(seconds=1), longest)


def dead_letter_queue_of(name: str) -> str:
    """Return the queue on which the broker puts what no consumer of the queue ``name`` could process."""
    return f"{name}.dead-letters"

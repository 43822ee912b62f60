"""Tests of the contract between queues and tiers."""

from __future__ import annotations

import pytest

from ecs_workloads import MessageQueue, RabbitMqQueue
from ecs_workloads.message_queue import connection_variable


def test_a_prefix_and_a_word_make_a_variable() -> None:
    assert connection_variable("ORDERS_2", "URL") == "ORDERS_2_URL"


@pytest.mark.parametrize("prefix", ["", "orders", "2ORDERS", "MY-ORDERS"])
def test_fails_for_a_prefix_that_is_no_variable(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix must be upper-case letters, digits and underscores"):
        connection_variable(prefix, "URL")


def test_a_queue_of_a_broker_fulfils_the_contract(rabbit_mq_queue: RabbitMqQueue) -> None:
    queue: MessageQueue = rabbit_mq_queue
    assert queue.longest_processing_time.total_seconds() == 120

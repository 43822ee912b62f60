"""What a consumer of a broker gives back, how, and on which channel."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pika.channel import Channel

from ecs_workloads_runtime import Consumer, Message, Producer, _amqp_source
from tests.runtime.conftest import AmqpQueueUnderTest
from tests.runtime.programs import PATIENCE
from tests.runtime.proxy import Proxy
from tests.runtime.test_consumer import AT_ONCE, running, wait_until

REJECTED = "reject, {'requeue': True}"
NOT_BEGUN = "nack, {'requeue': True}"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What consumers say of messages that they give back."""
    words: list[str] = []
    reject, nack = Channel.basic_reject, Channel.basic_nack

    def rejecting(self: Channel, delivery_tag: int, **named: bool) -> None:
        words.append(f"reject, {named}")
        reject(self, delivery_tag, **named)

    def nacking(self: Channel, delivery_tag: int, **named: bool) -> None:
        words.append(f"nack, {named}")
        nack(self, delivery_tag, **named)

    monkeypatch.setattr(Channel, "basic_reject", rejecting)
    monkeypatch.setattr(Channel, "basic_nack", nacking)
    return words


def test_a_failed_message_is_rejected_and_counts_as_failed(amqp: AmqpQueueUnderTest, told: list[str]) -> None:
    attempts: list[int] = []

    def handle(message: Message) -> None:
        attempts.append(message.attempt)
        if message.attempt < 3:
            raise RuntimeError("not this time")

    with Producer(amqp.connection) as producer:
        producer.send("one")
    with running(Consumer(amqp.connection, handle, redelivery_delay=AT_ONCE)):
        wait_until(lambda: len(attempts) == 3)
    assert attempts == [1, 2, 3]
    assert told == [REJECTED] * 2


def test_a_message_that_was_not_begun_is_not_said_to_have_failed(amqp: AmqpQueueUnderTest, told: list[str]) -> None:
    begun, go = threading.Event(), threading.Event()

    def handle(_: Message) -> None:
        begun.set()
        assert go.wait(PATIENCE)

    with Producer(amqp.connection) as producer:
        producer.send("in hand")
        producer.send("behind")
    consumer = Consumer(amqp.connection, handle, prefetch=2)
    with running(consumer):
        assert begun.wait(PATIENCE)
        time.sleep(0.5)  # both are here
        consumer.stop()
        wait_until(lambda: bool(told))
        go.set()
    assert told == [NOT_BEGUN]


@pytest.mark.parametrize("stopped", ["before it fails", "while it rests"])
def test_a_message_that_fails_at_a_stop_comes_again_at_once(
    stopped: str, amqp: AmqpQueueUnderTest, told: list[str]
) -> None:
    is_stopped = stopped == "before it fails"
    begun, go = threading.Event(), threading.Event()

    def handle(_: Message) -> None:
        begun.set()
        assert go.wait(PATIENCE)
        raise RuntimeError("not this time")

    with Producer(amqp.connection) as producer:
        producer.send("one")
    consumer = Consumer(amqp.connection, handle, redelivery_delay=AT_ONCE if is_stopped else timedelta(hours=1))
    with running(consumer):
        assert begun.wait(PATIENCE)
        if is_stopped:
            consumer.stop()
        go.set()
        time.sleep(0.5)
    assert told == [REJECTED]
    wait_until(lambda: amqp.held() == 1)


def test_a_connection_that_is_lost_while_a_failed_message_rests_ends_no_consumer(
    amqp: AmqpQueueUnderTest, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_amqp_source, "_FIRST_DELAY", 2.0)  # the rest ends while there is no connection
    attempts: list[int] = []

    def handle(message: Message) -> None:
        attempts.append(message.attempt)
        if len(attempts) == 1:
            threading.Timer(0.5, proxy.cut).start()
            raise RuntimeError("not this time")

    with Producer(amqp.connection) as producer:
        producer.send("one")
    through = amqp.broker.connection(amqp.connection.name, address=proxy.address)
    with running(Consumer(through, handle)):
        wait_until(lambda: len(attempts) == 2)
    assert amqp.held() == 0


def test_a_stop_while_the_connection_is_made_again_takes_no_new_message(amqp: AmqpQueueUnderTest, proxy: Proxy) -> None:
    begun: list[str] = []
    elsewhere: list[str] = []
    go = threading.Event()

    def handle(message: Message) -> None:
        begun.append(message.body)
        assert go.wait(PATIENCE)

    through = amqp.broker.connection(amqp.connection.name, address=proxy.address)
    consumer = Consumer(through, handle, prefetch=10)
    with Producer(amqp.connection) as producer, ThreadPoolExecutor(max_workers=1) as pool:
        producer.send("in hand")
        end = pool.submit(consumer.run)
        wait_until(lambda: begun == ["in hand"])
        proxy.stall()
        proxy.cut()
        producer.send("behind")
        wait_until(lambda: proxy.connections == 2)
        consumer.stop()
        time.sleep(0.5)
        proxy.resume()
        time.sleep(2)  # it is connected again, and was told to stop
        with running(Consumer(amqp.connection, lambda message: elsewhere.append(message.body))):
            wait_until(lambda: elsewhere == ["behind"])
            go.set()
            end.result(PATIENCE)
            time.sleep(0.5)
    assert (begun, elsewhere) == (["in hand"], ["behind"])
    assert amqp.held() == 0

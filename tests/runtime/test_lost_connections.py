"""Producer and consumer go on when the queue was away."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from ecs_workloads_runtime import AmqpConnection, Consumer, Message, NotSent, Producer, QueueUnreachable, SqsConnection
from tests.runtime.broker import Broker, free_port, url_of
from tests.runtime.conftest import AmqpQueueUnderTest, SqsQueueUnderTest
from tests.runtime.proxy import Proxy
from tests.runtime.test_consumer import running, wait_until


def test_a_restart_of_the_broker_loses_no_confirmed_message(broker: Broker, amqp: AmqpQueueUnderTest) -> None:
    got: Counter[str] = Counter()
    sent: list[str] = []
    enough = threading.Event()

    def send_on() -> None:
        with Producer(amqp.connection, send_timeout=timedelta(seconds=90)) as producer:
            while not enough.is_set():
                producer.send(str(len(sent)))
                sent.append(str(len(sent)))

    sending = threading.Thread(target=send_on)
    with running(Consumer(amqp.connection, lambda message: got.update([message.body]), prefetch=10)):
        sending.start()
        wait_until(lambda: len(got) > 50)
        broker.stop()
        before = len(sent)
        broker.start()
        wait_until(lambda: len(sent) > before + 50)
        enough.set()
        sending.join()
        wait_until(lambda: set(sent) <= set(got))
    assert amqp.held() == 0


def test_a_cut_connection_does_no_message_twice_in_one_process(amqp: AmqpQueueUnderTest, proxy: Proxy) -> None:
    begun: list[str] = []

    def handle(message: Message) -> None:
        begun.append(message.body)
        if message.body == "slow":
            proxy.cut()
            time.sleep(1)

    with Producer(amqp.connection) as producer:
        for body in ("slow", "second", "third"):
            producer.send(body)
    connection = amqp.broker.connection(amqp.connection.name, address=proxy.address)
    with running(Consumer(connection, handle)):
        wait_until(lambda: "second" in begun and "third" in begun)
    assert sorted(begun) == ["second", "slow", "third"]
    assert proxy.connections == 2
    assert amqp.held() == 0


def test_a_producer_sends_again_what_a_cut_connection_left_open(amqp: AmqpQueueUnderTest, proxy: Proxy) -> None:
    connection = amqp.broker.connection(amqp.connection.name, address=proxy.address)
    with Producer(connection) as producer:
        for number in range(30):
            producer.send(str(number))
            if number % 10 == 5:
                proxy.cut()
    got: list[str] = []
    with running(Consumer(amqp.connection, lambda message: got.append(message.body))):
        wait_until(lambda: set(got) == {str(number) for number in range(30)})


def test_a_consumer_whose_queue_was_deleted_declares_it_again(amqp: AmqpQueueUnderTest) -> None:
    got: list[str] = []
    with running(Consumer(amqp.connection, lambda message: got.append(message.body))), Producer(amqp.connection) as one:
        one.send("before")
        wait_until(lambda: got == ["before"])
        amqp.delete()
        one.send("after")
        wait_until(lambda: got == ["before", "after"])


def test_a_message_is_not_sent_where_no_broker_is() -> None:
    broker = AmqpConnection(url=url_of(("127.0.0.1", free_port())), name="orders", username="a", password="b")
    with Producer(broker, send_timeout=timedelta(seconds=1)) as producer:
        with pytest.raises(NotSent, match="no confirmation in time"):
            producer.send("one")
        with pytest.raises(QueueUnreachable):
            producer.check()


def test_a_message_is_not_sent_where_no_sqs_is() -> None:
    connection = SqsConnection(url=f"http://127.0.0.1:{free_port()}/1/orders")
    with Producer(connection, send_timeout=timedelta(seconds=1)) as producer:
        with pytest.raises(NotSent, match="Could not connect"):
            producer.send("one")
        with pytest.raises(QueueUnreachable):
            producer.check()


def test_a_consumer_waits_for_an_sqs_that_is_away(tmp_path: Path) -> None:
    connection = SqsConnection(url=f"http://127.0.0.1:{free_port()}/1/orders")
    file = tmp_path / "health"
    with running(Consumer(connection, print, health_file=file)):
        wait_until(file.exists)
        first = file.stat().st_mtime
        wait_until(lambda: file.stat().st_mtime > first + 1)


def test_a_message_is_not_sent_with_a_wrong_password(amqp: AmqpQueueUnderTest) -> None:
    wrong = amqp.with_password("wrong")
    with Producer(wrong) as producer, pytest.raises(NotSent, match="403"):
        producer.send("one")


def test_a_producer_finds_its_queue(amqp: AmqpQueueUnderTest, sqs: SqsQueueUnderTest) -> None:
    for connection in (amqp.connection, sqs.connection):
        with Producer(connection) as producer:
            producer.check()


def test_a_full_queue_refuses_a_message(amqp: AmqpQueueUnderTest) -> None:
    with Producer(amqp.connection) as producer:
        producer.check()
    amqp.limit(1)

    def fill(producer: Producer) -> None:
        for _ in range(10):
            producer.send("one")

    producer = Producer(amqp.connection, send_timeout=timedelta(seconds=2))
    with producer, pytest.raises(NotSent, match="the broker refused the message"):
        fill(producer)
    assert amqp.held() < 10


@pytest.mark.parametrize(
    ("body", "key", "attributes", "group", "text"),
    [
        ("", "k", {}, None, "body must not be empty"),
        ("b", "", {}, None, "idempotency_key must have 1 to 128 characters, got 0"),
        ("b", "k", {"a b": "c"}, None, "an attribute needs a value, and a name of letters"),
        ("b", "k", {"a": ""}, None, "an attribute needs a value"),
        ("b", "k", {"idempotency_key": "a"}, None, "other than idempotency_key"),
        ("b", "k", {str(n): "a" for n in range(10)}, None, "attributes may be 9 at most, got 10"),
        ("b", "k", {}, "g", "group is for FIFO queues"),
    ],
)
def test_what_no_queue_would_take_is_refused(
    body: str, key: str, attributes: Mapping[str, str], group: str | None, text: str
) -> None:
    connection = SqsConnection(url="https://sqs.eu-west-1.amazonaws.com/1/orders")
    with Producer(connection) as producer, pytest.raises(ValueError, match=text):
        producer.send(body, idempotency_key=key, attributes=attributes, group=group)


def test_a_producer_outside_a_with_statement_says_so(sqs: SqsQueueUnderTest) -> None:
    with pytest.raises(RuntimeError, match="use the producer in a with statement"):
        Producer(sqs.connection).send("one")

"""One message that cannot be sent costs no other, no memory, and no more time than it may."""

from __future__ import annotations

import gc
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pika
import pytest
from pika.adapters.select_connection import SelectConnection
from pika.frame import Method
from pika.spec import Basic

from ecs_workloads_runtime import AmqpConnection, Consumer, NotSent, Producer, SqsConnection
from ecs_workloads_runtime._amqp_call import Call
from ecs_workloads_runtime._amqp_channel import ConfirmedChannel
from ecs_workloads_runtime._amqp_sender import AmqpSender
from ecs_workloads_runtime._sending import OutgoingMessage, PermanentFailure, Sender, TransientFailure
from ecs_workloads_runtime._sqs_sender import SqsSender
from tests.runtime.broker import Broker, free_port, url_of
from tests.runtime.conftest import AmqpQueueUnderTest, SqsQueueUnderTest
from tests.runtime.proxy import Proxy
from tests.runtime.test_consumer import running, wait_until

MIB = 1024 * 1024
HALF = "\ud800"  # of a character, as json.loads makes it of its escape
AMQP = AmqpConnection(url="amqp://127.0.0.1:1/%2F", name="orders", username="a", password="b")
SQS = SqsConnection(url="https://sqs.eu-west-1.amazonaws.com/1/orders")
FIFO = SqsConnection(url="https://sqs.eu-west-1.amazonaws.com/1/orders.fifo")
MESSAGE = OutgoingMessage(body="one", idempotency_key="key", attributes={}, group=None)


@pytest.fixture
def memory() -> Generator[Callable[[], int], None, None]:
    """Returns how many bytes the objects that live have."""

    def held() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    yield held
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("connection", "arguments", "text"),
    [
        (AMQP, {"body": HALF}, r"body must be text that UTF-8 can write, got .* '\\ud800' at position 0"),
        (SQS, {"idempotency_key": f"k{HALF}"}, r"idempotency_key must be text .* at position 1"),
        (AMQP, {"attributes": {"name": HALF}}, "the attribute 'name' must be text that UTF-8 can write"),
        (FIFO, {"group": HALF}, "group must be text that UTF-8 can write"),
        (
            FIFO,
            {"group": ""},
            "group must be 1 to 128 letters, digits and punctuation of ASCII for a FIFO queue, got ''",
        ),
        (FIFO, {"group": "g" * 129}, "group must be 1 to 128 letters"),
        (FIFO, {"group": "customer 7"}, "group must be 1 to 128 letters, .* got 'customer 7'"),
        (FIFO, {"group": "g", "idempotency_key": "größe"}, "idempotency_key must be 1 to 128 letters, .* got 'größe'"),
        (AMQP, {"idempotency_key": "€" * 86}, "idempotency_key must have up to 255 bytes in UTF-8, got 258"),
        (AMQP, {"body": "€" * (16 * MIB // 3 + 1)}, "body must have up to 16 MiB for a broker, got 16777218 bytes"),
        (AMQP, {"attributes": {"a": "b" * (64 * 1024 - 6)}}, "attributes must have up to 64 KiB together .* got 65537"),
        (SQS, {"body": "b" * MIB}, "SQS takes up to 1 MiB, body, key and attributes together: got 10486"),
    ],
)
def test_what_the_queue_would_not_take_is_refused(
    connection: AmqpConnection | SqsConnection, arguments: Mapping[str, Any], text: str
) -> None:
    with Producer(connection) as producer:
        send: Callable[..., None] = producer.send
        with pytest.raises(ValueError, match=text):
            send(**{"body": "b", **arguments})


def test_a_queue_takes_what_is_just_allowed(amqp: AmqpQueueUnderTest, sqs: SqsQueueUnderTest) -> None:
    with Producer(amqp.connection) as producer:
        producer.send("b" * 16 * MIB, idempotency_key="€" * 85, attributes={"a": "b" * (64 * 1024 - 7)})
    with Producer(sqs.connection) as producer:
        producer.send("b" * (MIB - 22), idempotency_key="k")  # and the name and type of the key
    assert (amqp.held(), sqs.held()) == (1, 1)


def test_a_message_above_the_brokers_own_limit_fails_alone(broker: Broker, amqp: AmqpQueueUnderTest) -> None:
    is_over = threading.Event()

    def send_on(producer: Producer) -> int:
        count = 0
        while not is_over.is_set():
            producer.send("small")
            count += 1
        return count

    with (
        broker.largest_message(100_000),
        Producer(amqp.connection, send_timeout=timedelta(seconds=60)) as producer,
        ThreadPoolExecutor(max_workers=4) as pool,
    ):
        begin = time.monotonic()
        sent = [pool.submit(send_on, producer) for _ in range(4)]
        with pytest.raises(NotSent, match="message size 100001 is larger"):
            producer.send("b" * 100_001)
        producer.send("small")
        is_over.set()
        assert time.monotonic() - begin < 40  # it is not tried again
        total = 1 + sum(one.result() for one in sent)
    assert amqp.held() >= total


def test_of_two_messages_with_one_key_the_one_that_found_no_queue_fails() -> None:
    channel = FakeChannel()
    of_pika: Any = channel
    confirmed = ConfirmedChannel(
        of_pika, AMQP, on_ready=print, on_confirmed=lambda: None, on_missing=lambda: channel.missing.append("orders")
    )
    calls = [Call[ConfirmedChannel](lambda call, on: on.publish(MESSAGE, b"one", call)) for _ in range(3)]
    for call in calls:
        call.begin(confirmed)
    for number in (1, 2):
        channel.on_return(channel, None, channel.published[number], b"one")
    channel.on_confirmation(Method(1, Basic.Ack(3, multiple=True)))
    assert calls[0].wait(timedelta())
    for call in calls[1:]:
        with pytest.raises(TransientFailure, match="the broker has no queue 'orders'"):
            call.wait(timedelta())
    assert len(channel.missing) == 2


class FakeChannel:
    """Keeps what is published, and whom to tell what became of it."""

    is_open = True

    def __init__(self) -> None:
        self.published: list[pika.BasicProperties] = []
        self.missing: list[str] = []

    def add_on_return_callback(self, heard: Callable[..., None]) -> None:
        self.on_return = heard

    def confirm_delivery(self, heard: Callable[..., None], callback: object) -> None:
        del callback
        self.on_confirmation = heard

    def basic_publish(
        self, exchange: str, routing_key: str, body: bytes, properties: pika.BasicProperties, *, mandatory: bool
    ) -> None:
        assert (exchange, routing_key, body, mandatory) == ("", "orders", b"one", True)
        self.published.append(properties)


def test_an_error_in_the_thread_fails_one_message(amqp: AmqpQueueUnderTest) -> None:
    sender: Sender = AmqpSender(amqp.connection)
    try:
        with pytest.raises(PermanentFailure, match="UnicodeEncodeError"):
            sender.send(replace(MESSAGE, attributes={"name": HALF}), timedelta(seconds=30))
        sender.send(MESSAGE, timedelta(seconds=30))
    finally:
        sender.close()
    assert amqp.held() == 1


def test_an_error_of_the_loop_ends_no_producer(amqp: AmqpQueueUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[object] = []

    def fails_once(*arguments: Any, **others: Any) -> SelectConnection:
        attempts.append(arguments)
        if len(attempts) == 1:
            raise RuntimeError("can't start new thread")
        return SelectConnection(*arguments, **others)

    monkeypatch.setattr("ecs_workloads_runtime._amqp_link.SelectConnection", fails_once)
    with Producer(amqp.connection) as producer:
        producer.send("one")
    assert len(attempts) > 1


def test_messages_that_were_given_up_take_no_memory(memory: Callable[[], int]) -> None:
    broker = replace(AMQP, url=url_of(("127.0.0.1", free_port())))
    with Producer(broker, send_timeout=timedelta(milliseconds=20)) as producer:
        give_up(producer, 40)
        assert memory() < 10 * MIB


def test_a_broker_that_falls_silent_is_not_sent_any_number_of_messages(
    amqp: AmqpQueueUnderTest, proxy: Proxy, memory: Callable[[], int]
) -> None:
    connection = amqp.broker.connection(amqp.connection.name, address=proxy.address)
    with Producer(connection, send_timeout=timedelta(milliseconds=20)) as producer:
        wait_until(lambda: answers(producer))
        proxy.stall()
        give_up(producer, 80)
        assert memory() < 50 * MIB


def answers(producer: Producer) -> bool:
    try:
        producer.send("warm")
    except NotSent:
        return False
    return True


def give_up(producer: Producer, count: int) -> None:
    for number in range(count):
        with pytest.raises(NotSent):
            producer.send(f"{number}" + "b" * MIB)


def test_an_alarm_of_the_broker_is_named_and_what_is_held_back_is_not_sent_later(
    broker: Broker, amqp: AmqpQueueUnderTest
) -> None:
    with Producer(amqp.connection, send_timeout=timedelta(seconds=2)) as producer:
        producer.send("before")
        with broker.memory_alarm():
            wait_until(lambda: not answers(producer))  # the broker says so when it is sent something
            with pytest.raises(NotSent, match="it has an alarm: low on memory"):
                producer.send("held back")
        wait_until(lambda: answers(producer))
    got: list[str] = []
    with running(Consumer(amqp.connection, lambda message: got.append(message.body), prefetch=10)):
        wait_until(lambda: "warm" in got)
    assert "held back" not in got


def test_closing_fails_what_waits_for_a_silent_broker(amqp: AmqpQueueUnderTest, proxy: Proxy) -> None:
    connection = amqp.broker.connection(amqp.connection.name, address=proxy.address)
    begin = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        with Producer(connection, send_timeout=timedelta(seconds=120)) as producer:
            producer.send("one")
            proxy.stall()
            waiting = [pool.submit(producer.send, body) for body in ("two", "three")]
            time.sleep(0.2)
        for one in waiting:
            with pytest.raises(NotSent, match="the producer is closed"):
                one.result()
    assert time.monotonic() - begin < 60


def test_a_silent_sqs_takes_no_longer_than_a_send_may() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel accepts
        connection = SqsConnection(url=f"http://127.0.0.1:{silent.getsockname()[1]}/1/orders")
        with Producer(connection, send_timeout=timedelta(seconds=1)) as producer:
            begin = time.monotonic()
            with pytest.raises(NotSent, match="timeout"):
                producer.send("one")
    assert time.monotonic() - begin < 6


def test_what_boto_finds_wrong_is_not_tried_again(sqs: SqsQueueUnderTest) -> None:
    sender: Sender = SqsSender(sqs.connection, longest=timedelta(seconds=1))
    number: Any = 5
    message = replace(MESSAGE, attributes={"name": number})
    with pytest.raises(PermanentFailure, match="Invalid type for parameter"):
        sender.send(message, timedelta(seconds=1))
    sender.close()

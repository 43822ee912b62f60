"""A queue that says nothing neither ends a consumer nor holds up its stop, and what fails at once is not hammered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pika
import pytest
from botocore.exceptions import ClientError
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.spec import Basic

from ecs_workloads_runtime import (
    AmqpConnection,
    Consumer,
    Message,
    Producer,
    QueueUnreachable,
    SqsConnection,
    _amqp_source,
    _sqs_source,
)
from ecs_workloads_runtime._amqp_delivery import read_message
from ecs_workloads_runtime._sqs import make_client
from tests.runtime.broker import url_of
from tests.runtime.conftest import AmqpQueueUnderTest, SqsQueueUnderTest, make_sqs_queue
from tests.runtime.proxy import Proxy
from tests.runtime.silence import Silence
from tests.runtime.test_consumer import running, wait_until

# As promised, with room for a busy machine. What waited for the queue took a minute and more.
LONGEST_STOP = 15.0


class Started:
    """A consumer in a thread of its own.

    Args:
        consumer: The consumer.
        health: Its health file.
    """

    def __init__(self, consumer: Consumer, health: Path | None = None) -> None:
        self._consumer = consumer
        self._health = health
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._end = self._pool.submit(consumer.run)
        self.oldest = 0.0
        """How old its health file was at most, while it stopped."""

    def stop(self) -> float:
        """Return how many seconds its stop takes."""
        begin = time.monotonic()
        self._consumer.stop()
        while not self._end.done():
            assert time.monotonic() < begin + 90
            time.sleep(0.05)
            if self._health is not None and not self._end.done():
                self.oldest = max(self.oldest, time.time() - self._health.stat().st_mtime)
        self._end.result()
        self._pool.shutdown()
        return time.monotonic() - begin


@pytest.fixture
def through(amqp: AmqpQueueUnderTest, proxy: Proxy) -> AmqpConnection:
    """The queue, through the proxy."""
    return amqp.broker.connection(amqp.connection.name, address=proxy.address)


def test_a_node_that_hangs_is_left_for_another(amqp: AmqpQueueUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_amqp_source, "_PATIENCE", 1.0)
    monkeypatch.setattr("random.shuffle", print)  # the one that hangs is the first
    got: list[str] = []
    with Producer(amqp.connection) as producer:
        producer.send("one")
    with Silence() as silence:
        both = replace(amqp.connection, url=f"{url_of(silence.address)};{amqp.connection.url}")
        with running(Consumer(both, lambda message: got.append(message.body))):
            wait_until(lambda: got == ["one"])
        assert silence.connections


def test_a_stop_does_not_wait_for_nodes_that_hang(tmp_path: Path) -> None:
    health = tmp_path / "health"
    with Silence() as one, Silence() as other, Silence() as third:
        urls = ";".join(f"amqp://127.0.0.1:{each.address[1]}/%2F" for each in (one, other, third))
        connection = AmqpConnection(url=urls, name="orders", username="a", password="b")
        started = Started(Consumer(connection, print, health_file=health), health)
        wait_until(lambda: bool(one.connections or other.connections or third.connections))
        assert started.stop() < LONGEST_STOP


def test_a_stop_does_not_wait_for_a_broker_that_became_silent(
    amqp: AmqpQueueUnderTest, proxy: Proxy, through: AmqpConnection, tmp_path: Path
) -> None:
    health = tmp_path / "health"
    got: list[str] = []

    def handle(message: Message) -> None:
        got.append(message.body)
        proxy.stall()
        time.sleep(1)

    with Producer(amqp.connection) as producer:
        producer.send("one")
    started = Started(Consumer(through, handle, health_file=health), health)
    wait_until(lambda: got == ["one"])
    assert started.stop() < LONGEST_STOP
    assert started.oldest < 5


def test_a_channel_that_is_never_opened_is_given_up(
    proxy: Proxy, through: AmqpConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_amqp_source, "_PATIENCE", 1.0)
    opening = SelectConnection.channel

    def stalling(self: SelectConnection, on_open_callback: Callable[[Channel], object]) -> Channel:
        proxy.stall()
        return opening(self, on_open_callback=on_open_callback)

    monkeypatch.setattr(SelectConnection, "channel", stalling)
    started = Started(Consumer(through, print))
    wait_until(lambda: proxy.connections >= 2)
    assert started.stop() < LONGEST_STOP


def test_a_consumer_that_is_refused_its_queue_is_patient(
    amqp: AmqpQueueUnderTest, proxy: Proxy, through: AmqpConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_amqp_source, "_FIRST_DELAY", 0.02)
    monkeypatch.setattr(_amqp_source, "_TICK", 0.02)
    with amqp.broker.connect() as owner:
        owner.channel().queue_declare(amqp.connection.name, exclusive=True)  # a 405 for all others
        with running(Consumer(through, print)):
            end = time.monotonic() + 4
            while time.monotonic() < end:
                owner.process_data_events(0.2)
    # Each delay may be twice as long as the one before: a hundred, if it were not.
    assert 2 <= proxy.connections < 30


def test_a_message_in_hand_that_came_again_is_not_given_back_at_a_stop(
    amqp: AmqpQueueUnderTest, proxy: Proxy, through: AmqpConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    again = threading.Event()
    go = threading.Event()

    def hearing(method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> Message:
        if begun:
            again.set()
        return read_message(method, properties, body)

    def handle(message: Message) -> None:
        begun.append(message.body)
        assert go.wait(60)

    with Producer(amqp.connection) as producer:
        producer.send("one")
    monkeypatch.setattr(_amqp_source, "read_message", hearing)
    consumer = Consumer(through, handle)
    started = Started(consumer)
    wait_until(lambda: bool(begun))
    proxy.cut()
    assert again.wait(60)
    consumer.stop()
    with running(Consumer(amqp.connection, lambda message: begun.append(f"{message.body} elsewhere"))):
        time.sleep(1)  # it would have it at once
        go.set()
        started.stop()
        time.sleep(0.5)
    assert begun == ["one"]
    assert amqp.held() == 0


def test_a_message_of_a_closed_channel_is_not_begun(amqp: AmqpQueueUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    elsewhere: list[str] = []
    go = threading.Event()
    channels: list[Channel] = []
    heard: list[str] = []
    consume = Channel.basic_consume

    def handle(message: Message) -> None:
        begun.append(message.body)
        if message.body == "slow":
            assert go.wait(60)

    def consuming(self: Channel, queue: str, *arguments: object, **named: object) -> str:
        channels.append(self)
        return consume(self, queue, *arguments, **named)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def hearing(method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> Message:
        heard.append(body.decode())
        return read_message(method, properties, body)

    monkeypatch.setattr(Channel, "basic_consume", consuming)
    monkeypatch.setattr(_amqp_source, "read_message", hearing)
    with Producer(amqp.connection) as producer:
        producer.send("slow")
        producer.send("behind")
        started = Started(Consumer(amqp.connection, handle, prefetch=10))
        wait_until(lambda: begun == ["slow"] and heard == ["slow", "behind"])
        with running(Consumer(amqp.connection, lambda message: elsewhere.append(message.body))):
            wait_until(lambda: len(channels) == 2)
            time.sleep(0.5)  # it is there to get both
            # The broker closes the channel for an unknown number as it does that of a handler that is too slow.
            connection = channels[0].connection
            assert isinstance(connection, SelectConnection)
            connection.ioloop.add_callback_threadsafe(lambda: channels[0].basic_ack(1000))
            wait_until(lambda: sorted(elsewhere) == ["behind", "slow"])
        go.set()
        # It was no refusal: the first goes on, and what it held meanwhile is not begun.
        producer.send("third")
        wait_until(lambda: "third" in begun)
    started.stop()
    assert begun == ["slow", "third"]
    assert amqp.held() == 0


@pytest.fixture
def sqs_proxy(moto_origin: str) -> Generator[Proxy, None, None]:
    host, port = moto_origin.removeprefix("http://").split(":")
    proxy = Proxy((host, int(port)))
    yield proxy
    proxy.close()


def test_a_stop_does_not_wait_for_an_sqs_that_became_silent(
    sqs: SqsQueueUnderTest, sqs_proxy: Proxy, tmp_path: Path
) -> None:
    health = tmp_path / "health"
    begun: list[str] = []

    def handle(message: Message) -> None:
        sqs_proxy.stall()
        begun.append(message.body)
        time.sleep(0.5)

    with Producer(sqs.connection) as producer:
        producer.send("one")
        producer.send("two")
    port = sqs.connection.origin.rpartition(":")[2]
    through = SqsConnection(url=sqs.connection.url.replace(f":{port}/", f":{sqs_proxy.address[1]}/"))
    started = Started(Consumer(through, handle, prefetch=2, health_file=health), health)
    wait_until(lambda: bool(begun))
    time.sleep(2)  # the handler is done, and its message cannot be deleted
    assert started.stop() < LONGEST_STOP
    assert started.oldest < LONGEST_STOP


def test_a_refused_extension_is_tried_again_when_the_next_is_due(
    moto_origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make_sqs_queue(moto_origin, visibility=timedelta(seconds=3))
    calls: list[float] = []

    def refuse(**_: object) -> None:
        calls.append(time.monotonic())
        answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(answer, "ChangeMessageVisibilityBatch")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def made(connection: SqsConnection, **settings: Any) -> object:
        client = make_client(connection, **settings)
        monkeypatch.setattr(client, "change_message_visibility_batch", refuse)
        return client

    monkeypatch.setattr(_sqs_source, "make_client", made)
    with Producer(queue.connection) as producer:
        producer.send("slow")
    done: list[str] = []

    def handle(message: Message) -> None:
        time.sleep(2.5)
        done.append(message.body)

    # The message in hand is finished, and then the program ends.
    with pytest.raises(QueueUnreachable, match="AccessDenied"):
        Consumer(queue.connection, handle).run()
    assert done == ["slow"]
    assert queue.held() == 0
    # One second after the other, where it was five in each.
    assert 1 <= len(calls) <= 4

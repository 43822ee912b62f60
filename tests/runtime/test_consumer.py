"""A message is done once where that is possible, and never lost."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from ecs_workloads_runtime import AmqpConnection, Consumer, Message, Producer, QueueUnreachable, SqsConnection, health
from ecs_workloads_runtime._handling import Handling
from tests.runtime.conftest import AmqpQueueUnderTest, QueueUnderTest, SqsQueueUnderTest, make_sqs_queue
from tests.runtime.programs import PATIENCE, Program

AT_ONCE = timedelta()

# Says when it begins and when it is done; "slow" messages take until a file is there.
WORKER = """
import os, pathlib, time
from ecs_workloads_runtime import AmqpConnection, Consumer, read_connection

def handle(message):
    print("begun", message.body, flush=True)
    while message.body == "slow" and not os.path.exists(os.environ["GO"]):
        time.sleep(0.05)
    print("done", message.body, flush=True)

Consumer(read_connection("ORDERS"), handle, prefetch=int(os.environ.get("PREFETCH", "1"))).run()
print("ended", flush=True)
"""


def consume(queue: QueueUnderTest, handler: Callable[[Message], None], *, until: Callable[[], bool]) -> None:
    """Run a consumer until the condition holds."""
    consumer = Consumer(queue.connection, handler, redelivery_delay=AT_ONCE)
    with running(consumer):
        wait_until(until)


class running:  # noqa: N801 - reads as a word
    """A consumer in a thread of its own, for the length of a with statement."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._pool = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> None:
        self._end = self._pool.submit(self._consumer.run)

    def __exit__(self, *_: object) -> None:
        self._consumer.stop()
        self._end.result(PATIENCE)
        self._pool.shutdown()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_handler_gets_what_was_sent(queue: QueueUnderTest) -> None:
    got: list[Message] = []
    with Producer(queue.sending) as producer:
        producer.send("größe ✓", idempotency_key="key", attributes={"request_id": "r1", "x-trace": "t"})

    consume(queue, got.append, until=lambda: bool(got))

    attributes = {"request_id": "r1", "x-trace": "t"}
    assert got == [Message(body="größe ✓", idempotency_key="key", attributes=attributes, attempt=1)]


def test_nothing_is_acknowledged_before_the_work_is_done(queue: QueueUnderTest, tmp_path: Path) -> None:
    with Producer(queue.sending) as producer:
        producer.send("slow")
    environment = {**queue.environment, "GO": str(tmp_path / "go")}
    with Program(WORKER, environment) as killed:
        killed.wait_for("begun slow")
        killed.process.kill()
        killed.end()
    if isinstance(queue, SqsQueueUnderTest):
        assert queue.held() == 1
    else:
        wait_until(lambda: queue.held() == 1)


def test_a_message_of_a_killed_consumer_is_done_once_by_another(
    queue_of_two_seconds: QueueUnderTest, tmp_path: Path
) -> None:
    queue = queue_of_two_seconds
    with Producer(queue.sending) as producer:
        producer.send("slow")
    environment = {**queue.environment, "GO": str(tmp_path / "go")}
    with Program(WORKER, environment) as killed, Program(WORKER, environment) as other:
        wait_for_either(killed, other)
        first, second = (killed, other) if "begun slow" in killed.lines else (other, killed)
        first.process.kill()
        first.end()
        (tmp_path / "go").touch()
        second.wait_for("done slow")
        second.ask_to_end()
        assert second.end() == 0
        assert first.lines + second.lines == ["begun slow", "begun slow", "done slow", "ended"]
    assert queue.held() == 0


def wait_for_either(*programs: Program) -> None:
    end = time.monotonic() + PATIENCE
    while not any("begun slow" in program.lines for program in programs):
        assert time.monotonic() < end
        for program in programs:
            program.read_line()


def test_sigterm_finishes_the_message_in_hand_and_gives_back_the_others(queue: QueueUnderTest, tmp_path: Path) -> None:
    with Producer(queue.sending) as producer:
        for body in ("slow", "second", "third", "fourth"):
            producer.send(body)
    environment = {**queue.environment, "GO": str(tmp_path / "go"), "PREFETCH": "10"}
    with Program(WORKER, environment) as worker:
        worker.wait_for("begun slow")
        worker.ask_to_end()
        got: list[str] = []
        # They come back while the first is still in hand, long before any time-out.
        consume(queue, lambda message: got.append(message.body), until=lambda: len(got) == 3)
        (tmp_path / "go").touch()
        assert worker.end() == 0
        assert worker.lines == ["begun slow", "done slow", "ended"]
    assert sorted(got) == ["fourth", "second", "third"]
    assert queue.held() == 0


def test_sigterm_ends_a_consumer_of_an_empty_queue(queue: QueueUnderTest, tmp_path: Path) -> None:
    file = tmp_path / "health"
    code = (
        "import pathlib\nfrom ecs_workloads_runtime import AmqpConnection, Consumer, read_connection\n"
        f"Consumer(read_connection('ORDERS'), print, health_file=pathlib.Path({str(file)!r})).run()\nprint('ended')\n"
    )
    with Program(code, queue.environment) as worker:
        wait_until(file.exists)
        worker.ask_to_end()
        assert worker.end() == 0
        assert worker.lines == ["ended"]


def test_a_poison_message_ends_in_the_dead_letter_queue(queue: QueueUnderTest) -> None:
    attempts: list[int] = []
    dead: list[str] = []
    done: list[str] = []

    def handle(message: Message) -> None:
        if message.body == "poison":
            attempts.append(message.attempt)
            raise RuntimeError("cannot be done")
        done.append(message.body)

    def is_dead() -> bool:
        dead.extend(queue.dead_letters())
        return bool(dead)

    with Producer(queue.sending) as producer:
        producer.send("poison")
        producer.send("good")
    consume(queue, handle, until=lambda: is_dead() and bool(done))

    assert dead == ["poison"]
    assert done == ["good"]
    # A broker delivers once, and again as often as its limit says.
    assert attempts == list(range(1, 6 if isinstance(queue, SqsQueueUnderTest) else 7))
    assert queue.held() == 0


def test_a_handler_slower_than_the_visibility_time_out_is_not_done_twice(moto_origin: str) -> None:
    queue = make_sqs_queue(moto_origin, visibility=timedelta(seconds=2))
    begun: list[str] = []

    def handle(message: Message) -> None:
        begun.append(message.body)
        time.sleep(5)

    with Producer(queue.sending) as producer:
        producer.send("slow")
    with running(Consumer(queue.connection, handle)), running(Consumer(queue.connection, handle)):
        wait_until(lambda: queue.held() == 0)
    assert begun == ["slow"]


def test_a_prefetched_message_is_held_while_another_is_in_hand(moto_origin: str) -> None:
    queue = make_sqs_queue(moto_origin, visibility=timedelta(seconds=2))
    begun: list[str] = []

    def handle(message: Message) -> None:
        begun.append(message.body)
        time.sleep(5 if message.body == "slow" else 0)

    with Producer(queue.sending) as producer:
        producer.send("slow")
        producer.send("behind")
    with running(Consumer(queue.connection, handle, prefetch=10)):
        wait_until(lambda: bool(begun))
        with running(Consumer(queue.connection, handle)):
            wait_until(lambda: queue.held() == 0)
    assert begun == ["slow", "behind"]


def test_a_handler_slower_than_the_heartbeat_keeps_its_connection(amqp: AmqpQueueUnderTest) -> None:
    begun: list[str] = []

    def handle(message: Message) -> None:
        begun.append(message.body)
        time.sleep(4)

    connection = amqp.broker.connection(amqp.connection.name, heartbeat=1)
    with Producer(amqp.connection) as producer:
        producer.send("slow")
        producer.send("next")
    with running(Consumer(connection, handle)), running(Consumer(connection, handle)):
        wait_until(lambda: len(begun) == 2)
    assert sorted(begun) == ["next", "slow"]


def test_two_thousand_messages_are_each_done_once(queue_of_many: QueueUnderTest) -> None:
    queue = queue_of_many
    got: Counter[str] = Counter()
    lock = threading.Lock()

    def handle(message: Message) -> None:
        with lock:
            got[message.body] += 1

    with (
        running(Consumer(queue.connection, handle, prefetch=10)),
        running(Consumer(queue.connection, handle, prefetch=10)),
        Producer(queue.sending) as producer,
        ThreadPoolExecutor(max_workers=4) as pool,
    ):
        list(pool.map(producer.send, map(str, range(2000))))
        wait_until(lambda: len(got) == 2000)
    assert set(got.values()) == {1}
    assert queue.held() == 0


def test_a_fifo_queue_keeps_its_order_when_a_message_fails(moto_origin: str) -> None:
    queue = make_sqs_queue(moto_origin, fifo=True)
    got: list[str] = []

    def handle(message: Message) -> None:
        got.append(message.body)
        if got == ["0"]:
            raise RuntimeError("not this time")

    with Producer(queue.sending) as producer:
        for number in range(4):
            producer.send(str(number), group="customer")
    with running(Consumer(queue.connection, handle, prefetch=10, redelivery_delay=AT_ONCE)):
        wait_until(lambda: queue.held() == 0)
    assert got == ["0", "0", "1", "2", "3"]


def test_an_asynchronous_handler_is_awaited(queue: QueueUnderTest) -> None:
    got: list[str] = []

    async def handle(message: Message) -> None:
        await asyncio.sleep(0.01)
        got.append(message.body)

    with Producer(queue.sending) as producer:
        producer.send("one")
    with running(Consumer(queue.connection, handle)):
        wait_until(lambda: bool(got))
    assert got == ["one"]


def test_log_lines_of_an_asynchronous_handler_name_its_own_message() -> None:
    keys: list[object] = []

    async def handle(_: Message) -> None:
        keys.append(structlog.contextvars.get_contextvars().get("idempotency_key"))

    handling = Handling(handle)
    for key in ("a", "b"):
        assert handling.start(Message(body="b", idempotency_key=key, attributes={}, attempt=1)).result(PATIENCE)
    handling.close()
    assert keys == ["a", "b"]


def test_a_message_that_is_not_done_again_is_logged() -> None:
    with structlog.testing.capture_logs() as lines:
        handling = Handling(lambda _: None)
        message = Message(body="b", idempotency_key="k", attributes={}, attempt=1)
        assert not handling.was_done(message)
        assert handling.start(message).result(PATIENCE)
        assert not handling.was_done(message)
        assert handling.was_done(replace(message, attempt=2))
        handling.close()
    assert [(line["idempotency_key"], line["attempt"]) for line in lines] == [("k", 2)]


@pytest.mark.parametrize(
    "connection",
    [
        AmqpConnection(url="amqp://127.0.0.1:1/%2F", name="orders", username="a", password="b"),
        SqsConnection(url="http://127.0.0.1:1/1/orders"),
    ],
)
def test_a_health_file_that_cannot_be_written_ends_a_consumer(
    connection: AmqpConnection | SqsConnection, tmp_path: Path
) -> None:
    file = tmp_path / "missing" / "health"
    with pytest.raises(RuntimeError, match=f"health_file cannot be written: .*{file}"):
        Consumer(connection, print, health_file=file).run()


def test_a_health_file_that_vanishes_ends_a_consumer_whose_broker_is_away(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    consumer = Consumer(
        AmqpConnection(url="amqp://127.0.0.1:1/%2F", name="orders", username="a", password="b"),
        print,
        health_file=folder / "health",
    )
    with ThreadPoolExecutor(max_workers=1) as pool:
        end = pool.submit(consumer.run)
        wait_until((folder / "health").exists)
        shutil.rmtree(folder)
        with pytest.raises(RuntimeError, match="health_file cannot be written"):
            end.result(PATIENCE)


def test_a_program_that_the_broker_refuses_ends(amqp: AmqpQueueUnderTest) -> None:
    environment = {**amqp.environment, "ORDERS_PASSWORD": "wrong"}
    with Program(WORKER, {**environment, "GO": ""}) as worker:
        assert worker.end() == 1
        errors = worker.errors()
        assert "QueueUnreachable: the broker refuses this program" in errors
        assert "wrong" not in errors


def test_a_program_whose_queue_of_sqs_is_not_there_ends(sqs: SqsQueueUnderTest) -> None:
    connection = SqsConnection(url=f"{sqs.connection.url}-misspelt")
    with pytest.raises(QueueUnreachable, match="NonExistentQueue"):
        Consumer(connection, print).run()


def test_what_is_no_text_is_a_dead_letter_at_once(amqp: AmqpQueueUnderTest) -> None:
    with Producer(amqp.connection) as producer:
        producer.check()  # the queue is declared
    amqp.publish(b"\xff\xfe")
    wait_until(lambda: amqp.held() == 1)
    consumer = Consumer(amqp.connection, print)
    dead: list[bytes] = []

    def is_dead() -> bool:
        dead.extend(amqp.dead_bytes())
        return bool(dead)

    with running(consumer):
        wait_until(is_dead)
    assert dead == [b"\xff\xfe"]


def test_the_health_file_stays_young_while_the_handler_works(queue: QueueUnderTest, tmp_path: Path) -> None:
    file = tmp_path / "health"
    ages: list[int] = []

    def handle(_: Message) -> None:
        for __ in range(3):
            time.sleep(1)
            ages.append(health.main([str(file), "--max-age", "2.5"]))

    with Producer(queue.sending) as producer:
        producer.send("slow")
    with running(Consumer(queue.connection, handle, health_file=file)):
        wait_until(lambda: len(ages) == 3)
    assert ages == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"prefetch": 0}, "prefetch must be 1 to 10 for this queue, got 0"),
        ({"prefetch": 11}, "prefetch must be 1 to 10 for this queue, got 11"),
        ({"visibility_timeout": timedelta(hours=12, seconds=1)}, "visibility_timeout must be whole seconds"),
        ({"visibility_timeout": timedelta()}, "visibility_timeout must be whole seconds"),
        ({"redelivery_delay": timedelta(seconds=0.5)}, "redelivery_delay must be whole seconds"),
    ],
)
def test_an_argument_out_of_its_range_is_refused(arguments: dict[str, int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Consumer(SqsConnection(url="https://sqs.eu-west-1.amazonaws.com/1/orders"), print, **arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what a user may do


@pytest.mark.parametrize("prefetch", [0, 65_536])
def test_a_broker_takes_no_other_prefetch_than_its_protocol(prefetch: int) -> None:
    connection = AmqpConnection(url="amqp://rabbitmq.internal:5672/%2F", name="orders", username="a", password="b")

    with pytest.raises(ValueError, match=f"prefetch must be 1 to 65535 for this queue, got {prefetch}"):
        Consumer(connection, print, prefetch=prefetch)

"""A consumer may be stopped or killed at any point of a message's life: nothing is lost, and little is done twice."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecs_workloads_runtime import Consumer, Message, Producer
from tests.runtime.conftest import MOST_RECEIVES, AmqpQueueUnderTest, QueueUnderTest, SqsQueueUnderTest
from tests.runtime.programs import Program
from tests.runtime.test_consumer import running, wait_until

BODIES = ("first", "second", "third")
# Its hooks say where it is, once, and wait there for a file: a signal then finds it at exactly that point. What pika is
# told goes out when its loop turns.
WORKER = """
import os, time
from datetime import timedelta
from pika.channel import Channel
from ecs_workloads_runtime import Consumer, _amqp_delivery, _amqp_source, _sqs_hold, _sqs_source, read_connection

told = set()

def reach(point):
    if point == os.environ.get("POINT") and not os.environ.get("REACHED"):
        os.environ["REACHED"] = "yes"
        print("at the point", flush=True)
        while not os.path.exists(os.environ["GO"]):
            time.sleep(0.02)

def between(before, after, function, holds=lambda *_: True):
    def hooked(*arguments, **named):
        here = holds(*arguments)
        if here:
            reach(before)
        answer = function(*arguments, **named)
        if here:
            told.add(after)
        return answer
    return hooked

def turning(turn):
    def hooked(source):
        turn(source)
        for point in told:
            reach(point)
        if source._hold.rests:
            reach("in redelivery delay")
    return hooked

def at_attempt(delivery):
    return delivery.message.attempt == int(os.environ["ATTEMPT"])

Channel.basic_consume = between("before receive", "", Channel.basic_consume)
Channel.basic_ack = between("before acknowledge", "after acknowledge", Channel.basic_ack)
Channel.basic_reject = between("before reject", "after reject", Channel.basic_reject)
delivery = _amqp_delivery.AmqpDelivery
delivery.fail = between("before give back", "after give back", delivery.fail, at_attempt)
_amqp_source.AmqpSource._turn = turning(_amqp_source.AmqpSource._turn)

def calling(before, after, function, holds=lambda *_: True):
    def hooked(*arguments, **named):
        here = holds(*arguments)
        if here:
            reach(before)
        answer = function(*arguments, **named)
        for point in after if here else ():
            reach(point)
        return answer
    return hooked

_sqs_source._POLL_SECONDS = 1
source, hold = _sqs_source.SqsSource, _sqs_hold.SqsHold
source._receive = calling("before receive", (), source._receive)
source._delete = calling("before acknowledge", ("after acknowledge",), source._delete)
hold.fail = calling(
    "before give back", ("in redelivery delay", "after give back"), hold.fail, lambda held, _: at_attempt(held.first)
)

def handle(message):
    reach("in handler")
    if message.body == "first" and message.attempt <= int(os.environ["FAILS"]):
        raise RuntimeError("not this time")
    with open(os.environ["DONE"], "a") as done:
        done.write(message.body + "\\n")

delay = timedelta(seconds=int(os.environ["DELAY"]))
Consumer(read_connection("ORDERS"), handle, redelivery_delay=delay).run()
print("ended", flush=True)
"""
# Sends what it has not noted as sent, each with the key of its body, until told to end.
SENDER = """
import os, signal, sys, time
from botocore.client import BaseClient
from pika.channel import Channel
from ecs_workloads_runtime import Producer, read_connection

def reach(point):
    if point == os.environ.get("POINT") and not os.environ.get("REACHED"):
        os.environ["REACHED"] = "yes"
        print("at the point", flush=True)
        while not os.path.exists(os.environ["GO"]):
            time.sleep(0.02)

def confirming(confirm_delivery):
    def hooked(channel, heard, callback=None):
        def first_reach(frame):
            reach("before confirm")
            heard(frame)
        return confirm_delivery(channel, first_reach, callback)
    return hooked

def publishing(basic_publish):
    def hooked(*arguments, **named):
        reach("before publish")
        return basic_publish(*arguments, **named)
    return hooked

def calling(call):
    def hooked(client, operation, arguments):
        if operation != "SendMessage":
            return call(client, operation, arguments)
        reach("before publish")
        answer = call(client, operation, arguments)
        reach("before confirm")
        return answer
    return hooked

Channel.confirm_delivery = confirming(Channel.confirm_delivery)
Channel.basic_publish = publishing(Channel.basic_publish)
BaseClient._make_api_call = calling(BaseClient._make_api_call)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
sent = open(os.environ["SENT"], "a+")
sent.seek(0)
known = sent.read().split()
with Producer(read_connection("ORDERS")) as producer:
    for body in ("first", "second", "third"):
        if body not in known:
            producer.send(body, idempotency_key=f"key of {body}")
            print(body, file=sent, flush=True)
"""
# How often the first message is done when the consumer is killed there.
KILLED = {"before receive": 1, "in handler": 1, "before acknowledge": 2, "after acknowledge": 1}
GIVEN_BACK = ("in redelivery delay", "before give back")


@pytest.fixture
def settings(queue_of_two_seconds: QueueUnderTest, tmp_path: Path) -> Mapping[str, str]:
    return {
        **queue_of_two_seconds.environment,
        **{name: str(tmp_path / name.lower()) for name in ("DONE", "GO", "SENT")},
        "FAILS": "0",
        "ATTEMPT": "1",
        "DELAY": "1",
    }


def finish(queue: QueueUnderTest, done: Path) -> Counter[str]:
    """Let another consumer do the rest, and return how often each message was done."""
    counts: Counter[str] = Counter(done.read_text(encoding="utf-8").split() if done.exists() else [])

    def handle(message: Message) -> None:
        counts[message.body] += 1

    with running(Consumer(queue.connection, handle)):
        # A broker does not count what a consumer holds: a message may come again until this one has it.
        wait_until(lambda: queue.held() == 0 and set(counts) == set(BODIES))
    assert queue.held() == 0
    return counts


def send_all(queue: QueueUnderTest) -> None:
    with Producer(queue.sending) as producer:
        for body in BODIES:
            producer.send(body)


def end_at_the_point(program: Program, number: signal.Signals, go: Path) -> None:
    """End it there, with a file ``go`` for one that is to finish."""
    program.wait_for("at the point")
    program.process.send_signal(number)
    if number == signal.SIGTERM:
        go.touch()
    assert program.end() == (0 if number == signal.SIGTERM else -number)
    go.unlink(missing_ok=True)


@pytest.mark.parametrize("point", KILLED)
def test_sigkill(point: str, queue_of_two_seconds: QueueUnderTest, settings: Mapping[str, str], tmp_path: Path) -> None:
    queue = queue_of_two_seconds
    send_all(queue)
    with Program(WORKER, {**settings, "POINT": point}) as killed:
        end_at_the_point(killed, signal.SIGKILL, tmp_path / "go")
    assert finish(queue, tmp_path / "done") == {"first": KILLED[point], "second": 1, "third": 1}


@pytest.mark.parametrize("point", KILLED)
def test_sigterm(point: str, queue_of_two_seconds: QueueUnderTest, settings: Mapping[str, str], tmp_path: Path) -> None:
    queue = queue_of_two_seconds
    send_all(queue)
    with Program(WORKER, {**settings, "POINT": point}) as stopped:
        end_at_the_point(stopped, signal.SIGTERM, tmp_path / "go")
        assert stopped.lines == ["at the point", "ended"]
    file = tmp_path / "done"
    done = file.read_text(encoding="utf-8").split() if file.exists() else []
    # The message in hand is finished, and no other is begun.
    assert done in ([[], ["first"]] if point == "before receive" else [["first"]])
    assert finish(queue, file) == {"first": 1, "second": 1, "third": 1}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("point", GIVEN_BACK)
def test_a_message_that_failed_is_done_by_another(
    number: signal.Signals,
    point: str,
    queue_of_two_seconds: QueueUnderTest,
    settings: Mapping[str, str],
    tmp_path: Path,
) -> None:
    send_all(queue_of_two_seconds)
    with Program(WORKER, {**settings, "POINT": point, "FAILS": "1"}) as program:
        end_at_the_point(program, number, tmp_path / "go")
    assert finish(queue_of_two_seconds, tmp_path / "done") == dict.fromkeys(BODIES, 1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("point", ["before give back", "after give back"])
def test_a_message_at_its_last_failure_is_a_dead_letter(
    number: signal.Signals,
    point: str,
    queue_of_two_seconds: QueueUnderTest,
    settings: Mapping[str, str],
    tmp_path: Path,
) -> None:
    queue = queue_of_two_seconds
    last = MOST_RECEIVES if isinstance(queue, SqsQueueUnderTest) else MOST_RECEIVES + 1
    send_all(queue)
    always = {"FAILS": "99", "DELAY": "0", "ATTEMPT": str(last)}
    with Program(WORKER, {**settings, "POINT": point, **always}) as program:
        end_at_the_point(program, number, tmp_path / "go")
    dead: list[str] = []
    done = tmp_path / "done"

    def is_over() -> bool:
        dead.extend(queue.dead_letters())
        return bool(dead) and queue.held() == 0

    with Program(WORKER, {**settings, **always}) as other:
        wait_until(is_over)
        other.ask_to_end()
        assert other.end() == 0
    assert dead == ["first"]
    assert Counter(done.read_text(encoding="utf-8").split()) == {"second": 1, "third": 1}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("point", ["before reject", "after reject"])
def test_what_is_no_text_is_one_dead_letter(
    number: signal.Signals, point: str, deployed: AmqpQueueUnderTest, tmp_path: Path
) -> None:
    deployed.publish(b"\xff")
    settings = {**deployed.environment, "GO": str(tmp_path / "go"), "FAILS": "0", "ATTEMPT": "1", "DELAY": "1"}
    with Program(WORKER, {**settings, "POINT": point}) as program:
        end_at_the_point(program, number, tmp_path / "go")
    dead: list[bytes] = []

    def is_dead() -> bool:
        dead.extend(deployed.dead_bytes())
        return bool(dead)

    with running(Consumer(deployed.connection, print)):
        wait_until(is_dead)
    assert dead + deployed.dead_bytes() == [b"\xff"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("point", ["before publish", "before confirm"])
def test_a_producer_sends_again_what_it_did_not_hear_of(
    number: signal.Signals,
    point: str,
    queue_of_two_seconds: QueueUnderTest,
    settings: Mapping[str, str],
    tmp_path: Path,
) -> None:
    with Program(SENDER, {**settings, **queue_of_two_seconds.sending_environment, "POINT": point}) as program:
        end_at_the_point(program, number, tmp_path / "go")
    with Program(SENDER, {**settings, **queue_of_two_seconds.sending_environment}) as again:
        assert again.end() == 0
    assert (tmp_path / "sent").read_text(encoding="utf-8").split() == list(BODIES)
    got: list[tuple[str, str]] = []
    with running(
        Consumer(queue_of_two_seconds.connection, lambda message: got.append((message.body, message.idempotency_key)))
    ):
        wait_until(lambda: {body for body, _ in got} == set(BODIES) and queue_of_two_seconds.held() == 0)
    counts = Counter(got)
    # None is lost, and what is there twice has one key.
    assert set(counts) == {(body, f"key of {body}") for body in BODIES}
    twice = {"before publish": {1}, "before confirm": {2}}[point] if number == signal.SIGKILL else {1, 2}
    assert counts.pop(("first", "key of first")) in twice
    assert set(counts.values()) == {1}

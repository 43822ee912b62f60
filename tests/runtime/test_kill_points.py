"""A consumer may be stopped or killed at any point of a message's life: nothing is lost, and little is done twice."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecs_workloads_runtime import Consumer, Message, Producer
from tests.runtime.conftest import QueueUnderTest
from tests.runtime.programs import Program
from tests.runtime.test_consumer import running, wait_until

BODIES = ("first", "second", "third")
# Its hooks say where it is, once, and wait there for a file: a signal then finds it at exactly that point.
WORKER = """
import os, pathlib, time
from pika.adapters.blocking_connection import BlockingChannel
from ecs_workloads_runtime import Consumer, _amqp_source, _sqs_source, read_connection

def reach(point):
    if point == os.environ.get("POINT") and not os.environ.get("REACHED"):
        os.environ["REACHED"] = "yes"
        print("at the point", flush=True)
        while not os.path.exists(os.environ["GO"]):
            time.sleep(0.02)

def between(before, after, function):
    def hooked(*arguments, **named):
        reach(before)
        answer = function(*arguments, **named)
        reach(after)
        return answer
    return hooked

BlockingChannel.basic_consume = between("before receive", "", BlockingChannel.basic_consume)
BlockingChannel.basic_ack = between("before acknowledge", "after acknowledge", BlockingChannel.basic_ack)
source = _sqs_source.SqsSource
source._receive = between("before receive", "", source._receive)
source._delete = between("before acknowledge", "after acknowledge", source._delete)

def handle(message):
    reach("in handler")
    with open(os.environ["DONE"], "a") as done:
        done.write(message.body + "\\n")

Consumer(read_connection("ORDERS"), handle).run()
print("ended", flush=True)
"""
# How often the first message is done when the consumer is killed there.
KILLED = {"before receive": 1, "in handler": 1, "before acknowledge": 2, "after acknowledge": 1}


@pytest.fixture
def settings(queue_of_two_seconds: QueueUnderTest, tmp_path: Path) -> Mapping[str, str]:
    return {**queue_of_two_seconds.environment, "DONE": str(tmp_path / "done"), "GO": str(tmp_path / "go")}


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


@pytest.mark.parametrize("point", KILLED)
def test_sigkill(point: str, queue_of_two_seconds: QueueUnderTest, settings: Mapping[str, str], tmp_path: Path) -> None:
    queue = queue_of_two_seconds
    with Producer(queue.connection) as producer:
        for body in BODIES:
            producer.send(body)
    with Program(WORKER, {**settings, "POINT": point}) as killed:
        killed.wait_for("at the point")
        killed.process.kill()
        assert killed.end() == -signal.SIGKILL
    assert finish(queue, tmp_path / "done") == {"first": KILLED[point], "second": 1, "third": 1}


@pytest.mark.parametrize("point", KILLED)
def test_sigterm(point: str, queue_of_two_seconds: QueueUnderTest, settings: Mapping[str, str], tmp_path: Path) -> None:
    queue = queue_of_two_seconds
    with Producer(queue.connection) as producer:
        for body in BODIES:
            producer.send(body)
    with Program(WORKER, {**settings, "POINT": point}) as stopped:
        stopped.wait_for("at the point")
        stopped.ask_to_end()
        (tmp_path / "go").touch()
        assert stopped.end() == 0
        assert stopped.lines == ["at the point", "ended"]
    file = tmp_path / "done"
    done = file.read_text(encoding="utf-8").split() if file.exists() else []
    # The message in hand is finished, and no other is begun.
    assert done in ([[], ["first"]] if point == "before receive" else [["first"]])
    assert finish(queue, file) == {"first": 1, "second": 1, "third": 1}

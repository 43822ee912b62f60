"""Consumers are killed, connections are cut and the broker restarts: of ten thousand messages none is lost."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from ecs_workloads_runtime import Producer
from tests.runtime.broker import Broker, url_of
from tests.runtime.conftest import AmqpQueueUnderTest, make_sqs_queue
from tests.runtime.programs import Program
from tests.runtime.proxy import Proxy
from tests.runtime.test_consumer import wait_until

NUMBER = 10_000
PREFETCH = 10
SENDERS = 32
# What moto's server does for one message takes as long as its queue.
MOST_WAITING = 20
WORKER = f"""
import os
from ecs_workloads_runtime import Consumer, read_connection

done = os.open(os.environ["DONE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
Consumer(
    read_connection("ORDERS"), lambda message: os.write(done, message.body.encode() + b"\\n"), prefetch={PREFETCH}
).run()
"""


class Trouble:
    """Two consumers: after each few hundred messages one is stopped or killed, and all connections are cut."""

    def __init__(self, environment: Mapping[str, str], proxy: Proxy) -> None:
        self._environment = environment
        self._done = Path(environment["DONE"])
        self._proxy = proxy
        self._enough = threading.Event()
        self.killed = self.stopped = self.cut = 0
        self._chance = random.Random(1)  # noqa: S311

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._make)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    def _make(self) -> None:
        programs = [Program(WORKER, self._environment) for _ in range(2)]
        for turn in itertools.cycle(range(2)):
            goal = sum(counts(self._done).values()) + self._chance.randint(200, 800)
            while not self._enough.wait(0.1) and sum(counts(self._done).values()) < goal:
                pass
            if self._enough.is_set():
                break
            if self._chance.random() < 0.5:
                programs[turn].process.kill()
                self.killed += 1
            else:
                programs[turn].ask_to_end()
                self.stopped += 1
            programs[turn].end()
            programs[turn].__exit__(None, None, None)
            programs[turn] = Program(WORKER, self._environment)
            self._proxy.cut()
            self.cut += 1
        for program in programs:
            program.ask_to_end()
            program.end()
            program.__exit__(None, None, None)


def have_come(done: Path, number: int) -> bool:
    return len(counts(done)) >= number


def counts(done: Path) -> Counter[str]:
    return Counter(done.read_text(encoding="ascii").split()) if done.exists() else Counter()


def report(number: int, found: Counter[str], trouble: Trouble, record_property: object) -> None:
    duplicates = found.total() - len(found)
    assert callable(record_property)
    for name, value in (("duplicates", duplicates), ("killed", trouble.killed), ("cut", trouble.cut)):
        record_property(name, value)
    print(f"{len(found)} messages, {duplicates} done twice, {trouble.killed} consumers killed, {trouble.cut} cuts")  # noqa: T201
    assert set(found) == {str(each) for each in range(number)}
    assert trouble.killed + trouble.stopped > 2
    # Where a connection is lost, what was sent but not confirmed is sent again, and what was done but not acknowledged
    # is delivered again, perhaps to the other consumer. The restart of the broker is one such loss.
    assert duplicates <= (SENDERS + 2 * PREFETCH) * (trouble.cut + 1)


def test_a_broker(broker: Broker, deployed: AmqpQueueUnderTest, tmp_path: Path, record_property: object) -> None:
    done = tmp_path / "done"
    proxy = Proxy(broker.address)
    url = url_of(proxy.address)
    environment = {**deployed.environment, "ORDERS_URL": url, "DONE": str(done)}
    with (
        Trouble(environment, proxy) as trouble,
        Producer(replace(deployed.sending, url=url), send_timeout=timedelta(seconds=120)) as producer,
        ThreadPoolExecutor(max_workers=SENDERS) as pool,
    ):
        half = [str(number) for number in range(NUMBER // 2)]
        list(pool.map(producer.send, half))
        rest = pool.map(producer.send, [str(number) for number in range(NUMBER // 2, NUMBER)])
        time.sleep(0.2)
        broker.stop()
        broker.start()
        list(rest)
        wait_until(lambda: len(counts(done)) == NUMBER)
    proxy.close()
    wait_until(lambda: deployed.held() == 0)
    report(NUMBER, counts(done), trouble, record_property)


def test_sqs(moto_origin: str, tmp_path: Path, record_property: object) -> None:
    done = tmp_path / "done"
    host, port = moto_origin.removeprefix("http://").split(":")
    proxy = Proxy((host, int(port)))
    sqs = make_sqs_queue(moto_origin, visibility=timedelta(seconds=2), receives=1000)
    connection = replace(sqs.connection, url=sqs.connection.url.replace(f":{port}/", f":{proxy.address[1]}/"))
    environment = {**replace(sqs, connection=connection).environment, "DONE": str(done)}
    with (
        Trouble(environment, proxy) as trouble,
        Producer(connection, send_timeout=timedelta(seconds=120)) as producer,
        ThreadPoolExecutor(max_workers=SENDERS) as pool,
    ):
        for first in range(0, NUMBER, MOST_WAITING):
            list(pool.map(producer.send, [str(number) for number in range(first, first + MOST_WAITING)]))
            wait_until(partial(have_come, done, first))
        wait_until(lambda: len(counts(done)) == NUMBER)
    proxy.close()
    report(NUMBER, counts(done), trouble, record_property)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.runtime.test_consumer.PATIENCE", 120.0)

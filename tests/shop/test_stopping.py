"""SIGTERM under load loses no request and no message, and a worker that is killed loses none either."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.shop.emulator import Orders
from tests.shop.processes import Program, running, wait_until

CLIENTS = 8
ORDERS_BEFORE_THE_END = 20


@dataclass
class Load:
    """What clients saw of a program: each makes one request after another, until it cannot connect."""

    url: str
    placed: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])

    def run(self) -> None:
        while True:
            try:
                # A connection of its own for each request, as the first request of every user has.
                answer = httpx.post(f"{self.url}/api/orders", json={"article": "tea"}, timeout=60)
            except httpx.ConnectError:
                return  # nobody has heard this request
            except httpx.TransportError as error:
                self.lost.append(repr(error))
                return
            if answer.status_code == 202:
                self.placed.append(str(answer.json()["id"]))
            else:
                self.lost.append(answer.text)


@contextmanager
def load_on(url: str) -> Generator[Load]:
    load = Load(url)
    with ThreadPoolExecutor(CLIENTS) as clients:
        running_clients = [clients.submit(load.run) for _ in range(CLIENTS)]
        yield load
        for one in running_clients:
            one.result()


def stop_under_load(program: Program) -> Load:
    """Tell ``program`` to end while clients place orders through it."""
    with load_on(program.url) as load:
        wait_until(lambda: len(load.placed) >= ORDERS_BEFORE_THE_END, "orders are placed")
        program.terminate()
        assert program.exit_status() == 0
    return load


def test_an_app_server_that_is_told_to_end_loses_no_request(orders: Orders, tmp_path: Path) -> None:
    with running("app", tmp_path, orders.variables) as app:
        load = stop_under_load(app)

    assert load.lost == []
    assert sorted(orders.states()) == sorted(load.placed)
    assert orders.messages() == len(load.placed)


def test_a_web_server_that_is_told_to_end_loses_no_request(orders: Orders, tmp_path: Path) -> None:
    with running("app", tmp_path, orders.variables) as app, running("web", tmp_path, {"APP_URL": app.url}) as web:
        load = stop_under_load(web)

    assert load.lost == []
    assert sorted(orders.states()) == sorted(load.placed)


def test_a_worker_that_is_told_to_end_finishes_its_order_and_takes_no_other(orders: Orders, tmp_path: Path) -> None:
    slow = {**orders.variables, "WORK_SECONDS": "2"}
    with running("app", tmp_path, orders.variables) as app, running("worker", tmp_path, slow) as worker:
        for _ in range(3):
            httpx.post(f"{app.url}/api/orders", json={"article": "tea"}).raise_for_status()
        wait_until(lambda: bool(worker.lines("order taken")), "the worker has an order")
        worker.terminate()
        status = worker.exit_status()

    assert status == 0
    assert len(worker.lines("order taken")) == len(worker.lines("order done")) == 1
    assert sorted(orders.states().values()) == ["done", "placed", "placed"]
    assert orders.messages() == 2


def test_no_message_is_lost_or_done_twice_while_workers_come_and_go(orders: Orders, tmp_path: Path) -> None:
    variables = {**orders.variables, "WORK_SECONDS": "0.1"}
    with running("app", tmp_path, orders.variables) as app:
        for _ in range(20):
            httpx.post(f"{app.url}/api/orders", json={"article": "tea"}).raise_for_status()
        with running("worker", tmp_path, variables) as first:
            wait_until(lambda: len(first.lines("order done")) >= 3, "the first worker has done some")
            with running("worker", tmp_path, variables) as second:
                first.terminate()
                assert first.exit_status() == 0
                wait_until(lambda: set(orders.states().values()) == {"done"}, "all orders are done")
                done = len(first.lines("order done")) + len(second.lines("order done"))
                wait_until(lambda: orders.messages() == 0, "all messages are acknowledged")

    assert done == 20


def test_the_order_of_a_worker_that_is_killed_is_done_once_by_another(orders: Orders, tmp_path: Path) -> None:
    with running("app", tmp_path, orders.variables) as app:
        answer = httpx.post(f"{app.url}/api/orders", json={"article": "tea"})
        with running("worker", tmp_path, {**orders.variables, "WORK_SECONDS": "600"}) as first:
            wait_until(lambda: bool(first.lines("order taken")), "the first worker has the order")
            state = orders.states()[answer.json()["id"]]
            first.process.kill()
            first.process.wait()
            with running("worker", tmp_path, {**orders.variables, "WORK_SECONDS": "0"}) as second:
                wait_until(lambda: bool(second.lines("order done")), "the second worker has done it")
                wait_until(lambda: orders.messages() == 0, "the message is acknowledged")

    assert state == "preparing"
    assert first.lines("order done") == []
    assert [line["attempt"] for line in second.lines("order taken")] == [2]
    assert len(second.lines("order done")) == 1

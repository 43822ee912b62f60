"""A handler is awaited where that is possible, and what it leaves behind does not hold up the stop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

import pytest
import structlog
from structlog.testing import capture_logs

from ecs_workloads_runtime import Consumer, Message, SqsConnection
from ecs_workloads_runtime._handling import Handling
from tests.runtime.programs import PATIENCE

SQS = SqsConnection(url="https://sqs.eu-west-1.amazonaws.com/1/orders")


def message(key: str) -> Message:
    return Message(body="b", idempotency_key=key, attributes={}, attempt=1)


def handled(handler: Callable[[Message], Awaitable[object] | None], *keys: str) -> list[bool]:
    """Return whether the work of each message was done."""
    handling = Handling(handler)
    done = [handling.start(message(key)).result(PATIENCE) for key in keys]
    handling.close()
    return done


def yielding(_: Message) -> Generator[None, None, None]:
    yield


async def yielding_later(_: Message) -> AsyncGenerator[None, None]:
    yield


class Yielding:
    def __call__(self, _: Message) -> Generator[None, None, None]:
        yield

    def method(self, _: Message) -> Generator[None, None, None]:
        yield


@pytest.mark.parametrize("handler", [yielding, yielding_later, Yielding(), Yielding().method])
def test_a_handler_that_only_makes_a_generator_is_refused(handler: Callable[[Message], None]) -> None:
    with pytest.raises(TypeError, match=r"handler must be a function that does its work, without yield, got <"):
        Consumer(SQS, handler)


@pytest.mark.parametrize("make", [yielding, yielding_later])
def test_a_handler_that_returns_a_generator_has_failed(make: Callable[[Message], None]) -> None:
    async def later(given: Message) -> None:
        return make(given)

    with capture_logs() as lines:
        assert handled(make, "a") == [False]
        assert handled(later, "a") == [False]
    assert len(lines) == 2


def test_anything_that_can_be_awaited_is() -> None:
    keys: list[str] = []

    class Work:
        def __init__(self, given: Message) -> None:
            self._given = given

        def __await__(self) -> Generator[None, None, None]:
            yield
            keys.append(self._given.idempotency_key)

    assert handled(Work, "a", "b") == [True, True]
    assert keys == ["a", "b"]


def test_a_value_that_a_handler_returns_means_nothing() -> None:
    def handle(_: Message) -> None:
        return False  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # what a user may do

    assert handled(handle, "a") == [True]


def test_a_task_that_a_handler_began_goes_on_between_two_messages() -> None:
    ticks: list[float] = []
    tasks: list[asyncio.Task[None]] = []

    async def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.02)

    async def handle(_: Message) -> None:
        if not tasks:
            tasks.append(asyncio.create_task(tick()))

    handling = Handling(handle)
    assert handling.start(message("a")).result(PATIENCE)
    count = len(ticks)
    time.sleep(0.5)
    assert len(ticks) > count + 2
    assert handling.start(message("b")).result(PATIENCE)
    handling.close()
    assert tasks[0].cancelled()


def test_a_handler_that_ends_its_loop_fails_alone() -> None:
    async def handle(given: Message) -> None:
        if given.idempotency_key == "a":
            raise SystemExit
        await asyncio.sleep(0)

    assert handled(handle, "a", "b") == [False, True]


def test_a_task_that_ends_the_loop_does_not_end_it_for_the_next_message() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def end() -> None:
        raise SystemExit

    async def handle(given: Message) -> None:
        if given.idempotency_key == "a":
            tasks.append(asyncio.create_task(end()))
        await asyncio.sleep(0.05)

    assert handled(handle, "a", "b") == [True, True]
    assert isinstance(tasks[0].exception(), SystemExit)


def test_what_a_handler_binds_is_not_in_the_log_lines_of_the_next() -> None:
    found: list[object] = []

    def handle(given: Message) -> None:
        found.append(structlog.contextvars.get_contextvars())
        structlog.contextvars.bind_contextvars(customer=f"of {given.idempotency_key}")

    async def handle_later(given: Message) -> None:
        handle(given)

    for handler in (handle, handle_later):
        assert handled(handler, "a", "b") == [True, True]
    assert found == [{"idempotency_key": "a", "attempt": 1}, {"idempotency_key": "b", "attempt": 1}] * 2


def test_a_synchronous_handler_may_have_a_loop_of_its_own() -> None:
    assert handled(lambda _: asyncio.run(asyncio.sleep(0)), "a") == [True]


def test_a_stop_does_not_wait_for_threads_and_tasks_that_do_not_end() -> None:
    go = threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def stay() -> None:
        while not go.is_set():
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue

    async def handle(_: Message) -> None:
        tasks.append(asyncio.create_task(stay(), name="stay"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(go.wait, PATIENCE), 0.05)

    handling = Handling(handle)
    assert handling.start(message("a")).result(PATIENCE)
    begun = time.monotonic()
    with capture_logs() as lines:
        handling.close()
    assert time.monotonic() - begun < 10
    go.set()
    assert [(line["event"], line.get("tasks")) for line in lines] == [
        ("tasks of asyncio did not end when they were cancelled", ["stay"]),
        ("threads of asyncio are still at work; the process ends when they do", None),
    ]

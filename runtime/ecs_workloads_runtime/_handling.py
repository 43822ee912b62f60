"""Runs the handler, one message at a time, beside the thread that looks after the queue."""

from __future__ import annotations

import contextvars
import inspect
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import structlog

from ecs_workloads_runtime._loop_thread import LoopThread
from ecs_workloads_runtime.logs import log_context
from ecs_workloads_runtime.message import Message

Handler: TypeAlias = Callable[[Message], Awaitable[object] | None]

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_REMEMBERED = 1000


def refuse_generators(handler: Handler) -> None:
    """Raise `TypeError` for a function that only makes a generator when it is called: its work would never be done."""
    for function in (handler, type(handler).__call__):
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"handler must be a function that does its work, without yield, got {handler!r}")


class Handling:
    """One thread for the handler, and a memory of what it has done.

    Args:
        handler: What does the work: a function; what it returns is awaited, where that is possible, in an event loop
            of its own thread.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="handler")
        self._loop: LoopThread | None = None  # where a handler needs one
        self._done: OrderedDict[str, None] = OrderedDict()

    def start(self, message: Message) -> Future[bool]:
        """Begin to work on ``message``; the future says whether the work was done."""
        return self._executor.submit(self._run, message)

    def was_done(self, message: Message) -> bool:
        """Return, and log, whether ``message`` came again after its work was done: its acknowledgement got lost."""
        if message.attempt == 1 or message.idempotency_key not in self._done:
            return False
        _LOG.info(
            "a message came again whose key is done; it is acknowledged, not done again",
            idempotency_key=message.idempotency_key,
            attempt=message.attempt,
        )
        return True

    def close(self) -> None:
        """Wait for the message in hand, and up to two seconds for what an asynchronous handler left behind."""
        self._executor.shutdown(wait=True)
        if self._loop is not None:
            self._loop.close()

    def _run(self, message: Message) -> bool:
        # A copy: what the handler of one message binds is not in the log lines of the next.
        return contextvars.copy_context().run(self._work, message)

    def _work(self, message: Message) -> bool:
        with log_context(idempotency_key=message.idempotency_key, attempt=message.attempt):
            try:
                self._finish(self._handler(message))
            except BaseException:  # noqa: BLE001 - whatever it was, the message comes again
                _LOG.exception("the handler failed; the message comes again or is a dead letter")
                return False
        self._done[message.idempotency_key] = None
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        return True

    def _finish(self, work: object) -> None:
        if inspect.isawaitable(work):
            if self._loop is None:
                self._loop = LoopThread()
            work = self._loop.wait_for(work)
        if inspect.isgenerator(work) or inspect.isasyncgen(work):
            raise TypeError(
                f"the handler returned {work!r}, whose work nobody does: it must do its work, without yield"
            )

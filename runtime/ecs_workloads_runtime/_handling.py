"""Runs the handler, one message at a time, beside the thread that looks after the queue."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import structlog

from ecs_workloads_runtime.logs import log_context
from ecs_workloads_runtime.message import Message

Handler: TypeAlias = Callable[[Message], Coroutine[object, object, None] | None]

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_REMEMBERED = 1000


class Handling:
    """One thread for the handler, and a memory of what it has done.

    Args:
        handler: What does the work: a function, or an ``async`` one, which runs in an event loop of its own thread.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="handler")
        self._loop = asyncio.Runner()
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
        """Wait for the message in hand."""
        self._executor.submit(self._loop.close)
        self._executor.shutdown(wait=True)

    def _run(self, message: Message) -> bool:
        with log_context(idempotency_key=message.idempotency_key, attempt=message.attempt):
            try:
                work = self._handler(message)
                if inspect.iscoroutine(work):
                    # Else the runner keeps the context of its first call, and all log lines name the first message.
                    self._loop.run(work, context=contextvars.copy_context())
            except BaseException:  # noqa: BLE001 - whatever it was, the message comes again
                _LOG.exception("the handler failed; the message comes again or is a dead letter")
                return False
        self._done[message.idempotency_key] = None
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        return True

"""A thread in which an event loop runs for as long as the program handles messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable

import structlog

from ecs_workloads_runtime._event_loop import EventLoop

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_LAST_SECONDS = 2.0


class LoopThread:
    """Runs what handlers await. What they leave behind, such as a pool or a task, lives on between two messages."""

    def __init__(self) -> None:
        self._events = EventLoop()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="handler-asyncio", daemon=True)
        self._thread.start()

    def wait_for(self, work: Awaitable[object]) -> object:
        """Return what comes of ``work``. It runs in a copy of the caller's context."""
        return asyncio.run_coroutine_threadsafe(_awaited(work), self._events.loop).result()

    def close(self) -> None:
        """End what is left, within two seconds."""
        self._is_closing = True
        self._events.loop.call_soon_threadsafe(self._events.loop.stop)
        self._thread.join(_LAST_SECONDS + 1)
        if self._thread.is_alive():
            _LOG.warning("a task of the handler blocks its event loop, which cannot be closed")

    def _run(self) -> None:
        asyncio.set_event_loop(self._events.loop)
        while not self._is_closing:
            try:
                self._events.loop.run_forever()
            except BaseException:  # noqa: BLE001 - SystemExit of a task ends the loop, which others need
                _LOG.exception("a task of the handler stopped its event loop; it goes on")
        self._events.close(_LAST_SECONDS)


async def _awaited(work: Awaitable[object]) -> object:
    try:
        return await work
    except (SystemExit, KeyboardInterrupt) as error:
        # They would stop the loop, and nobody would hear of the message.
        raise RuntimeError(f"the handler raised {error!r}") from error

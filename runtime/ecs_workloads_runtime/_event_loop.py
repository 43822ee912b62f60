"""An event loop whose end takes no longer than it may."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import structlog

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")


class EventLoop:
    """A loop, and the threads of its `asyncio.to_thread`. One thread runs and closes it.

    asyncio's own end of a loop waits for each task and each thread, however long they take.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._threads = ThreadPoolExecutor(thread_name_prefix="asyncio")
        self.loop.set_default_executor(self._threads)

    def close(self, seconds: float) -> None:
        """Cancel all tasks, wait for them and for the threads up to so many seconds, and log what goes on then."""
        end = time.monotonic() + seconds
        try:
            tasks = self.loop.run_until_complete(self._end_tasks(seconds))
        finally:
            self.loop.close()
        if tasks:
            _LOG.warning("tasks of asyncio did not end when they were cancelled", tasks=tasks)
        # What has not begun never will.
        self._threads.shutdown(wait=False, cancel_futures=True)
        waiting = threading.Thread(target=self._threads.shutdown, daemon=True)
        waiting.start()
        waiting.join(max(0.0, end - time.monotonic()))
        if waiting.is_alive():
            _LOG.warning("threads of asyncio are still at work; the process ends when they do")

    async def _end_tasks(self, seconds: float) -> list[str]:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        # Asynchronous generators that were left open have their own last words.
        generators = asyncio.create_task(self.loop.shutdown_asyncgens(), name="asynchronous generators")
        _, others = await asyncio.wait({*tasks, generators}, timeout=max(0.0, seconds))
        return sorted(str(task.get_name()) for task in others)

"""Serves an ASGI application by hypercorn, which ministack brings along."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ecs_workloads.local._ministack import Document

Scope = Document
Receive = Callable[[], Awaitable[Document]]
Send = Callable[[Document], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_hypercorn: Any = importlib.import_module("hypercorn.asyncio")  # its own types are not whole
_KEEP_ALIVE = 75  # seconds
_LAST_REQUESTS = 1  # seconds for them when it ends


async def serve(application: Application, addresses: Sequence[str], stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set.

    Args:
        application: Answers the requests.
        addresses: Where to listen: ``host:port``, or ``fd://N`` for a socket that listens already.
        stop: Ends it.
    """
    config: Any = importlib.import_module("hypercorn.config").Config()
    config.bind = list(addresses)
    config.keep_alive_timeout = _KEEP_ALIVE
    config.graceful_timeout = _LAST_REQUESTS
    config.loglevel = "WARNING"
    await _hypercorn.serve(application, config, shutdown_trigger=stop.wait)

"""Serves an ASGI application by hypercorn, which ministack brings along."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from ecs_workloads.local._ministack import Document

Scope = Document
Receive = Callable[[], Awaitable[Document]]
Send = Callable[[Document], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_hypercorn: Any = importlib.import_module("hypercorn.asyncio")  # its own types are not whole
_KEEP_ALIVE = 75  # seconds
_LAST_REQUESTS = 1  # seconds for them when it ends


async def serve(
    application: Application, addresses: Sequence[str], stop: asyncio.Event, *, certificate: Path | None = None
) -> None:
    """Serve until ``stop`` is set.

    Args:
        application: Answers the requests.
        addresses: Where to listen: ``host:port``, or ``fd://N`` for a socket that listens already.
        stop: Ends it.
        certificate: File with key and certificate, for HTTPS; ``None`` for HTTP.
    """
    config: Any = importlib.import_module("hypercorn.config").Config()
    config.bind = list(addresses)
    config.keep_alive_timeout = _KEEP_ALIVE
    config.graceful_timeout = _LAST_REQUESTS
    config.loglevel = "WARNING"
    if certificate is not None:
        config.certfile = config.keyfile = str(certificate)
        config.alpn_protocols = ["http/1.1"]
    await _hypercorn.serve(application, config, shutdown_trigger=stop.wait)
